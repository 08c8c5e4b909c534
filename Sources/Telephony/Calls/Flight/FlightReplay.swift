import Cryptography
import SIPCore
import SIPSyntax
import Wire

/// A call run again: the machines of this program, told what came to those that recorded it, must say and do what those did.
///
/// The exchange of a replay has one call and nobody else. What other calls and phones' registrations had changed by the moments at which
/// it chose whom to ring is put in its place before each; everything else follows from the call's own inputs, its times and its key.
package struct FlightReplay {
  /// What came of it.
  package enum Verdict: Hashable, Sendable {
    /// The same end by the same way: so many inputs, so many things that followed.
    case same(inputs: Int, outputs: Int)
    case parted(Difference)
    /// It cannot be told, in words for whoever asks.
    case impossible(String)
  }

  /// Where the two ways part first.
  package struct Difference: Hashable, Sendable {
    /// Counted from 1.
    package var input: Int
    package var cause: FlightEvent
    package var at: Instant
    /// `nil` where one did nothing more.
    package var recorded: FlightEvent?
    package var replayed: FlightEvent?
  }

  private let record: FlightRecord
  private let moments: [FlightRecord.Moment]
  private var exchange: Exchange
  private var recorder = FlightRecorder()
  private var agents: [AgentName: FlightAgent] = [:]
  private var opened: Set<ConnectionID> = []
  private var messages: [Int: FlightMessage] = [:]
  private var visitor = VisitorID(0)
  private let start: FlightStart?

  /// Media planes that a recording may tell of.
  package static let maximumPlanes = 1024

  package init(_ record: FlightRecord) {
    self.record = record
    moments = record.moments
    start = record.start
    let planes = min(max(1, start?.callsByPlane.count ?? 1), Self.maximumPlanes)
    let site = Exchange.Site(
      planes: Array(repeating: [], count: planes), fingerprint: Fingerprint(algorithm: .sha256, octets: []))
    exchange = Exchange(site: site, randomness: .seeded(0))
  }

  /// Runs the call again, and says whether it went the same way; with the record of how it went now.
  package mutating func run() -> (verdict: Verdict, record: FlightRecord?) {
    guard let start else { return (.impossible("The recording does not tell how the call began."), nil) }
    guard record.isWhole else {
      let sentence =
        record.dropped > 0
        ? "The recording was full: \(record.dropped) of its entries are missing, and without them it cannot be run again."
        : "A message of the call was longer than what a recording keeps of one, so it cannot be run again."
      return (.impossible(sentence), nil)
    }
    guard start.callsByPlane.count <= Self.maximumPlanes, moments.allSatisfy({ isPossible($0.event) }) else {
      return (.impossible("The recording names media planes that there are not."), nil)
    }
    exchange.stage(start, tenant: record.tenant)
    for (index, moment) in moments.enumerated() {
      if case .message(let message) = moment.event { messages[moment.number] = message }
      guard isInput(moment.event) else { continue }
      prepare(until: index)
      recorder.take(feed(moment), at: moment.at)
    }
    let now = moments.last?.at ?? record.startedAt
    let replayed = recorder.records(of: record.tenant, beginning: record.call.description, at: now).first
    return (verdict(replayed?.moments ?? []), replayed)
  }

  private func isPossible(_ event: FlightEvent) -> Bool {
    guard case .leg(let leg, _) = event else { return true }
    return leg.plane.number >= 0 && leg.plane.number < start?.callsByPlane.count ?? 0
  }

  private func isInput(_ event: FlightEvent) -> Bool { event.isInput(messages) }

  // MARK: Before an input

  /// Puts in its place what had happened elsewhere until what follows from an input was decided.
  private mutating func prepare(until index: Int) {
    var isFirstLeg = true
    for moment in moments[(index + 1)...] {
      if isInput(moment.event) { break }
      switch moment.event {
      case .view(let view):
        for agent in view.agents { agents[agent.name] = agent }
        for name in view.gone { agents[name] = nil }
        open(agents.values.flatMap { $0.phones.map(\.flow) }, at: moment.at)
        exchange.stage(Array(agents.values), tenant: record.tenant, call: record.call)
      case .leg(let leg, _) where isFirstLeg:
        isFirstLeg = false
        exchange.nextLeg = leg.number &- 1
      default: break
      }
    }
  }

  private mutating func open(_ flows: [Flow], at now: Instant) {
    for flow in flows {
      guard let connection = flow.connection, opened.insert(connection).inserted else { continue }
      exchange.openForReplay(flow, at: now)
    }
  }

  // MARK: Inputs

  private mutating func feed(_ moment: FlightRecord.Moment) -> [Exchange.Output] {
    let now = moment.at
    switch moment.event {
    case .input(let input): return feed(input, at: now)
    case .message(let message): return feed(message, at: now)
    case .again(let number): return messages[number].map { feed($0, at: now) } ?? []
    case .media(let media): return exchange.receive(media.event, at: now)
    default: return []
    }
  }

  private mutating func feed(_ message: FlightMessage, at now: Instant) -> [Exchange.Output] {
    guard case .flow(let flow) = message.way else { return [] }
    open([flow], at: now)
    return exchange.receive(datagram: message.datagram, over: flow, at: now)
  }

  private mutating func feed(_ input: FlightInput, at now: Instant) -> [Exchange.Output] {
    let (call, place) = (record.call, Exchange.Place(tenant: record.tenant, call: record.call))
    switch input {
    case .request(let start):
      visitor = start.visitor
      return exchange.begin(place, visitor, request(start), start.chance, at: now).1
    case .offer(let offer): return exchange.callOffer(visitor, call, offer.text, at: now).1
    case .pressed(let count): return exchange.sendDigits(visitor, call, String(repeating: "0", count: min(max(0, count), 64)))
    case .hangUp: return exchange.hangUp(visitor, call, at: now)
    case .gone(let isDeliberate): return exchange.visitorGone(visitor, isDeliberate: isDeliberate, at: now)
    case .resume(let successor, let offer):
      let token = exchange.call(place)?.seat.resumeToken ?? ""
      visitor = successor
      return exchange.resume(
        successor, tenant: record.tenant.description, call, token: token, offer: offer?.text, at: now
      ).1
    case .accept(let session, let offer): return exchange.accept(session, call, offer: offer.text, at: now).1
    case .reject(let session): return exchange.reject(session, call, at: now)
    case .agentHangUp(let session): return exchange.hangUp(session, call, at: now)
    case .deskOffer(let session, let offer): return exchange.callOffer(session, call, offer.text, at: now).1
    case .deskResume(let session, let agent, let offer):
      exchange.stage(session, of: AddressOfRecord(tenant: record.tenant, agent: agent))
      let token = exchange.call(place)?[.agent]?.resumeToken ?? ""
      return exchange.resume(
        session, tenant: record.tenant.description, call, token: token, offer: offer?.text, at: now
      ).1
    case .sessionJoined(let session, let agent):
      let address = AddressOfRecord(tenant: record.tenant, agent: agent)
      exchange.stage(session, of: address)
      return exchange.joinRinging(session, address)
    case .sessionGone(let session, let isDeliberate):
      return exchange.sessionGone(session, isDeliberate: isDeliberate, at: now)
    case .connectionClosed(let connection): return exchange.connectionClosed(connection, at: now)
    case .moved(let flow):
      open([flow], at: now)
      return exchange.move(place, to: flow)
    case .agentRemoved(let agent):
      return (try? exchange.apply(.agentRemoved(record.tenant, agent), at: now)) ?? []
    case .attendant(let wish): return exchange.attend(record.tenant, call, wish, at: now)
    case .step(let step): return exchange.note(step, record.tenant, call)
    case .shutDown: return exchange.shutDown(at: now)
    case .timer: return exchange.wake(at: now)
    case .played(let leg): return exchange.receive(.played(leg), at: now)
    }
  }

  private func request(_ start: FlightStart) -> CallRequest {
    guard case .asked(let name, let page, let number, let hasOffer)? = moments.first?.event else {
      return CallRequest(tenant: record.tenant.description)
    }
    return CallRequest(
      tenant: record.tenant.description, offer: start.offer?.text ?? (hasOffer ? "unreadable" : nil),
      extensionDialled: number, name: name, page: page)
  }

  // MARK: The comparison

  private func verdict(_ replayed: [FlightRecord.Moment]) -> Verdict {
    var inputs = 0
    var cause = moments.first
    for index in 0..<max(moments.count, replayed.count) {
      let (mine, theirs) = (index < replayed.count ? replayed[index] : nil, index < moments.count ? moments[index] : nil)
      if let theirs, isInput(theirs.event) {
        inputs += 1
        cause = theirs
      }
      guard mine?.at != theirs?.at || mine?.event.compared != theirs?.event.compared else { continue }
      return .parted(
        Difference(
          input: max(1, inputs), cause: cause?.event ?? .visitorLost, at: cause?.at ?? record.startedAt,
          recorded: theirs?.event, replayed: mine?.event))
    }
    return .same(inputs: inputs, outputs: moments.count - inputs)
  }
}

