import SQLite

/// What happened to a call, as it was written down; what stands in it is not this module's business.
package struct TraceRow: Hashable, Sendable {
  package let tenant: TenantKey
  package let id: String
  package let startedAt: WallTime
  /// Whether it never became a call.
  package let isRefused: Bool
  /// Who answered or rang last, and how it ended, for whoever lists them.
  package let agent: String?
  package let ending: String?
  package let octets: [UInt8]

  package init(
    tenant: TenantKey, id: String, startedAt: WallTime, isRefused: Bool, agent: String?, ending: String?, octets: [UInt8]
  ) {
    self.tenant = tenant
    self.id = id
    self.startedAt = startedAt
    self.isRefused = isRefused
    self.agent = agent
    self.ending = ending
    self.octets = octets
  }
}

/// How long traces stay: whichever limit is reached first lets the oldest go.
package struct TraceLimits: Hashable, Sendable {
  package var days = 14
  /// Of all traces together.
  package var octets = 256 * 1024 * 1024
  package var octetsOfOne = 1024 * 1024
  /// Requests that were refused, of one tenant, so that a crowd before a closed door does not push out the calls.
  package var refusals = 50
  /// Rows that one write lets go at most for want of room.
  static let batch = 20

  package init() {}
}

extension TraceRow {
  fileprivate init(_ row: inout Row) throws(DatabaseFailure) {
    tenant = try row.next()
    id = try row.next()
    startedAt = try row.next()
    isRefused = try row.next()
    agent = try row.next()
    ending = try row.next()
    octets = try row.next()
  }
}

extension StorageReader {
  /// The tenant's traces whose ids begin so, at most `limit`.
  package func traces(of tenant: TenantKey, beginning prefix: String, limit: Int) throws(DatabaseFailure) -> [TraceRow] {
    try database.rows(
      """
      SELECT tenant, id, started_at, is_refused, agent, ending, octets FROM traces
      WHERE tenant = ?1 AND id >= ?2 AND substr(id, 1, length(?2)) = ?2 ORDER BY id LIMIT ?3
      """, tenant, prefix, limit, read: TraceRow.init)
  }

  /// The tenant's latest traces without what stands in them, the latest first.
  package func latestTraces(of tenant: TenantKey, limit: Int) throws(DatabaseFailure) -> [TraceRow] {
    try database.rows(
      """
      SELECT tenant, id, started_at, is_refused, agent, ending, zeroblob(0) FROM traces
      WHERE tenant = ?1 ORDER BY started_at DESC, id LIMIT ?2
      """, tenant, limit, read: TraceRow.init)
  }

  /// Bytes of all traces.
  package func traceOctets() throws(DatabaseFailure) -> Int {
    try database.first("SELECT octets FROM trace_total") { (row: inout Row) throws(DatabaseFailure) in try row.next() } ?? 0
  }
}

extension StorageWriter {
  /// Writes a trace in the place of the one that there was of that call, and lets the oldest go past the limits.
  ///
  /// - Throws: `.constraint(.foreignKey)` when there is no such tenant.
  package func keepTrace(_ trace: TraceRow, _ limits: TraceLimits = TraceLimits(), at now: WallTime) throws(DatabaseFailure) {
    _ = try database.run("DELETE FROM traces WHERE tenant = ?1 AND id = ?2", trace.tenant, trace.id)
    guard trace.octets.count <= limits.octetsOfOne else { return }
    _ = try database.run(
      """
      INSERT INTO traces (tenant, id, started_at, is_refused, agent, ending, octets) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
      """,
      trace.tenant, trace.id, trace.startedAt, trace.isRefused, trace.agent, trace.ending, trace.octets)
    _ = try database.run("DELETE FROM traces WHERE started_at < ?1", now - .seconds(86_400) * limits.days)
    if trace.isRefused {
      _ = try database.run(
        """
        DELETE FROM traces WHERE tenant = ?1 AND is_refused = 1 AND id NOT IN (
          SELECT id FROM traces WHERE tenant = ?1 AND is_refused = 1 ORDER BY started_at DESC, id LIMIT ?2)
        """, trace.tenant, limits.refusals)
    }
    while try traceOctets() > limits.octets {
      let count = try database.run(
        "DELETE FROM traces WHERE rowid IN (SELECT rowid FROM traces ORDER BY started_at LIMIT ?1)", TraceLimits.batch)
      guard count > 0 else { return }
    }
  }
}
