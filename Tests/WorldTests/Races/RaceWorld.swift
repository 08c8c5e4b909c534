import Calls
import Cryptography
import SIPCore
import SIPSyntax
import Wire

/// An exchange, its phones and a bad network in virtual time, without sound: what races does not care what is said.
final class RaceWorld {
  /// The moment, and what is still to happen in the order of its coming.
  private(set) var now = Instant()
  private var moments = DeadlineQueue<Int>()
  private var happenings: [Int: () -> Void] = [:]
  private var lastHappening = 0

  var random: Randomness
  var exchange: Exchange
  var recorder = FlightRecorder()
  let tenant: TenantID
  private(set) var phones: [RacePhone] = []
  private(set) var desks: [RaceDesk] = []
  var loss = 0.0
  var longestDelay = Duration.milliseconds(40)
  private(set) var legs: Set<LegID> = []
  private var talkingSince: Instant?
  private(set) var endings: [VisitorID: [EndReason]] = [:]
  private(set) var faults: [String] = []
  private(set) var ladder: [String] = []
  /// What happened how often, so that a race that never takes place is noticed.
  var tally: [String: Int] = [:]

  private let sip = SocketAddress(.v4(0xC000_0201), 5060)
  /// When the last bytes arrive over each connection, and which way: nothing overtakes there.
  private var arrivals: [Direction: Instant] = [:]
  private struct Direction: Hashable {
    var connection: ConnectionID
    var isToExchange: Bool
  }

  static let offer = """
    v=0
    o=- 1 1 IN IP4 127.0.0.1
    s=-
    t=0 0
    m=audio 9 UDP/TLS/RTP/SAVPF 111
    a=ice-ufrag:abcd
    a=ice-pwd:abcdefghijklmnopqrstuvwx
    a=fingerprint:\(Fingerprint(algorithm: .sha256, octets: Array(repeating: 7, count: 32)))
    a=setup:actpass
    a=rtpmap:111 opus/48000/2
    """

  init(seed: UInt64, agents: [String]) throws {
    random = .seeded(seed)
    tenant = TenantID(using: &random)
    let site = Exchange.Site(
      planes: [[SocketAddress(.v4(0xC000_0201), 7000)]], fingerprint: Fingerprint(algorithm: .sha256, octets: []))
    exchange = Exchange(site: site, randomness: .seeded(seed &+ 1))
    try exchange.apply(.tenantAdded(tenant, name: "Test", isOpen: true, fallback: .refuse))
    for agent in agents {
      guard let name = AgentName(agent) else { continue }
      let digest = DigestSecrets(user: agent, realm: tenant.description, password: "secret")
      try exchange.apply(.agentAdded(tenant, name, digest: digest, teams: []))
    }
  }

  // MARK: Time

  func after(_ delay: Duration, _ happening: @escaping () -> Void) {
    lastHappening += 1
    happenings[lastHappening] = happening
    moments.set(lastHappening, to: now + delay)
  }

  /// Lets everything happen until then.
  func run(until end: Instant) {
    while let next = earliest(moments.next, exchange.deadline, phones.compactMap(\.deadline).min()), next <= end {
      now = max(now, next)
      while let id = moments.popDue(at: now) { happenings.removeValue(forKey: id)?() }
      if let deadline = exchange.deadline, deadline <= now { perform(exchange.wake(at: now)) }
      for phone in phones { phone.wake() }
    }
    now = max(now, end)
  }
  func run(for duration: Duration) { run(until: now + duration) }

