import SQLite

/// H(user:realm:password) in the algorithms that an agent's phones may be challenged with (RFC 8760); no password is kept.
package struct DigestSecrets: Hashable, Sendable {
  package var md5: String?
  package var sha256: String?

  package init(md5: String? = nil, sha256: String? = nil) {
    self.md5 = md5
    self.sha256 = sha256
  }
}

/// A time in which an agent wants no calls.
package struct Pause: Hashable, Sendable {
  package var since: WallTime
  package var reason: String?

  package init(since: WallTime, reason: String? = nil) {
    self.since = since
    self.reason = reason
  }
}

/// Somebody who answers calls.
package struct AgentRow: Hashable, Sendable {
  package let tenant: TenantKey
  package let name: String
  package var secrets: DigestSecrets
  package var displayName: String?
  /// The order of creation among the tenant's agents, from 0; gaps stay where agents went.
  package let position: Int
  package let createdAt: WallTime
  package var pause: Pause?
}

extension AgentRow {
  init(_ row: inout Row) throws(DatabaseFailure) {
    tenant = try row.next()
    name = try row.next()
    secrets = DigestSecrets(md5: try row.next(), sha256: try row.next())
    displayName = try row.next()
    position = try row.next()
    createdAt = try row.next()
    let (since, reason): (WallTime?, String?) = (try row.next(), try row.next())
    pause = since.map { Pause(since: $0, reason: reason) }
  }
  static let columns: SQL = """
    SELECT tenant, name, ha1_md5, ha1_sha256, display_name, position, created_at, paused_at, pause_reason FROM agents
    """
}

extension StorageReader {
  /// The tenant's agents in the order of their creation.
  package func agents(of tenant: TenantKey) throws(DatabaseFailure) -> [AgentRow] {
    try database.rows(AgentRow.columns + " WHERE tenant = ?1 ORDER BY position", tenant, read: AgentRow.init)
  }

  package func agent(_ name: String, of tenant: TenantKey) throws(DatabaseFailure) -> AgentRow? {
    try database.first(AgentRow.columns + " WHERE tenant = ?1 AND name = ?2", tenant, name, read: AgentRow.init)
  }
}

extension StorageWriter {
  /// Adds an agent behind all that the tenant has, and gives its row.
  ///
  /// - Throws: `.constraint(.unique)` when there is one of that name, `.constraint(.foreignKey)` when there is no such tenant.
  package func addAgent(
    _ name: String, to tenant: TenantKey, secrets: DigestSecrets = DigestSecrets(), displayName: String? = nil,
    at moment: WallTime
  ) throws(DatabaseFailure) -> AgentRow {
    let last: Int? = try database.value(
      "SELECT position FROM agents WHERE tenant = ?1 ORDER BY position DESC LIMIT 1", tenant)
    let agent = AgentRow(
      tenant: tenant, name: name, secrets: secrets, displayName: displayName, position: (last ?? -1) &+ 1, createdAt: moment)
    try database.run(
      """
      INSERT INTO agents (tenant, name, ha1_md5, ha1_sha256, display_name, position, created_at)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
      """,
      tenant, name, secrets.md5, secrets.sha256, displayName, agent.position, moment)
    return agent
  }

  /// Says whether there is such an agent, as do the verbs below.
  package func setSecrets(_ secrets: DigestSecrets, of agent: String, in tenant: TenantKey) throws(DatabaseFailure) -> Bool {
    try database.run(
      "UPDATE agents SET ha1_md5 = ?3, ha1_sha256 = ?4 WHERE tenant = ?1 AND name = ?2",
      tenant, agent, secrets.md5, secrets.sha256) == 1
  }

  package func setDisplayName(_ name: String?, of agent: String, in tenant: TenantKey) throws(DatabaseFailure) -> Bool {
    try database.run("UPDATE agents SET display_name = ?3 WHERE tenant = ?1 AND name = ?2", tenant, agent, name) == 1
  }

  /// `nil` when the agent takes calls again.
  package func setPause(_ pause: Pause?, of agent: String, in tenant: TenantKey) throws(DatabaseFailure) -> Bool {
    try database.run(
      "UPDATE agents SET paused_at = ?3, pause_reason = ?4 WHERE tenant = ?1 AND name = ?2",
      tenant, agent, pause?.since, pause?.reason) == 1
  }

  /// Takes the agent away with its phones and its places in teams; calls keep its name.
  package func removeAgent(_ name: String, of tenant: TenantKey) throws(DatabaseFailure) -> Bool {
    try database.run("DELETE FROM agents WHERE tenant = ?1 AND name = ?2", tenant, name) == 1
  }
}
