import SQLite

/// Who did what, for whoever asks later.
package struct AuditRow: Hashable, Sendable {
  /// Grows with each entry, and is never used again.
  package let number: Int64
  /// `nil` for what was done to the service as a whole.
  package let tenant: TenantKey?
  package let at: WallTime
  package let who: String
  /// What it might do.
  package let role: String
  /// The kind of address that it came from.
  package let source: String
  /// The operation, by its name.
  package let what: String
  /// To whom or what it was done, where that is not the tenant itself.
  package let target: String?
  /// What of it was changed, by name; never what it was or is.
  package let fields: [String]
}

/// What somebody did, as it is written down together with the deed itself.
package struct AuditEntry: Hashable, Sendable {
  package var who: String
  package var role: String
  package var source: String
  package var what: String
  package var target: String?
  package var fields: [String]

  package init(who: String, role: String, source: String, what: String, target: String? = nil, fields: [String] = []) {
    self.who = who
    self.role = role
    self.source = source
    self.what = what
    self.target = target
    self.fields = fields
  }
}

extension AuditRow {
  fileprivate init(_ row: inout Row) throws(DatabaseFailure) {
    number = try row.next()
    tenant = try row.next()
    at = try row.next()
    who = try row.next()
    role = try row.next()
    source = try row.next()
    what = try row.next()
    target = try row.next()
    let names: String = try row.next()
    fields = names.split(separator: ",").map(String.init)
  }
  fileprivate static let columns: SQL = "SELECT number, tenant, at, who, role, source, what, target, fields FROM audit"

  /// Entries that are kept of one tenant, and of the service as a whole: each write past it takes the oldest away.
  package static let maximumRows = 10_000
  /// How long an entry is kept at most, in days.
  package static let maximumDays = 400
  /// Old entries that one write takes away, so that none is long.
  private static let batch = 100
  fileprivate static var sweepLimit: Int { batch }

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

  /// Writes down what somebody did, and forgets what is too old or too much.
  package func enter(_ entry: AuditEntry, in tenant: TenantKey?, at moment: WallTime) throws(DatabaseFailure) {
    try database.run(
      "INSERT INTO audit (tenant, at, who, role, source, what, target, fields) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
      tenant, moment, entry.who, entry.role, entry.source, entry.what, entry.target, entry.fields.joined(separator: ","))
    _ = try removeAudit(before: moment - .seconds(86_400) * AuditRow.maximumDays, limit: AuditRow.sweepLimit)
    try database.run(
      """
      DELETE FROM audit WHERE tenant IS ?1 AND number <= (
        SELECT number FROM audit WHERE tenant IS ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)
      """,
      tenant, AuditRow.maximumRows)
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
