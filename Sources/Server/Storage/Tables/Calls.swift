import SQLite

/// What was measured on one leg of a call.
package struct LegRow: Hashable, Sendable {
  package var codec: String?
  package var packetsSent: Int64?
  package var packetsReceived: Int64?
  /// May be negative, where packets came twice (RFC 3550 §6.4.1).
  package var packetsLost: Int64?
  /// Interarrival jitter and the latest round trip, in milliseconds.
  package var jitter: Double?
  package var roundTrip: Double?
  /// A mean opinion score from 1 to 4.5 (ITU-T G.107).
  package var meanOpinionScore: Double?

  package init(
    codec: String? = nil, packetsSent: Int64? = nil, packetsReceived: Int64? = nil, packetsLost: Int64? = nil,
    jitter: Double? = nil, roundTrip: Double? = nil, meanOpinionScore: Double? = nil
  ) {
    self.codec = codec
    self.packetsSent = packetsSent
    self.packetsReceived = packetsReceived
    self.packetsLost = packetsLost
    self.jitter = jitter
    self.roundTrip = roundTrip
    self.meanOpinionScore = meanOpinionScore
  }
}

/// How a call ended.
package struct CallEndRow: Hashable, Sendable {
  package var at: WallTime
  /// One word from the list that clients know: `visitor-hung-up`, `no-answer`, `failed` …
  package var reason: String
  /// A sentence for the person who reads the history.
  package var note: String?

  package init(at: WallTime, reason: String, note: String? = nil) {
    self.at = at
    self.reason = reason
    self.note = note
  }
}

/// One visitor's call: written when it starts, completed when it ends.
package struct CallRow: Hashable, Sendable {
  package let tenant: TenantKey
  package let id: String
  package var visitor: String?
  package var page: String?
  package var startedAt: WallTime
  package var `extension`: String?
  package var team: String?
  /// Who answered.
  package var agent: String?
  package var answeredAt: WallTime?
  /// `nil` while it lasts.
  package var end: CallEndRow?
  /// By the machine's own clock, which nobody sets.
  package var ringing: Duration?
  package var talking: Duration?
  /// The last final answer of a phone's.
  package var sipStatus: Int?
  package var visitorLeg = LegRow()
  package var agentLeg = LegRow()

  package init(
    tenant: TenantKey, id: String, visitor: String? = nil, page: String? = nil, startedAt: WallTime,
    extension: String? = nil, team: String? = nil
  ) {
    self.tenant = tenant
    self.id = id
    self.visitor = visitor
    self.page = page
    self.startedAt = startedAt
    self.extension = `extension`
    self.team = team
  }
}

extension LegRow {
  fileprivate init(_ row: inout Row) throws(DatabaseFailure) {
    codec = try row.next()
    packetsSent = try row.next()
    packetsReceived = try row.next()
    packetsLost = try row.next()
    jitter = try row.next()
    roundTrip = try row.next()
    meanOpinionScore = try row.next()
  }
}

extension CallRow {
  init(_ row: inout Row) throws(DatabaseFailure) {
    tenant = try row.next()
    id = try row.next()
    visitor = try row.next()
    page = try row.next()
    startedAt = try row.next()
    `extension` = try row.next()
    team = try row.next()
    agent = try row.next()
    answeredAt = try row.next()
    let (endedAt, reason, note): (WallTime?, String?, String?) = (try row.next(), try row.next(), try row.next())
    end = if let endedAt, let reason { CallEndRow(at: endedAt, reason: reason, note: note) } else { nil }
    ringing = try row.next()
    talking = try row.next()
    sipStatus = try row.next()
    visitorLeg = try LegRow(&row)
    agentLeg = try LegRow(&row)
  }

  static let columns: SQL = """
    tenant, id, visitor, page, started_at, extension, team, agent, answered_at, ended_at, end_reason, note, ringing, talking,
      sip_status, visitor_codec, visitor_sent, visitor_received, visitor_lost, visitor_jitter, visitor_round_trip, visitor_mos,
      agent_codec, agent_sent, agent_received, agent_lost, agent_jitter, agent_round_trip, agent_mos
    """
}

