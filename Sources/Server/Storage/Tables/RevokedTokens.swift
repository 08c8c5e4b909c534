import SQLite

/// A token that is worth nothing any more though its own time is not up (its `jti`, RFC 7519 §4.1.7).
package struct RevokedTokenRow: Hashable, Sendable {
  package let jti: String
  /// When it would have ended by itself: after that it need not be remembered.
  package let expiresAt: WallTime

  package init(jti: String, expiresAt: WallTime) {
    self.jti = jti
    self.expiresAt = expiresAt
  }
}

extension RevokedTokenRow {
  init(_ row: inout Row) throws(DatabaseFailure) {
    jti = try row.next()
    expiresAt = try row.next()
  }
  static let columns: SQL = "SELECT jti, expires_at FROM revoked_tokens"
}

extension StorageReader {
  package func isRevoked(_ jti: String) throws(DatabaseFailure) -> Bool {
    try database.value("SELECT 1 FROM revoked_tokens WHERE jti = ?1", jti) as Int? != nil
  }
}

extension StorageWriter {
  package func revokeToken(_ token: RevokedTokenRow) throws(DatabaseFailure) {
    try database.run(
      """
      INSERT INTO revoked_tokens (jti, expires_at) VALUES (?1, ?2)
      ON CONFLICT DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)
      """,
      token.jti, token.expiresAt)
  }

  /// Forgets the tokens that have ended by themselves by `now`; says how many.
  package func removeExpiredTokens(at now: WallTime) throws(DatabaseFailure) -> Int {
    try database.run("DELETE FROM revoked_tokens WHERE expires_at <= ?1", now)
  }
}
