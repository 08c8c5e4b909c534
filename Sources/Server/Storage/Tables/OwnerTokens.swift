import SQLite

/// The SHA-256 of the token that a tenant's owner was given; the token itself is not kept.
package struct OwnerTokenRow: Hashable, Sendable {
  package let tenant: TenantKey
  package let digest: [UInt8]
  /// After that it is worth nothing.
  package let expiresAt: WallTime
}

extension OwnerTokenRow {
  init(_ row: inout Row) throws(DatabaseFailure) {
    tenant = try row.next()
    digest = try row.next()
    expiresAt = try row.next()
  }
  static let columns: SQL = "SELECT tenant, digest, expires_at FROM owner_tokens"
}

extension StorageWriter {
  /// Sets the token's digest, whatever it was before.
  ///
  /// - Throws: `.constraint(.foreignKey)` when there is no such tenant.
  package func setOwnerToken(
    _ digest: [UInt8], of tenant: TenantKey, expiresAt: WallTime
  ) throws(DatabaseFailure) {
    try database.run(
      """
      INSERT INTO owner_tokens (tenant, digest, expires_at) VALUES (?1, ?2, ?3)
      ON CONFLICT DO UPDATE SET digest = excluded.digest, expires_at = excluded.expires_at
      """,
      tenant, digest, expiresAt)
  }

  /// Says whether there was one.
  package func removeOwnerToken(of tenant: TenantKey) throws(DatabaseFailure) -> Bool {
    try database.run("DELETE FROM owner_tokens WHERE tenant = ?1", tenant) == 1
  }
}
