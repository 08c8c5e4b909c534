import SQLite

/// What a person who logs in may do.
package enum UserRole: String, Hashable, Sendable, Storable {
  case owner
  case supervisor
  case agent
}

/// A password as it is kept.
package struct PasswordHash: Hashable, Sendable {
  package var algorithm: String
  /// How slow it was made, in the algorithm's own measure.
  package var cost: Int
  package var salt: [UInt8]
  package var hash: [UInt8]

  package init(algorithm: String, cost: Int, salt: [UInt8], hash: [UInt8]) {
    self.algorithm = algorithm
    self.cost = cost
    self.salt = salt
    self.hash = hash
  }
}

/// A person who logs in.
package struct UserRow: Hashable, Sendable {
  package let tenant: TenantKey
  /// An address or an agent's name, compared byte for byte: the caller decides about upper and lower case.
  package let user: String
  package var role: UserRole
  package var password: PasswordHash
  package let createdAt: WallTime
  /// Tokens issued before this moment are worth nothing any more.
  package var tokensValidAfter: WallTime

  package init(
    tenant: TenantKey, user: String, role: UserRole, password: PasswordHash, createdAt: WallTime, tokensValidAfter: WallTime
  ) {
    self.tenant = tenant
    self.user = user
    self.role = role
    self.password = password
    self.createdAt = createdAt
    self.tokensValidAfter = tokensValidAfter
  }
}

extension UserRow {
  init(_ row: inout Row) throws(DatabaseFailure) {
    tenant = try row.next()
    user = try row.next()
    role = try row.next()
    password = PasswordHash(algorithm: try row.next(), cost: try row.next(), salt: try row.next(), hash: try row.next())
    createdAt = try row.next()
    tokensValidAfter = try row.next()
  }
  static let columns: SQL = """
    SELECT tenant, user, role, password_algorithm, password_cost, password_salt, password_hash, created_at, tokens_valid_after
    FROM users
    """
}

extension StorageReader {
  /// The tenant's users by name.
  package func users(of tenant: TenantKey) throws(DatabaseFailure) -> [UserRow] {
    try database.rows(UserRow.columns + " WHERE tenant = ?1 ORDER BY user", tenant, read: UserRow.init)
  }

  package func user(_ user: String, of tenant: TenantKey) throws(DatabaseFailure) -> UserRow? {
    try database.first(UserRow.columns + " WHERE tenant = ?1 AND user = ?2", tenant, user, read: UserRow.init)
  }
}

extension StorageWriter {
  /// - Throws: `.constraint(.unique)` when the user exists, `.constraint(.foreignKey)` when the tenant does not.
  package func addUser(_ user: UserRow) throws(DatabaseFailure) {
    try database.run(
      """
      INSERT INTO users (tenant, user, role, password_algorithm, password_cost, password_salt, password_hash, created_at,
        tokens_valid_after)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
      """,
      user.tenant, user.user, user.role, user.password.algorithm, user.password.cost, user.password.salt, user.password.hash,
      user.createdAt, user.tokensValidAfter)
  }

  /// Sets another password, and with it ends the worth of all tokens from before `moment`; says whether there is such a user.
  package func setPassword(
    _ password: PasswordHash, of user: String, in tenant: TenantKey, at moment: WallTime
  ) throws(DatabaseFailure) -> Bool {
    try database.run(
      """
      UPDATE users SET password_algorithm = ?3, password_cost = ?4, password_salt = ?5, password_hash = ?6,
        tokens_valid_after = max(tokens_valid_after, ?7)
      WHERE tenant = ?1 AND user = ?2
      """,
      tenant, user, password.algorithm, password.cost, password.salt, password.hash, moment) == 1
  }

  package func setRole(_ role: UserRole, of user: String, in tenant: TenantKey) throws(DatabaseFailure) -> Bool {
    try database.run("UPDATE users SET role = ?3 WHERE tenant = ?1 AND user = ?2", tenant, user, role) == 1
  }

  /// Ends the worth of all the user's tokens from before `moment`; it never comes back. Says whether there is such a user.
  package func revokeTokens(of user: String, in tenant: TenantKey, before moment: WallTime) throws(DatabaseFailure) -> Bool {
    try database.run(
      "UPDATE users SET tokens_valid_after = max(tokens_valid_after, ?3) WHERE tenant = ?1 AND user = ?2",
      tenant, user, moment) == 1
  }

  package func removeUser(_ user: String, of tenant: TenantKey) throws(DatabaseFailure) -> Bool {
    try database.run("DELETE FROM users WHERE tenant = ?1 AND user = ?2", tenant, user) == 1
  }
}
