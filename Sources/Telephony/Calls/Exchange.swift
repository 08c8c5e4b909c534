import Cryptography
import SIPCore
import SIPSyntax
import Wire

/// The telephone exchange: tenants, registrations, agents and calls, told what arrives and when, answering with what is to be done.
package struct Exchange: Sendable {
  package enum Output: Hashable, Sendable {
    case datagram([UInt8], Flow)
    case media(MediaCommand)
    case visitor(VisitorID, VisitorEvent)
    case agent(AgentSessionID, AgentEvent)
    /// A line of the call log: once when a call begins, once when all is known of it.
    case record(CallRecord)
    case log(LogLine)
  }

  /// What an exchange must know of the place where it stands.
  package struct Site: Sendable {
    /// Where browsers reach each media plane, best first.
    package var planes: [[SocketAddress]]
    package var fingerprint: Fingerprint
    /// Tenants are reachable as `<uuid>.<base domain>` too.
    package var baseDomain: String?

    package init(planes: [[SocketAddress]], fingerprint: Fingerprint, baseDomain: String? = nil) {
      precondition(!planes.isEmpty, "an exchange needs a media plane")
      self.planes = planes
      self.fingerprint = fingerprint
      self.baseDomain = baseDomain
    }
  }

  package let site: Site
  var randomness: Randomness
  var tenants: [TenantID: Tenant] = [:]
  var layer = TransactionLayer()
  var authenticator: DigestAuthenticator
  package internal(set) var isShuttingDown = false

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
  /// INVITEs that nobody waits for any more: a late 2xx still gets its ACK and BYE.
  var abandoned = AbandonedInvites()
  var nextLeg: UInt64 = 0
  /// How many calls each media plane has.
  var callsByPlane: [Int]
  var ringing = DeadlineQueue<Place>()
  /// When a call ends for want of its visitor.
  var absences = DeadlineQueue<Place>()
  var records = UnfinishedRecords()
  /// When the next phone of an agent's runs out.
  var registrations = DeadlineQueue<AddressOfRecord>()

  package init(site: Site, randomness: Randomness) {
    self.site = site
    self.randomness = randomness
    callsByPlane = Array(repeating: 0, count: site.planes.count)
    authenticator = DigestAuthenticator(using: &self.randomness)
  }

  package var deadline: Instant? {
    earliest(layer.deadline, ringing.next, absences.next, registrations.next, abandoned.deadline, records.deadline)
  }
  package var callCount: Int { tenants.values.reduce(0) { $0 + $1.calls.count } }

  package func tenant(_ id: TenantID) -> Tenant? { tenants[id] }

  package mutating func wake(at now: Instant) -> [Output] {
    var outputs = layer.wake(at: now).flatMap { perform($0, at: now) }
    while let address = registrations.popDue(at: now) { outputs += expirePhones(of: address, at: now) }
    while let place = ringing.popDue(at: now) { outputs += ringingEnded(place, at: now) }
    while let place = absences.popDue(at: now) { outputs += end(place, .connectionLost, at: now) }
    abandoned.expire(at: now)
    outputs += records.expire(at: now).map { .record($0) }
    return outputs
  }

  /// Takes no new calls, and ends those that are.
  package mutating func shutDown(at now: Instant) -> [Output] {
    isShuttingDown = true
    return tenants.values.flatMap { tenant in tenant.calls.keys.map { Place(tenant: tenant.id, call: $0) } }
      .sorted { $0.call.description < $1.call.description }
      .flatMap { end($0, .shuttingDown, at: now) }
  }

  // MARK: Datagrams

  package mutating func receive(datagram: [UInt8], over flow: Flow, at now: Instant) -> [Output] {
    let message: SIPMessage
    do throws(SIPSyntaxError) {
      message = try SIPMessage(parsing: datagram)
    } catch {
      guard var request = error.answerableRequest, (try? request.stampSource(flow.remote)) != nil else { return [] }
      let answer = SIPResponse(to: request, error.status, toTag: randomness.token(8))
      return [.datagram(answer.serialized(), flow)]
    }
    return layer.receive(message, over: flow, at: now).flatMap { perform($0, at: now) }
  }

  mutating func perform(_ output: TransactionLayer.Output, at now: Instant) -> [Output] {
    switch output {
    case .send(let octets, let flow): return [.datagram(octets, flow)]
    case .request(let request, let key, let flow): return receive(request, key, flow, at: now)
    case .response(let response, let key, let flow): return receive(response, key, flow, at: now)
    case .timedOut(let key): return timedOut(key, at: now)
    case .acknowledged(let request): return acknowledged(request, at: now)
    case .cancelled(let invite, let key, _): return respond(key, invite, .requestTerminated, at: now)
    case .unacknowledged(let key): return unacknowledged(key, at: now)
    }
  }

  mutating func respond(
    _ key: TransactionKey, _ request: SIPRequest, _ status: StatusCode, at now: Instant,
    _ complete: (inout SIPResponse) -> Void = { _ in }
  ) -> [Output] {
    var response = SIPResponse(to: request, status, toTag: randomness.token(10))
    complete(&response)
    return layer.respond(key, response, at: now).flatMap { perform($0, at: now) }
  }

  // MARK: Names of our own

  /// The media plane with the fewest calls.
  var idlestPlane: MediaPlaneID {
    MediaPlaneID(callsByPlane.indices.min { callsByPlane[$0] < callsByPlane[$1] } ?? 0)
  }

  mutating func newLeg(on plane: MediaPlaneID, for place: Place) -> LegID {
    nextLeg &+= 1
    let leg = LegID(nextLeg, on: plane)
    placesByLeg[leg] = place
    return leg
  }

  mutating func newVia(_ flow: Flow) -> Via {
    var via = Via(sentBy: HostPort(flow.local), branch: Via.cookie + randomness.token(16))
    via.parameters.setFlag("rport")
    return via
  }

  func call(_ place: Place) -> Call? { tenants[place.tenant]?.calls[place.call] }

  mutating func update(_ place: Place, _ change: (inout Call) -> Void) {
    guard var call = call(place) else { return }
    change(&call)
    tenants[place.tenant]?.calls[place.call] = call
  }
}