extension FlightEvent {
  /// Whether it came to the call from outside. A message again is what it was the first time.
  func isInput(_ messages: [Int: FlightMessage]) -> Bool {
    switch self {
    case .input, .media: true
    case .message(let message): message.isFromPeer
    case .again(let number): messages[number]?.isFromPeer == true
    default: false
    }
  }

  /// Without what a replay need not tell alike: how many agents there were besides those who were seen, what was wrong with an offer, and
  /// the hashes of certificates, which are hashed once more.
  fileprivate var compared: FlightEvent {
    switch self {
    case .chose(var choice):
      choice.unlisted = 0
      return .chose(choice)
    case .refused(let reason, _): return .refused(reason, words: nil)
    case .input(.request(var start)):
      start.offer?.certificates = []
      return .input(.request(start))
    case .input(.offer(let offer)): return .input(.offer(offer.withoutCertificates))
    case .input(.accept(let session, let offer)): return .input(.accept(session, offer.withoutCertificates))
    case .input(.deskOffer(let session, let offer)): return .input(.deskOffer(session, offer.withoutCertificates))
    case .input(.deskResume(let session, let agent, let offer)):
      return .input(.deskResume(session, agent, offer?.withoutCertificates))
    case .input(.resume(let visitor, let offer)): return .input(.resume(visitor, offer?.withoutCertificates))
    default: return self
    }
  }
}

