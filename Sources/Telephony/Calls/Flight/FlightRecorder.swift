import SIPCore
import SIPSyntax
import Wire

/// Keeps a record of every call: told all that an exchange says, it knows what belongs to which call.
///
/// With no call alive it looks at nothing. No time passes by itself: what is over leaves when something is next told or asked.
package struct FlightRecorder: Sendable {
  /// Calls that are recorded at a time, the half minutes after their ends included; one more ends the oldest of these early, or has
  /// no record.
  package static let maximumLive = 10_000
  package static let maximumLiveBytes = 128 * 1024 * 1024
  /// Messages of a call come until its last transactions are over (RFC 3261 §17; `AbandonedInvites.memory`).
  package static let afterlife = AbandonedInvites.memory

  private var live: [CallID: FlightRecord] = [:]
  private var liveOctets = 0
  private var callsByLeg: [LegID: CallID] = [:]
  private var legsByDialog: [String: LegID] = [:]
  private var dialogsByLeg: [LegID: String] = [:]
  /// Of the requests that we sent: by them a phone's answer is known that has another Call-ID.
  private var legsByBranch: [String: LegID] = [:]
  private var branchesByLeg: [LegID: [String]] = [:]
  private var legsOver: [ConnectionID: Set<LegID>] = [:]
  private var connectionsByLeg: [LegID: Set<ConnectionID>] = [:]
  private var departures = DeadlineQueue<CallID>()
  private var archive = FlightArchive()
  /// Records to be written down: of calls of which all is known, and once more of those to which something came later.
  private var ripe: [FlightRecord] = []
  private var ripened: [CallID: Int] = [:]
  /// Past it the oldest of them are not written.
  package static let maximumRipe = 256
  /// Calls that were not admitted, those with a record too.
  package private(set) var refusals = RefusedCalls()
  /// Calls that found no room.
  package private(set) var unrecorded: UInt64 = 0

  package init() {}

  /// How much of each kind is alive; all zero once every call is over and its afterlife, too.
  package struct Census: Hashable, Sendable {
    package var live = 0
    package var octets = 0
    package var legs = 0
    package var dialogs = 0
    package init() {}
  }

  package var census: Census {
    var census = Census()
    (census.live, census.octets) = (max(live.count, departures.count), liveOctets)
    census.legs = max(callsByLeg.count, legsOver.count, connectionsByLeg.count)
    census.dialogs = max(legsByDialog.count, dialogsByLeg.count, branchesByLeg.count)
    return census
  }

  // MARK: What is told

  package mutating func take(_ outputs: [Exchange.Output], at now: Instant) {
    expire(at: now)
    for output in outputs {
      switch output {
      case .flight(.happened(let tenant, let call, let event)): note(event, tenant, call, at: now)
      case .flight(.heard(let message, let flow)): heard(message, flow, at: now)
      case .flight(.reported(let event)): reported(event, at: now)
      case .flight(.rang(let callID)): rang(callID, at: now)
      case .flight(.connectionClosed(let connection)): closed(connection, at: now)
      case .flight(.turnedAway(let tenant, let refused)): refusals.note(refused, of: tenant, at: now)
      case .flight(.forgotten(let tenant)): forget(tenant)
      case .datagram(let octets, let flow): sent(octets, .flow(flow), at: now)
      case .stream(let octets, let connection): sent(octets, .connection(connection), at: now)
      case .media(let command):
        let wish = FlightCommand(command)
        if let call = callsByLeg[wish.leg] { append(.command(wish), to: call, at: now) }
      case .visitor(_, .ended(let call, let reason, let seconds)):
        append(.ended(reason, seconds: seconds), to: call, at: now)
        if live[call] != nil { departures.set(call, to: now + Self.afterlife) }
      case .visitor(_, let event): append(.toldVisitor(event), to: event.call, at: now)
      case .agent(_, let event): append(.toldAgent(event.withoutCaller), to: event.call, at: now)
      case .record(let record) where record.end != nil:
        append(.recorded(FlightOutcome(record)), to: record.call, at: now)
        if let record = live[record.call] { ripen(record) }
      case .close, .desks, .dismissed, .record, .keep, .keepStatus, .attendant, .log: break
      }
    }
  }

  /// Moves the records of calls that are wholly over to the archive.
  package mutating func expire(at now: Instant) {
    while let call = departures.popDue(at: now) { depart(call) }
  }

  private mutating func note(_ event: FlightEvent, _ tenant: TenantID, _ call: CallID, at now: Instant) {
    switch event {
    case .asked: begin(tenant, call, at: now)
    case .leg(let leg, let party): follow(leg, party, of: call)
    case .input(.moved(let flow)):
      // Of the legs that it may be: what is told of a connection that a call does not use does no harm.
      for leg in live[call]?.parties.keys.sorted(by: { $0.number < $1.number }) ?? [] { note(flow, of: leg) }
    case .invites(let leg, let callID) where callsByLeg[leg] == call:
      legsByDialog[callID] = leg
      dialogsByLeg[leg] = callID
    default: break
    }
    append(event, to: call, at: now)
    if case .refused(let reason, _) = event {
      if tenant != .doctor { refusals.note(RefusedCall(reason, page: live[call]?.page, call: call), of: tenant, at: now) }
      depart(call)
    }
  }

  private mutating func begin(_ tenant: TenantID, _ call: CallID, at now: Instant) {
    guard live[call] == nil else { return }
    if live.count >= Self.maximumLive || liveOctets >= Self.maximumLiveBytes {
      guard let oldest = departures.popDue(at: now + Self.afterlife) else {
        unrecorded &+= 1
        return
      }
      depart(oldest)
    }
    live[call] = FlightRecord(tenant, call, at: now)
  }

  private mutating func follow(_ leg: LegID, _ party: FlightParty, of call: CallID) {
    guard let record = live[call], record.parties.count < FlightRecord.maximumLegs else { return }
    callsByLeg[leg] = call
    if case .phone(_, let flow) = party { note(flow, of: leg) }
  }

  private mutating func note(_ flow: Flow, of leg: LegID) {
    guard let connection = flow.connection, callsByLeg[leg] != nil else { return }
    legsOver[connection, default: []].insert(leg)
    connectionsByLeg[leg, default: []].insert(connection)
  }

  private mutating func closed(_ connection: ConnectionID, at now: Instant) {
    guard !legsOver.isEmpty, let legs = legsOver.removeValue(forKey: connection) else { return }
    for leg in legs {
      connectionsByLeg[leg]?.remove(connection)
      if connectionsByLeg[leg]?.isEmpty == true { connectionsByLeg[leg] = nil }
    }
    for call in Set(legs.compactMap { callsByLeg[$0] }) { append(.input(.connectionClosed(connection)), to: call, at: now) }
  }

  private mutating func reported(_ event: MediaEvent, at now: Instant) {
    guard let call = event.leg.flatMap({ callsByLeg[$0] }) else { return }
    if case .played(let leg) = event { return append(.input(.played(leg)), to: call, at: now) }
    if let media = FlightMedia(event) { append(.media(media), to: call, at: now) }
  }

  private mutating func rang(_ callID: String, at now: Instant) {
    guard let leg = legsByDialog[callID], let call = callsByLeg[leg] else { return }
    append(.input(.timer), to: call, at: now)
  }

  private mutating func forget(_ tenant: TenantID) {
    for call in live.values.filter({ $0.tenant == tenant }).map(\.call) {
      remove(call)
      ripened[call] = nil
    }
    archive.removeAll(of: tenant)
    refusals.forget(tenant)
  }

  private mutating func append(_ event: FlightEvent, to call: CallID, at now: Instant) {
    // Taken out and put back, so that what it holds is not copied.
    guard var record = live.removeValue(forKey: call) else { return }
    liveOctets -= record.octets
    record.append(event, at: now)
    liveOctets += record.octets
    live[call] = record
  }

  private mutating func depart(_ call: CallID) {
    guard var record = remove(call) else { return }
    record.settle()
    if ripened.removeValue(forKey: call) != record.count + record.dropped { ripen(record) }
    ripened[call] = nil
    archive.insert(record)
  }

  private mutating func ripen(_ record: FlightRecord) {
    if ripe.count >= Self.maximumRipe { ripe.removeFirst() }
    ripe.append(record)
    ripened[record.call] = record.count + record.dropped
  }

  /// What is to be written down since this was last asked.
  package mutating func harvest() -> [FlightRecord] {
    guard !ripe.isEmpty else { return [] }
    defer { ripe = [] }
    return ripe
  }

  /// Ends every record, as nothing is recorded any more; those that were not written yet are told one by one.
  package mutating func finish() -> [FlightRecord] {
    var records: [FlightRecord] = harvest()
    for call in live.keys.sorted(by: { $0.description < $1.description }) {
      depart(call)
      records += harvest()
    }
    return records
  }

  @discardableResult
  private mutating func remove(_ call: CallID) -> FlightRecord? {
    guard let record = live.removeValue(forKey: call) else { return nil }
    liveOctets -= record.octets
    departures.remove(call)
    for leg in record.parties.keys {
      callsByLeg[leg] = nil
      if let dialog = dialogsByLeg.removeValue(forKey: leg) { legsByDialog[dialog] = nil }
      for branch in branchesByLeg.removeValue(forKey: leg) ?? [] { legsByBranch[branch] = nil }
      for connection in connectionsByLeg.removeValue(forKey: leg) ?? [] {
        legsOver[connection]?.remove(leg)
        if legsOver[connection]?.isEmpty == true { legsOver[connection] = nil }
      }
    }
    return record
  }

  // MARK: SIP

  private mutating func heard(_ message: SIPMessage, _ flow: Flow, at now: Instant) {
    guard !legsByDialog.isEmpty, let leg = leg(of: message) else { return }
    note(flow, of: leg)
    keep(FlightMessage(leg, isFromPeer: true, .flow(flow), keeping: message.serialized()), at: now)
  }

  private mutating func sent(_ octets: [UInt8], _ way: FlightMessage.Way, at now: Instant) {
    guard !legsByDialog.isEmpty, let callID = Self.callID(octets), let leg = legsByDialog[callID] else { return }
    if let branch = Self.branch(octets), legsByBranch[branch] == nil, callsByLeg[leg] != nil {
      legsByBranch[branch] = leg
      branchesByLeg[leg, default: []].append(branch)
    }
    keep(FlightMessage(leg, isFromPeer: false, way, keeping: octets), at: now)
  }

  private func leg(of message: SIPMessage) -> LegID? {
    if let leg = message.headers[.callID].flatMap({ legsByDialog[$0] }) { return leg }
    guard case .response(let response) = message else { return nil }
    return (try? response.headers.topVia.branch).flatMap { legsByBranch[$0] }
  }

  private mutating func keep(_ message: FlightMessage, at now: Instant) {
    if let call = callsByLeg[message.leg] { append(.message(message), to: call, at: now) }
  }

  /// The Call-ID of a message that we wrote.
  private static func callID(_ octets: [UInt8]) -> String? {
    guard let name = octets.firstRange(of: callIDName) else { return nil }
    let value = octets[name.upperBound...].prefix(Exchange.callIDLength + 1)
    guard value.count > Exchange.callIDLength, value.last == 0x0D else { return nil }
    return String(decoding: value.dropLast(), as: UTF8.self)
  }
  private static let callIDName = Array("\r\nCall-ID: ".utf8)

  /// The branch of a request that we wrote; those of an ACK of a 2xx and of a failure are answered by nobody.
  private static func branch(_ octets: [UInt8]) -> String? {
    guard !octets.starts(with: "SIP/2.0 ".utf8), !octets.starts(with: "ACK ".utf8),
      let name = octets.firstRange(of: branchName)
    else { return nil }
    let value = octets[name.upperBound...].prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ",") && $0 > 0x20 }
    return String(decoding: value, as: UTF8.self)
  }
  private static let branchName = Array(";branch=".utf8)

  // MARK: What is asked

  /// The tenant's calls whose ids begin so; a call of another tenant is none.
  package mutating func records(of tenant: TenantID, beginning prefix: String, at now: Instant) -> [FlightRecord] {
    expire(at: now)
    return all(of: tenant).filter { $0.call.description.hasPrefix(prefix) }
  }

  /// The tenant's latest calls, the latest first.
  package mutating func latest(of tenant: TenantID, atMost count: Int, at now: Instant) -> [FlightRecord] {
    expire(at: now)
    return Array(all(of: tenant).sorted { $0.startedAt > $1.startedAt }.prefix(max(0, count)))
  }

  private func all(of tenant: TenantID) -> [FlightRecord] {
    live.values.filter { $0.tenant == tenant } + archive.records(of: tenant)
  }
}

extension VisitorEvent {
  fileprivate var call: CallID {
    switch self {
    case .trying(let call), .ringing(let call), .talking(let call, _), .troubled(let call, _, _), .held(let call),
      .takenOver(let call), .ended(let call, _, _):
      call
    }
  }
}

extension AgentEvent {
  fileprivate var call: CallID {
    switch self {
    case .incomingCall(let call, _, _), .incomingCallEnded(let call, _), .visitorLost(let call), .visitorBack(let call),
      .troubled(let call, _), .soundIsWell(let call), .takenOver(let call),
      .ended(let call, _, _):
      call
    }
  }

  /// Who calls stands in the record's first entry.
  fileprivate var withoutCaller: AgentEvent {
    if case .incomingCall(let call, _, _) = self { .incomingCall(call, from: "", page: nil) } else { self }
  }
}
