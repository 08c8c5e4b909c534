import Cryptography
import SIPCore
import SIPSyntax
import Wire

/// The telephone exchange: tenants, registrations, agents and calls, told what arrives and when, answering with what is to be done.
package struct Exchange: Sendable {
  package enum Output: Hashable, Sendable {
    case datagram([UInt8], Flow)
    case stream([UInt8], ConnectionID)
    /// Close a connection once everything before this is sent; nothing need be said of its end.
    case close(ConnectionID)
    case media(MediaCommand)
    case visitor(VisitorID, VisitorEvent)
    case agent(AgentSessionID, AgentEvent)
    /// Tell an agent's browser in words that it is its agent's no more, and let its connection go.
    case dismissed(AgentSessionID, Dismissal)
    /// The same to several browsers of one business.
    case desks([AgentSessionID], DeskEvent)
    /// A line of the call log: once when a call begins, once when all is known of it.
    case record(CallRecord)
    /// What whoever leads this call must know.
    case attendant(TenantID, CallID, AttendantNews)
    /// For the flight recorder: what is seen from inside only.
    case flight(FlightNote)
    /// Make an agent's phones durable, and tell `kept` or `keepFailed` how that went.
    case keep(KeptPhones)
    /// The same for whether an agent wants calls; `statusKept` and `statusNotKept` are told.
    case keepStatus(KeptStatus)
    case log(LogLine)
  }

  /// What an exchange must know of the place where it stands.
  package struct Site: Sendable {
    /// Where browsers reach each media plane, best first.
    package var planes: [[SocketAddress]]
    package var fingerprint: Fingerprint
    /// Tenants are reachable as `<uuid>.<base domain>` too.
    package var baseDomain: String?
    /// Calls that one network may begin in a minute.
    package var callsPerMinute: Int

    package init(
      planes: [[SocketAddress]], fingerprint: Fingerprint, baseDomain: String? = nil,
      callsPerMinute: Int = CallRates.standardPerSource
    ) {
      precondition(callsPerMinute > 0, "nobody could ever call")
      self.callsPerMinute = callsPerMinute
      precondition(!planes.isEmpty, "an exchange needs a media plane")
      self.planes = planes
      self.fingerprint = fingerprint
      self.baseDomain = baseDomain
    }
  }

  package let site: Site
  var randomness: Randomness
  var tenants: [TenantID: Tenant] = [:]
  /// As they were added: what is listed needs an order, and a dictionary has none.
  var tenantsInOrder: [TenantID] = []
  var layer = TransactionLayer()
  var authenticator: DigestAuthenticator
  var connections = Connections()
  var wrongPasswords = WrongPasswords()
  /// Who has had its lines in the log about wrong passwords.
  var passwordLines = LineLimit<SourceNetwork>()
  /// What happened at the SIP edge that nobody was told of.
  package internal(set) var edge = EdgeCounts()
  /// Responses that answered nothing of ours.
  package var strays: StrayResponses { layer.strays }
  package internal(set) var counts = ExchangeCounts()
  package internal(set) var isShuttingDown = false
  /// Businesses that it takes.
  var tenantRoom = Exchange.maximumTenants

  // Ways back from a machine's own names to the call that owns it.
  struct Place: Hashable {
    var tenant: TenantID
    var call: CallID
  }
  var placesByLeg: [LegID: Place] = [:]
  var placesByTransaction: [TransactionKey: Place] = [:]
  var placesByDialog: [DialogID: Place] = [:]
  var placesByVisitor: [VisitorID: Place] = [:]
  var placesBySession: [AgentSessionID: AddressOfRecord] = [:]
  /// The browsers of each tenant's agents, and what they are yet to be told.
  var desks = OrderedIndex<TenantID, AgentSessionID>()
  var news = DeskNews()
  /// INVITEs that nobody waits for any more: a late 2xx still gets its ACK and BYE.
  var abandoned = AbandonedInvites()
  var nextLeg: UInt64 = 0
  /// How many calls each media plane has.
  var callsByPlane: [Int]
  /// Media planes whose legs or ports were used up when one was last wished for: they get no call until one of their legs closes.
  var exhaustedPlanes: Set<MediaPlaneID> = []
  /// Media planes that do not keep up: a call more would cost those that are.
  var strainedPlanes: Set<MediaPlaneID> = []
  var callRates = CallRates()
  var ringing = DeadlineQueue<Place>()
  /// When a call ends for want of somebody's browser.
  var absences = DeadlineQueue<Absentee>()
  /// When a phone is asked anew for its sound, after that crossed with a question of its own.
  var refreshes = DeadlineQueue<Place>()
  var records = UnfinishedRecords()
  /// REGISTERs that wait for the disk, and each agent's.
  var keepings: [KeepTicket: Keeping] = [:]
  var keepingsOf = OrderedIndex<AddressOfRecord, KeepTicket>()
  var lastTicket: UInt64 = 0
  /// When the next phone of an agent's runs out.
  var registrations = DeadlineQueue<AddressOfRecord>()
  /// Whose phones are reached over each connection.
  var registeredOver = OrderedIndex<ConnectionID, AddressOfRecord>()
  /// Whose phones registered from each network.
  var registeredFrom = OrderedIndex<SourceNetwork, AddressOfRecord>()

  package init(site: Site, randomness: Randomness) {
    self.site = site
    self.randomness = randomness
    callsByPlane = Array(repeating: 0, count: site.planes.count)
    authenticator = DigestAuthenticator(using: &self.randomness)
  }

  package var deadline: Instant? {
    let calls = earliest(earliest(ringing.next, absences.next, records.deadline, refreshes.next), news.deadline)
    let edge = earliest(layer.deadline, connections.deadline, registrations.next, passwordLines.deadline)
    return earliest(edge, calls, abandoned.deadline)
  }
  package var callCount: Int { tenants.values.reduce(0) { $0 + $1.calls.count } }

  package func tenant(_ id: TenantID) -> Tenant? { tenants[id] }

  /// How much of each kind is alive; all zero once nothing happens any more.
  package struct Census: Hashable, Sendable {
    package var calls = 0
    package var legs = 0
    package var transactions = 0
    package var invitations = 0
    package var dialogs = 0
    package var visitors = 0
    package var sessions = 0
    package var news = 0
    package var abandoned = 0
    package var ringing = 0
    package var absences = 0
    package var refreshes = 0
    package var records = 0
    package var keepings = 0
    package var registrations = 0
    package var connections = 0
    package init() {}
  }

  package var census: Census {
    var census = Census()
    census.calls = callCount
    census.legs = placesByLeg.count
    census.transactions = layer.count
    census.invitations = placesByTransaction.count
    census.dialogs = placesByDialog.count
    census.visitors = placesByVisitor.count
    census.sessions = max(placesBySession.count, desks.keyCount)
    census.news = news.count
    census.abandoned = abandoned.count
    census.ringing = ringing.count
    census.absences = absences.count
    census.refreshes = refreshes.count
    census.records = records.count
    census.keepings = max(keepings.count, keepingsOf.keyCount)
    census.registrations = max(registrations.count, registeredOver.keyCount, registeredFrom.keyCount)
    census.connections = connections.count
    return census
  }

  package mutating func wake(at now: Instant) -> [Output] {
    var rung: [Output] = []
    let due = layer.wake(at: now) { request in rung += Self.rang(request) }
    var outputs = rung + due.flatMap { perform($0, at: now) }
    outputs += connections.wake(at: now).flatMap { perform($0, at: now) }
    while let address = registrations.popDue(at: now) { outputs += expirePhones(of: address, at: now) }
    while let place = ringing.popDue(at: now) { outputs += [input(place, .timer)] + ringingEnded(place, at: now) }
    while let absentee = absences.popDue(at: now) {
      outputs += [input(absentee.place, .timer)] + end(absentee.place, .connectionLost, at: now)
    }
    while let place = refreshes.popDue(at: now) { outputs += [input(place, .timer)] + refreshAgain(place, at: now) }
    while let tenant = news.popDue(at: now) { outputs += tellDesks(of: tenant, at: now) }
    outputs += passwordLines.wake(at: now).map(log)
    outputs += abandoned.expire(at: now).flatMap { Self.rang($0) }
    for record in records.expire(at: now) {
      outputs += [input(Place(tenant: record.tenant, call: record.call), .timer), .record(record)]
    }
    return outputs
  }

  /// Takes no new calls; those that are go on, and so do registrations.
  package mutating func beginShutDown() { isShuttingDown = true }

  /// Whether nobody is owed a word any more: no call lives, no request of ours waits for its answer, no record for its figures.
  package var isQuiet: Bool { callCount == 0 && records.count == 0 && !layer.isAwaitingAnswers }

  /// Takes no new calls, and ends those that are.
  package mutating func shutDown(at now: Instant) -> [Output] {
    isShuttingDown = true
    let lines = passwordLines.end(at: now).map(log)
    let ends = tenants.values.flatMap { tenant in tenant.calls.keys.map { Place(tenant: tenant.id, call: $0) } }
      .sorted { $0.call.description < $1.call.description }
      .flatMap { [input($0, .shutDown)] + end($0, .shuttingDown, at: now) }
    return lines + ends
  }

  // MARK: Datagrams

  package mutating func receive(datagram: [UInt8], over flow: Flow, at now: Instant) -> [Output] {
    if let answer = Self.keepAliveAnswer(to: datagram, from: flow.remote) { return [.datagram(answer, flow)] }
    let message: SIPMessage
    do throws(SIPSyntaxError) {
      message = try SIPMessage(parsing: datagram)
    } catch {
      return answer(error, over: flow)
    }
    counts.received.note(message)
    return heard(message, flow) + layer.receive(message, over: flow, at: now).flatMap { perform($0, at: now) }
  }

  /// Tells the sender of a malformed request what is wrong with it, if that can find its way.
  mutating func answer(_ error: SIPSyntaxError, over flow: Flow) -> [Output] {
    guard var request = error.answerableRequest, (try? request.stampSource(flow.remote)) != nil else { return [] }
    return send(SIPResponse(to: request, error.status, toTag: randomness.token(8)).serialized(), over: flow)
  }

  /// Over a connection that is gone nothing can be sent, and none is opened to a peer: what was to be said is lost, and counted.
  mutating func send(_ octets: [UInt8], over flow: Flow) -> [Output] {
    guard let connection = flow.connection else {
      counts.sent.note(octets)
      return [.datagram(octets, flow)]
    }
    guard connections.isOpen(connection) else {
      edge.lostWithConnection &+= 1
      return []
    }
    counts.sent.note(octets)
    return [.stream(octets, connection)]
  }

  mutating func perform(_ output: TransactionLayer.Output, at now: Instant) -> [Output] {
    switch output {
    case .send(let octets, let flow): return send(octets, over: flow)
    case .request(let request, let key, let flow): return receive(request, key, flow, at: now)
    case .response(let response, let key, let flow): return receive(response, key, flow, at: now)
    case .timedOut(let key): return unanswered(key, "A phone did not react to the call", at: now)
    case .unreachable(let key): return unanswered(key, "A phone's connection ended while it rang", at: now)
    case .acknowledged(let request, let flow): return acknowledged(request, flow, at: now)
    case .cancelled(let invite, let key, _): return respond(key, invite, .requestTerminated, at: now)
    case .unacknowledged(let key): return unacknowledged(key, at: now)
    }
  }

  mutating func respond(
    _ key: TransactionKey, _ request: SIPRequest, _ status: StatusCode, at now: Instant,
    _ complete: (inout SIPResponse) -> Void = { _ in }
  ) -> [Output] {
    var response = SIPResponse(to: request, status, toTag: Self.tag(answering: request))
    complete(&response)
    return layer.respond(key, response, at: now).flatMap { perform($0, at: now) }
  }

  // MARK: Names of our own

  /// The media plane with the fewest calls, of those that have room and keep up; `nil` if there is none.
  var idlestPlane: MediaPlaneID? {
    callsByPlane.indices.lazy.map { MediaPlaneID($0) }
      .filter { !exhaustedPlanes.contains($0) && !strainedPlanes.contains($0) }
      .min { callsByPlane[$0.number] < callsByPlane[$1.number] }
  }

  /// Learns from what a leg reports whether its plane has room.
  mutating func noteRoom(_ event: MediaEvent) {
    switch event {
    case .failed(let leg, .noFreePort), .failed(let leg, .tooManyLegs): exhaustedPlanes.insert(leg.plane)
    case .closed(let leg, _): exhaustedPlanes.remove(leg.plane)
    default: break
    }
  }

  mutating func newLeg(on plane: MediaPlaneID, for place: Place) -> LegID {
    nextLeg &+= 1
    let leg = LegID(nextLeg, on: plane)
    placesByLeg[leg] = place
    return leg
  }

  /// Whose generator is drawn from.
  enum Drawer {
    case call(Place)
    /// A call's INVITE that nobody waits for any more.
    case abandoned(TransactionKey)
  }

  /// What others will see, and what is drawn alike when the call is run again.
  mutating func token(_ length: Int, for drawer: Drawer) -> String {
    let token =
      switch drawer {
      case .call(let place): tenants[place.tenant]?.calls[place.call]?.chance.token(length)
      case .abandoned(let key): abandoned.token(length, for: key)
      }
    return token ?? randomness.token(length)
  }

  mutating func newVia(_ flow: Flow, for drawer: Drawer) -> Via { flow.via(branch: Via.cookie + token(16, for: drawer)) }

  /// The tag of an answer outside any dialog opens none and need not be unguessable: like a stateless server's it follows from the
  /// request (RFC 3261 §8.2.7).
  static func tag(answering request: SIPRequest) -> String {
    let via = request.headers.fields.first { $0.name == .via }?.value ?? []
    var random = Randomness.keyed(ChanceKey(SipHash.hash(via, ChanceKey(0, 0)), 0))
    return random.token(10)
  }

  func call(_ place: Place) -> Call? { tenants[place.tenant]?.calls[place.call] }

  mutating func update(_ place: Place, _ change: (inout Call) -> Void) {
    guard var call = call(place) else { return }
    change(&call)
    tenants[place.tenant]?.calls[place.call] = call
  }
}