extension StorageReader {
  package func call(_ id: String, of tenant: TenantKey) throws(DatabaseFailure) -> CallRow? {
    try database.first(
      "SELECT " + CallRow.columns + " FROM calls WHERE tenant = ?1 AND id = ?2", tenant, id, read: CallRow.init)
  }
}

extension StorageWriter {
  /// Writes a call that starts.
  ///
  /// - Throws: `.constraint(.unique)` when the tenant has a call of that name, `.constraint(.foreignKey)` when there is no such tenant.
  package func beginCall(_ call: CallRow) throws(DatabaseFailure) {
    try insert(call, "")
  }

  /// Writes all that is known of a call, whether or not its start could be written.
  package func completeCall(_ call: CallRow) throws(DatabaseFailure) {
    try insert(
      call,
      """
       ON CONFLICT (tenant, id) DO UPDATE SET visitor = ?3, page = ?4, started_at = ?5, extension = ?6, team = ?7, agent = ?8,
        answered_at = ?9, ended_at = ?10, end_reason = ?11, note = ?12, ringing = ?13, talking = ?14, sip_status = ?15,
        visitor_codec = ?16, visitor_sent = ?17, visitor_received = ?18, visitor_lost = ?19, visitor_jitter = ?20,
        visitor_round_trip = ?21, visitor_mos = ?22, agent_codec = ?23, agent_sent = ?24, agent_received = ?25,
        agent_lost = ?26, agent_jitter = ?27, agent_round_trip = ?28, agent_mos = ?29
      """)
  }

  private func insert(_ call: CallRow, _ onConflict: SQL) throws(DatabaseFailure) {
    let (visitor, agent) = (call.visitorLeg, call.agentLeg)
    try database.run(
      "INSERT INTO calls (" + CallRow.columns + """
        ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,
          ?25, ?26, ?27, ?28, ?29)
        """ + onConflict,
      call.tenant, call.id, call.visitor, call.page, call.startedAt, call.extension, call.team, call.agent, call.answeredAt,
      call.end?.at, call.end?.reason, call.end?.note, call.ringing, call.talking, call.sipStatus,
      visitor.codec, visitor.packetsSent, visitor.packetsReceived, visitor.packetsLost, visitor.jitter, visitor.roundTrip,
      visitor.meanOpinionScore,
      agent.codec, agent.packetsSent, agent.packetsReceived, agent.packetsLost, agent.jitter, agent.roundTrip,
      agent.meanOpinionScore)
  }

  /// Closes the calls, of whichever tenant, that a service before this one began and never completed; says how many.
  ///
  /// For the start only, before the first call of this one.
  package func closeInterruptedCalls(at now: WallTime) throws(DatabaseFailure) -> Int {
    try database.run(
      """
      UPDATE calls SET ended_at = max(started_at, ?1), end_reason = 'failed', note = 'The service was interrupted during this call.'
      WHERE ended_at IS NULL
      """,
      now)
  }

  /// Deletes at most `limit` of the oldest calls, of whichever tenant, that began before `moment` and are over; says how many.
  func removeCalls(startedBefore moment: WallTime, limit: Int) throws(DatabaseFailure) -> Int {
    try database.run(
      """
      DELETE FROM calls WHERE rowid IN (
        SELECT rowid FROM calls WHERE started_at < ?1 AND ended_at IS NOT NULL ORDER BY started_at LIMIT ?2)
      """,
      moment, limit)
  }

  /// Deletes at most `limit` of a tenant's calls; says how many.
  func removeCalls(of tenant: TenantKey, limit: Int) throws(DatabaseFailure) -> Int {
    try database.run("DELETE FROM calls WHERE rowid IN (SELECT rowid FROM calls WHERE tenant = ?1 LIMIT ?2)", tenant, limit)
  }
}
