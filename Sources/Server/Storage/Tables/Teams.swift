import SQLite

/// A group of a tenant's agents that calls can be for.
package struct TeamRow: Hashable, Sendable {
  package let tenant: TenantKey
  package let name: String
  package let createdAt: WallTime
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
  }
  static let columns: SQL = "SELECT tenant, name, created_at FROM teams"
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
  /// The tenant's teams by name.
  package func teams(of tenant: TenantKey) throws(DatabaseFailure) -> [TeamRow] {
    try database.rows(TeamRow.columns + " WHERE tenant = ?1 ORDER BY name", tenant, read: TeamRow.init)
  }

  /// All places in all of the tenant's teams.
  package func teamMembers(of tenant: TenantKey) throws(DatabaseFailure) -> [TeamMemberRow] {
    try database.rows(TeamMemberRow.columns + " WHERE tenant = ?1 ORDER BY team, agent", tenant, read: TeamMemberRow.init)
  }
}

extension StorageWriter {
  /// Makes a team where there is none of that name; says whether it was needed.
  package func addTeam(_ name: String, to tenant: TenantKey, at moment: WallTime) throws(DatabaseFailure) -> Bool {
    try database.run(
      "INSERT INTO teams (tenant, name, created_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING", tenant, name, moment) == 1
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
