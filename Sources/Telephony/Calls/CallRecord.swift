import Wire

/// What remains of a call when it is over: one line of the call log.
package struct CallRecord: Hashable, Sendable {
  package let call: CallID
  package let tenant: TenantID
  package let visitorName: String?
  package let page: String?
  package let extensionDialled: String?
  package let startedAt: Instant
  /// Who rang last or talked.
  package var agent: AgentName?
  package var answeredAt: Instant?
  package var endedAt: Instant?
  package var end: EndReason?
  package var visitorLeg: LegReport?
  package var agentLeg: LegReport?

  init(_ call: Call) {
    self.call = call.id
    tenant = call.tenant
    visitorName = call.name
    page = call.page
    extensionDialled = call.extensionDialled
    startedAt = call.startedAt
    switch call.phase {
    case .attended: break
    case .ringing(let attempt): agent = attempt.agents.last
    case .talking(let party, let since): (agent, answeredAt) = (party.agent, since)
    case .echo(let since): answeredAt = since
    }
    if let parted = call.led?.parted {
      agent = agent ?? parted.agent
      answeredAt = answeredAt ?? parted.since
      agentLeg = parted.report
    }
  }

  /// From the click to the answer, or to the end of an unanswered call.
  package var ringingSeconds: Int { Self.seconds(from: startedAt, to: answeredAt ?? endedAt) }
  package var talkingSeconds: Int { answeredAt.map { Self.seconds(from: $0, to: endedAt) } ?? 0 }

  private static func seconds(from start: Instant, to end: Instant?) -> Int {
    end.map { Int(max(0, ($0 - start).milliseconds) / 1000) } ?? 0
  }
}

/// Records of calls that are over, until their legs have told what was measured on them.
struct UnfinishedRecords: Sendable {
  /// A media plane that does not report within this time never will.
  static let patience = Duration.seconds(5)

  private struct Unfinished {
    var record: CallRecord
    var visitorLeg: LegID?
    var agentLeg: LegID?
  }
  private var records: [CallID: Unfinished] = [:]
  private var callsByLeg: [LegID: CallID] = [:]
  private var ends = DeadlineQueue<CallID>()

  var count: Int { max(records.count, callsByLeg.count) }
  var deadline: Instant? { ends.next }

  /// Keeps a record until both legs reported; gives it back at once if there is nothing to wait for.
  mutating func insert(_ record: CallRecord, visitorLeg: LegID?, agentLeg: LegID?, at now: Instant) -> CallRecord? {
    guard visitorLeg != nil || agentLeg != nil else { return record }
    records[record.call] = Unfinished(record: record, visitorLeg: visitorLeg, agentLeg: agentLeg)
    for leg in [visitorLeg, agentLeg] { if let leg { callsByLeg[leg] = record.call } }
    ends.set(record.call, to: now + Self.patience)
    return nil
  }

  /// Takes a leg's report; gives the record once it is complete.
  mutating func receive(_ report: LegReport, of leg: LegID) -> CallRecord? {
    guard let call = callsByLeg.removeValue(forKey: leg), var unfinished = records[call] else { return nil }
    if unfinished.visitorLeg == leg { (unfinished.visitorLeg, unfinished.record.visitorLeg) = (nil, report) }
    if unfinished.agentLeg == leg { (unfinished.agentLeg, unfinished.record.agentLeg) = (nil, report) }
    records[call] = unfinished
    return unfinished.visitorLeg == nil && unfinished.agentLeg == nil ? take(call) : nil
  }

  /// The call that waits for a leg's report.
  func place(of leg: LegID) -> Exchange.Place? {
    callsByLeg[leg].flatMap { records[$0]?.record }.map { Exchange.Place(tenant: $0.tenant, call: $0.call) }
  }

  /// Records whose time is over, with what is known.
  mutating func expire(at now: Instant) -> [CallRecord] {
    var expired: [CallRecord] = []
    while let call = ends.popDue(at: now) { take(call).map { expired.append($0) } }
    return expired
  }

  private mutating func take(_ call: CallID) -> CallRecord? {
    guard let unfinished = records.removeValue(forKey: call) else { return nil }
    for leg in [unfinished.visitorLeg, unfinished.agentLeg] { if let leg { callsByLeg[leg] = nil } }
    ends.remove(call)
    return unfinished.record
  }
}
