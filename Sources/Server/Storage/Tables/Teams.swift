import SQLite

/// A group of a tenant's agents that calls can be for.
package struct TeamRow: Hashable, Sendable {
  package let tenant: TenantKey
  package let name: String
  package let createdAt: WallTime
  /// The order of creation among the tenant's teams, from 0; gaps stay where teams went.
  package let position: Int
}

/// One agent's place in one team.
package struct TeamMemberRow: Hashable, Sendable {
  package let tenant: TenantKey
  package let team: String
  package let agent: String
}

extension TeamRow {
  init(_ row: inout Row) throws(DatabaseFailure) {
    tenant = try row.next()
    name = try row.next()
    createdAt = try row.next()
    position = try row.next()
  }
  static let columns: SQL = "SELECT tenant, name, created_at, position FROM teams"
}

extension TeamMemberRow {
  init(_ row: inout Row) throws(DatabaseFailure) {
    tenant = try row.next()
    team = try row.next()
    agent = try row.next()
  }
  static let columns: SQL = "SELECT tenant, team, agent FROM team_members"
}

extension StorageReader {
  /// The tenant's teams in the order of their creation.
  package func teams(of tenant: TenantKey) throws(DatabaseFailure) -> [TeamRow] {
    try database.rows(TeamRow.columns + " WHERE tenant = ?1 ORDER BY position", tenant, read: TeamRow.init)
  }

  /// All places in all of the tenant's teams.
  package func teamMembers(of tenant: TenantKey) throws(DatabaseFailure) -> [TeamMemberRow] {
    try database.rows(TeamMemberRow.columns + " WHERE tenant = ?1 ORDER BY team, agent", tenant, read: TeamMemberRow.init)
  }
}

extension StorageWriter {
  /// Makes a team, behind all that the tenant has, where there is none of that name; says whether it was needed.
  package func addTeam(_ name: String, to tenant: TenantKey, at moment: WallTime) throws(DatabaseFailure) -> Bool {
    let last: Int? = try database.value(
      "SELECT position FROM teams WHERE tenant = ?1 ORDER BY position DESC LIMIT 1", tenant)
    return try database.run(
      "INSERT INTO teams (tenant, name, created_at, position) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (tenant, name) DO NOTHING",
      tenant, name, moment, (last ?? -1) &+ 1) == 1
  }

  /// Gives a team another name, and with it its place and its members; says whether there is such a team.
  ///
  /// - Throws: `.constraint(.unique)` when there is one of the new name.
  package func renameTeam(_ name: String, to new: String, in tenant: TenantKey) throws(DatabaseFailure) -> Bool {
    let known = try database.first(TeamRow.columns + " WHERE tenant = ?1 AND name = ?2", tenant, name, read: TeamRow.init)
    guard let known else { return false }
    guard name.utf8.elementsEqual(new.utf8) == false else { return true }
    // Members hang on the name, so the team is there twice for a moment: the new one before all others, until the old one is gone.
    try database.run(
      "INSERT INTO teams (tenant, name, created_at, position) VALUES (?1, ?2, ?3, -1)", tenant, new, known.createdAt)
    try database.run("UPDATE team_members SET team = ?3 WHERE tenant = ?1 AND team = ?2", tenant, name, new)
    _ = try removeTeam(name, of: tenant)
    try database.run("UPDATE teams SET position = ?3 WHERE tenant = ?1 AND name = ?2", tenant, new, known.position)
    return true
  }

  /// Makes these agents the team's members, and nobody else.
  ///
  /// - Throws: `.constraint(.foreignKey)` when there is no such team, or one of the agents is not there.
  package func setMembers(_ agents: [String], of team: String, in tenant: TenantKey) throws(DatabaseFailure) {
    try database.run("DELETE FROM team_members WHERE tenant = ?1 AND team = ?2", tenant, team)
    for agent in agents {
      try database.run(
        "INSERT INTO team_members (tenant, team, agent) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING", tenant, team, agent)
    }
  }

  /// Puts an agent into these teams and no others, and makes the teams that are missing.
  ///
  /// - Throws: `.constraint(.foreignKey)` when there is no such agent.
  package func setTeams(
    _ teams: [String], of agent: String, in tenant: TenantKey, at moment: WallTime
  ) throws(DatabaseFailure) {
    try database.run("DELETE FROM team_members WHERE tenant = ?1 AND agent = ?2", tenant, agent)
    for team in teams {
      _ = try addTeam(team, to: tenant, at: moment)
      try database.run(
        "INSERT INTO team_members (tenant, team, agent) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING", tenant, team, agent)
    }
  }

  package func removeTeam(_ name: String, of tenant: TenantKey) throws(DatabaseFailure) -> Bool {
    try database.run("DELETE FROM teams WHERE tenant = ?1 AND name = ?2", tenant, name) == 1
  }
}
