import SQLite

/// The SHA-256 of the token that a tenant's owner was given when it was added; the token itself is not kept.
package struct OwnerTokenRow: Hashable, Sendable {
  package let tenant: TenantKey
  package let digest: [UInt8]
}

extension OwnerTokenRow {
  init(_ row: inout Row) throws(DatabaseFailure) {
    tenant = try row.next()
    digest = try row.next()
  }
  static let columns: SQL = "SELECT tenant, digest FROM owner_tokens"
}

extension StorageWriter {
  /// Sets the token's digest, whatever it was before.
  ///
  /// - Throws: `.constraint(.foreignKey)` when there is no such tenant.
  package func setOwnerToken(_ digest: [UInt8], of tenant: TenantKey) throws(DatabaseFailure) {
    try database.run(
      "INSERT INTO owner_tokens (tenant, digest) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET digest = excluded.digest",
      tenant, digest)
  }
}
