import SQLite

/// A business that signed up.
package struct TenantRow: Hashable, Sendable {
  package let key: TenantKey
  package var name: String
  /// Whether agents may come in without a token.
  package var isOpen: Bool
  /// What a visitor gets when nobody is there, by its name.
  package var fallback: String
  /// A JSON object: allowed origins, the choice of digests and what else a tenant may set.
  package var settings: String
  package let createdAt: WallTime

  package init(key: TenantKey, name: String, isOpen: Bool, fallback: String, settings: String = "{}", createdAt: WallTime) {
    self.key = key
    self.name = name
    self.isOpen = isOpen
    self.fallback = fallback
    self.settings = settings
    self.createdAt = createdAt
  }
}

extension TenantRow {
  fileprivate init(_ row: inout Row) throws(DatabaseFailure) {
    key = try row.next()
    name = try row.next()
    isOpen = try row.next()
    fallback = try row.next()
    settings = try row.next()
    createdAt = try row.next()
  }
  fileprivate static let columns: SQL = "SELECT uuid, name, is_open, fallback, settings, created_at FROM tenants"
}

extension StorageReader {
  /// Every tenant, the oldest first.
  package func tenants() throws(DatabaseFailure) -> [TenantRow] {
    try database.rows(TenantRow.columns + " ORDER BY created_at, uuid", read: TenantRow.init)
  }

  package func tenant(_ key: TenantKey) throws(DatabaseFailure) -> TenantRow? {
    try database.first(TenantRow.columns + " WHERE uuid = ?1", key, read: TenantRow.init)
  }
}

extension StorageWriter {
  // A field that cannot be empty gets the settings if they are a JSON object, and nothing if not. (In the schema itself the
  // functions for JSON may not stand: a schema is not trusted.)
  private static let settings: SQL = "CASE WHEN json_valid(?5) THEN CASE json_type(?5) WHEN 'object' THEN ?5 END END"

  /// - Throws: `.constraint(.unique)` when there is one of that key, `.constraint(.notNull)` when the settings are no JSON object.
  package func addTenant(_ tenant: TenantRow) throws(DatabaseFailure) {
    try database.run(
      "INSERT INTO tenants (uuid, name, is_open, fallback, settings, created_at) VALUES (?1, ?2, ?3, ?4, " + Self.settings
        + ", ?6)",
      tenant.key, tenant.name, tenant.isOpen, tenant.fallback, tenant.settings, tenant.createdAt)
  }

  /// Gives a tenant another name, openness, fallback and settings; says whether there is such a tenant.
  package func changeTenant(_ tenant: TenantRow) throws(DatabaseFailure) -> Bool {
    try database.run(
      "UPDATE tenants SET name = ?2, is_open = ?3, fallback = ?4, settings = " + Self.settings + " WHERE uuid = ?1",
      tenant.key, tenant.name, tenant.isOpen, tenant.fallback, tenant.settings) == 1
  }

  /// Deletes a tenant with all that is its own; says whether there was such a tenant.
  ///
  /// A long history makes this long: `StoragePlane.removeTenant` takes the history away in small parts first.
  package func removeTenant(_ key: TenantKey) throws(DatabaseFailure) -> Bool {
    try database.run("DELETE FROM tenants WHERE uuid = ?1", key) == 1
  }
}