extension FlightMedia {
  /// What the media plane said.
  fileprivate var event: MediaEvent {
    switch self {
    case .opened(let leg, let port): .opened(leg, port: port)
    case .connected(let leg): .connected(leg)
    case .failed(let leg, let failure): .failed(leg, failure)
    case .consentLost(let leg): .consentLost(leg)
    case .fellSilent(let leg): .fellSilent(leg)
    case .heardAgain(let leg): .heardAgain(leg)
    case .heard(let leg, let report): .heard(leg, report)
    case .gone(let leg): .gone(leg)
    case .speaks(let leg, let codec): .speaks(leg, codec)
    case .unreached(let leg, let isCertain): .unreached(leg, isCertain: isCertain)
    case .reachedAgain(let leg): .reachedAgain(leg)
    case .closed(let leg, let report): .closed(leg, report)
    }
  }
}

// MARK: What a replay puts in its place

extension Exchange {
  fileprivate mutating func stage(_ start: FlightStart, tenant id: TenantID) {
    var tenant = Tenant(id: id, name: "", isOpen: true, fallback: start.fallback)
    tenant.attendance = start.isLed == true ? .own : .none
    tenant.room = min(max(0, start.room), Tenant.maximumCalls)
    tenants[id] = tenant
    tenantsInOrder = [id]
    // A file may say what no exchange ever counted.
    callsByPlane = start.callsByPlane.map { min(max(0, $0), Tenant.maximumCalls * Self.maximumTenants) }
    exhaustedPlanes = Set(start.exhaustedPlanes.map { MediaPlaneID($0) })
    if start.isVisitorBusy { placesByVisitor[start.visitor] = Place(tenant: id, call: CallID("another")) }
  }

  /// The agents as they were seen, in the place of those that there are.
  fileprivate mutating func stage(_ agents: [FlightAgent], tenant id: TenantID, call: CallID) {
    var staged: [AgentName: Agent] = [:]
    for seen in agents {
      var agent = Agent(name: seen.name, digest: nil, teams: seen.teams, order: seen.order)
      agent.phones = Bindings(
        restoring: seen.phones.map {
          Binding(
            contact: $0.contact, flow: $0.flow, registeredAt: Instant(), expiresAt: Instant(nanoseconds: .max), path: $0.path,
            callID: "", number: 0)
        }, at: Instant(nanoseconds: .min))
      agent.sessions = seen.sessions
      agent.set(seen.isPaused ? .paused(reason: nil) : .available, at: Instant())
      for session in agent.sessions { placesBySession[session] = AddressOfRecord(tenant: id, agent: seen.name) }
      agent.call =
        switch seen.business {
        case .free: nil
        case .thisCall: call
        case .otherCall: CallID("another")
        }
      agent.idleSince = seen.idleSince
      (agent.phoneLoss, agent.lastRegistered) = (seen.phoneLoss, seen.lastRegistered)
      staged[seen.name] = agent
    }
    tenants[id]?.agents = staged
  }

  /// A browser in which an agent is at work.
  fileprivate mutating func stage(_ session: AgentSessionID, of address: AddressOfRecord) {
    placesBySession[session] = address
    guard tenants[address.tenant]?.agents[address.agent]?.sessions.contains(session) == false else { return }
    tenants[address.tenant]?.agents[address.agent]?.sessions.append(session)
  }

  /// A connection that stays until the recording says that it was closed.
  fileprivate mutating func openForReplay(_ flow: Flow, at now: Instant) {
    guard let connection = flow.connection, connections.open(flow, at: now) else { return }
    connections.register(connection, until: Instant(nanoseconds: .max) - Connections.margin)
  }
}

extension FlightReplay.Verdict {
  package var isSame: Bool { if case .same = self { true } else { false } }
}