  func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }
  func milliseconds(_ range: ClosedRange<Int>) -> Duration { .milliseconds(Int.random(in: range, using: &random)) }

  func count(_ event: String) { tally[event, default: 0] += 1 }
  func note(_ line: String) { ladder.append("\((now - Instant()).milliseconds) ms \(line)") }
  func fault(_ line: String) {
    faults.append(line)
    note("FAULT \(line)")
  }

  // MARK: The network

  func addPhone(_ user: String, overTCP: Bool, plan: @escaping (RacePhone) -> RacePhone.Plan) {
    let number = UInt64(phones.count + 1)
    let address = SocketAddress(.v4(0xC633_6400 + UInt32(number)), 5060)
    let transport: Flow.Transport = overTCP ? .tcp(ConnectionID(number)) : .udp
    if overTCP {
      perform(exchange.connectionOpened(Flow(remote: address, local: sip, transport: transport), at: now))
    }
    let flow = Flow(remote: sip, local: address, transport: transport)
    let phone = RacePhone(self, user: user, domain: tenant.description, flow: flow, seed: number, plan: plan)
    phones.append(phone)
    phone.register()
  }

  func addDesk(_ agent: String, plan: @escaping (RaceDesk) -> RaceDesk.Plan) {
    let desk = RaceDesk(self, agent: agent, number: UInt64(desks.count + 1), plan: plan)
    desks.append(desk)
    desk.register()
  }

  /// A phone says something; over UDP it may be lost, come late or come twice.
  func transmit(_ octets: [UInt8], from phone: RacePhone) {
    note("\(phone.name) → \(Self.firstLine(octets))")
    guard let connection = phone.flow.connection else {
      return carry { [self] in
        let flow = Flow(remote: phone.flow.local, local: sip)
        perform(exchange.receive(datagram: octets, over: flow, at: now))
      }
    }
    let seam = Int.random(in: 0..<octets.count, using: &random)
    carry(over: Direction(connection: connection, isToExchange: true)) { [self] in
      guard phone.isConnected else { return }
      perform(exchange.receive(Array(octets[..<seam]), on: connection, at: now))
      perform(exchange.receive(Array(octets[seam...]), on: connection, at: now))
    }
  }

  private func carry(_ arrive: @escaping () -> Void) {
    guard !chance(loss) else { return count("lost") }
    after(milliseconds(1...Int(longestDelay.milliseconds)), arrive)
    if loss > 0, chance(0.03) { after(milliseconds(1...800), arrive) }
  }

  private func carry(over direction: Direction, _ arrive: @escaping () -> Void) {
    let moment = max(now + milliseconds(1...Int(longestDelay.milliseconds)), arrivals[direction] ?? now)
    arrivals[direction] = moment
    after(moment - now, arrive)
  }

  func close(_ phone: RacePhone) {
    guard let connection = phone.flow.connection, phone.isConnected else { return }
    phone.isConnected = false
    perform(exchange.connectionClosed(connection, at: now))
  }

  private static func firstLine(_ octets: [UInt8]) -> String {
    String(decoding: octets.prefix { $0 != 0x0D }, as: UTF8.self)
  }

  // MARK: The exchange's wishes

  func perform(_ outputs: [Exchange.Output]) {
    recorder.take(outputs, at: now)
    for output in outputs {
      switch output {
      case .datagram(let octets, let flow):
        guard let phone = phones.first(where: { $0.flow.local == flow.remote }) else { continue }
        note("→ \(phone.name) \(Self.firstLine(octets))")
        carry { phone.receive(octets) }
      case .stream(let octets, let connection):
        guard let phone = phones.first(where: { $0.flow.connection == connection }), phone.isConnected else { continue }
        note("→ \(phone.name) \(Self.firstLine(octets))")
        carry(over: Direction(connection: connection, isToExchange: false)) { if phone.isConnected { phone.receive(octets) } }
      case .close(let connection): phones.first { $0.flow.connection == connection }?.isConnected = false
      case .media(let command): perform(command)
      case .visitor(let visitor, .ended(_, let reason, _)):
        note("visitor: \(reason.rawValue)")
        endings[visitor, default: []].append(reason)
      case .visitor(let visitor, let event):
        if endings[visitor] != nil { fault("a visitor heard of an ended call") }
        if case .talking = event { talkingSince = now }
      case .agent(let session, let event): desks.first { $0.session == session }?.isSent(event)
      case .desks, .dismissed, .record, .flight: break
      case .keep(let phones): keep(phones)
      case .keepStatus(let status): after(milliseconds(0...15)) { [self] in exchange.statusKept(status) }
      // The house's own rule leads here.
      case .attendant: break
      case .log(let line): note("· \(line.event)")
      }
    }
  }

  /// The disk takes its time.
  private func keep(_ phones: KeptPhones) {
    guard let ticket = phones.ticket else { return }
    after(milliseconds(0...15)) { [self] in perform(exchange.kept(ticket, at: now)) }
  }

  private func perform(_ command: MediaCommand) {
    switch command {
    case .openBrowser(let leg, _): legs.insert(leg)
    case .openPhone(let leg):
      legs.insert(leg)
      let works = !chance(0.02)
      after(milliseconds(0...30)) { [self] in
        guard works || !legs.contains(leg) else {
          legs.remove(leg)
          return perform(exchange.receive(.failed(leg, .noFreePort), at: now))
        }
        perform(exchange.receive(.opened(leg, port: 20_000), at: now))
      }
    case .close(let leg): legs.remove(leg)
    case .connectPhone(let leg, _), .play(let leg, _), .quiet(let leg), .echo(let leg), .sendDigits(let leg, _),
      .restart(let leg, _, _):
      if !legs.contains(leg) { fault("a wish about leg \(leg.number), which is closed: \(command)") }
    case .bridge(let one, let other):
      if !legs.contains(one) || !legs.contains(other) { fault("a bridge to a closed leg") }
    }
  }

  // MARK: The visitor

  /// The click; `nil` if nobody is there.
  func call(_ visitor: UInt64 = 1) -> CallID? {
    let request = CallRequest(tenant: tenant.description, offer: Self.offer, name: "Vera")
    let (result, outputs) = exchange.callRequest(VisitorID(visitor), request, at: now)
    perform(outputs)
    return try? result.get().call
  }

  /// After this long whatever crossed in the act has been sorted out.
  private static let settled = Duration.seconds(40)

  func hangUp(_ call: CallID, visitor: UInt64 = 1) {
    note("the visitor hangs up")
    if endings[VisitorID(visitor)] == nil, let talkingSince, now - talkingSince > Self.settled {
      count("a long talk")
      // A desk that lost its connection has a minute, whether it comes back or not.
      let isAway = exchange.gauges.absent > 0
      if !phones.contains(where: { $0.isTalking || !$0.isAlive }), !desks.contains(where: \.isTalking), !isAway {
        fault("the visitor talked to nobody")
      }
      let talking = phones.count { $0.isTalking } + desks.count { $0.isTalking }
      if loss < 0.1, talking > 1 { fault("\(talking) talk with one visitor") }
    }
    perform(exchange.hangUp(VisitorID(visitor), call, at: now))
  }
}
