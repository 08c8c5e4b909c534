import SQLite

/// Who did what, for whoever asks later.
package struct AuditRow: Hashable, Sendable {
  /// Grows with each entry, and is never used again.
  package let number: Int64
  /// `nil` for what was done to the service as a whole.
  package let tenant: TenantKey?
  package let at: WallTime
  package let who: String
  package let what: String
}

extension AuditRow {
  fileprivate init(_ row: inout Row) throws(DatabaseFailure) {
    number = try row.next()
    tenant = try row.next()
    at = try row.next()
    who = try row.next()
    what = try row.next()
  }
  fileprivate static let columns: SQL = "SELECT number, tenant, at, who, what FROM audit"

  /// Entries that one page may hold.
  package static let maximumPage = 200
}

extension StorageReader {
  /// A page of what was done in a tenant, the newest first; the next page comes `before` the last entry's number.
  package func audit(
    of tenant: TenantKey, before number: Int64 = .max, limit: Int = 50
  ) throws(DatabaseFailure) -> [AuditRow] {
    try database.rows(
      AuditRow.columns + " WHERE tenant = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3",
      tenant, number, min(max(0, limit), AuditRow.maximumPage), read: AuditRow.init)
  }

  /// The same for what was done to the service as a whole.
  package func serviceAudit(before number: Int64 = .max, limit: Int = 50) throws(DatabaseFailure) -> [AuditRow] {
    try database.rows(
      AuditRow.columns + " WHERE tenant IS NULL AND number < ?1 ORDER BY number DESC LIMIT ?2",
      number, min(max(0, limit), AuditRow.maximumPage), read: AuditRow.init)
  }
}

extension StorageWriter {
  /// Writes down what somebody did, in a tenant or (`nil`) to the service as a whole.
  package func note(_ what: String, by who: String, in tenant: TenantKey?, at moment: WallTime) throws(DatabaseFailure) {
    try database.run("INSERT INTO audit (tenant, at, who, what) VALUES (?1, ?2, ?3, ?4)", tenant, moment, who, what)
  }

  /// Deletes at most `limit` of the oldest entries from before `moment`; says how many.
  func removeAudit(before moment: WallTime, limit: Int) throws(DatabaseFailure) -> Int {
    try database.run(
      "DELETE FROM audit WHERE number IN (SELECT number FROM audit WHERE at < ?1 ORDER BY at LIMIT ?2)", moment, limit)
  }

  /// Deletes at most `limit` of a tenant's entries; says how many.
  func removeAudit(of tenant: TenantKey, limit: Int) throws(DatabaseFailure) -> Int {
    try database.run("DELETE FROM audit WHERE number IN (SELECT number FROM audit WHERE tenant = ?1 LIMIT ?2)", tenant, limit)
  }
}
