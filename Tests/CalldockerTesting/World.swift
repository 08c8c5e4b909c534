import Attendant
import Calls
import Codecs
import Cryptography
import Dialplan
import Media
import Peers
import RTP
import SIPCore
import SIPSyntax
import Wire

/// A whole telephone world in virtual time: the exchange and the media engine of the product, phones, browsers, and a network between.
package final class World {
  package let network: VirtualNetwork
  package var exchange: Exchange
  private var media: MediaEngine<VirtualTransport>
  package let tenant: TenantID
  package private(set) var attendant = Attendant()
  package private(set) var errands: [Attendant.Errand] = []
  package private(set) var phones: [SoftPhone] = []
  package private(set) var browsers: [BrowserPeer] = []
  package private(set) var visitorEvents: [VisitorEvent] = []
  package private(set) var agentEvents: [AgentEvent] = []
  /// What desks were told of their business, and which.
  package private(set) var deskEvents: [(event: DeskEvent, desks: [AgentSessionID])] = []
  package private(set) var dismissals: [(session: AgentSessionID, why: Dismissal)] = []
  package private(set) var resumeToken = ""
  package private(set) var deskToken = ""
  package private(set) var records: [CallRecord] = []
  package var recorder = FlightRecorder()
  private var ladder: [String] = []
  /// Whoever is at the other end of each SIP connection.
  private var peers: [ConnectionID: ([UInt8]) -> Void] = [:]

  private static let identities = (0..<4).map {
    Identity.selfSigned(names: ["browser\($0).test"], now: 1_795_000_000, days: 30)
  }
  private static let identity = Identity.selfSigned(names: ["gateway.test"], now: 1_795_000_000, days: 30)
  private static let sounds = SoundLibrary(prompts: [
    "echo-greeting": WAVFile(rate: 8000, samples: Tone([660], amplitude: 0.3).samples(rate: 8000, seconds: 1))
  ])
  package let sip = SocketAddress(.v4(0xC000_0201), 5060)
  private let port = SocketAddress(.v4(0xC000_0201), 7000)
  private let bench = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)

  package init(seed: UInt64, fallback: Fallback = .refuse) throws {
    network = VirtualNetwork(seed: seed)
    var random = Randomness.seeded(seed)
    tenant = TenantID(using: &random)
    let site = Exchange.Site(planes: [[port]], fingerprint: Self.identity.fingerprint)
    exchange = Exchange(site: site, randomness: .seeded(seed &+ 1))
    try exchange.apply(.tenantAdded(tenant, name: "Test", isOpen: true, fallback: fallback))
    let inbox = Inbox()
    let transport = VirtualTransport(network: network, address: port) { inbox.receive?($0, $1, $2, $3) }
    let wallClock = WallClockOrigin.value
    media = MediaEngine(
      transport: transport, identity: Self.identity, sounds: Self.sounds, wallClock: wallClock, randomness: .seeded(seed &+ 2))
    inbox.receive = { [unowned self] slot, channel, octets, source in
      bench.copyBytes(from: octets)
      media.receiveFromPhone(slot, channel, bench, count: octets.count, from: source, at: network.now)
    }
    network.listen(port) { [unowned self] octets, source in
      bench.copyBytes(from: octets)
      media.receiveFromBrowser(bench, count: octets.count, from: source, at: network.now)
    }
    network.listen(sip) { [unowned self] octets, source in
      note("\(source) → ", octets)
      perform(exchange.receive(datagram: octets, over: Flow(remote: source, local: sip), at: network.now))
    }
  }

  deinit { bench.deallocate() }

  private final class Inbox {
    var receive: ((Int, PhoneChannel, [UInt8], SocketAddress) -> Void)?
  }

  package var legCount: Int { media.legCount }
  /// The SIP messages that the exchange saw and sent, for a failing test.
  package var history: String { ladder.joined(separator: "\n") }

  private func note(_ arrow: String, _ octets: [UInt8]) {
    let first = octets.split(separator: 0x0D).first.map { String(decoding: $0, as: UTF8.self) } ?? ""
    ladder.append("\((network.now - Instant()).milliseconds) ms \(arrow)\(first)")
  }

  // MARK: Actors

  package func addAgent(_ name: String, password: String = "secret") throws {
    guard let agent = AgentName(name) else { return }
    let digest = DigestSecrets(user: name, realm: tenant.description, password: password)
    try exchange.apply(.agentAdded(tenant, agent, digest: digest, teams: []))
  }

  @discardableResult
  package func addPhone(
    _ user: String, password: String = "secret", habit: SoftPhone.Habit, hums frequency: Double = 1000,
    codec: AudioCodec = .pcmu
  ) -> SoftPhone {
    let address = SocketAddress(.v4(0xC633_6401 + UInt32(phones.count)), 5060)
    let phone = SoftPhone(
      network, at: address, mediaPort: address.port + 1000, server: sip, user: user, domain: tenant.description,
      password: password, habit: habit, hums: frequency, codec: codec, randomness: .seeded(UInt64(phones.count + 100)))
    phones.append(phone)
    phone.register()
    return phone
  }

  /// Somebody connects to the SIP port; what is said over the connection arrives at once.
  package func connect(_ connection: ConnectionID, from remote: SocketAddress, _ receive: @escaping ([UInt8]) -> Void) {
    peers[connection] = receive
    let flow = Flow(remote: remote, local: sip, transport: .tcp(connection))
    perform(exchange.connectionOpened(flow, at: network.now))
  }

  package func say(_ octets: [UInt8], over connection: ConnectionID) {
    note("connection \(connection.number) → ", octets)
    perform(exchange.receive(octets, on: connection, at: network.now))
  }

  package func disconnect(_ connection: ConnectionID) {
    peers[connection] = nil
    perform(exchange.connectionClosed(connection, at: network.now))
  }

  package func addBrowser(hums frequency: Double = 440) -> BrowserPeer {
    let address = SocketAddress(.v4(0xCB00_7101 + UInt32(browsers.count)), 40_000)
    let browser = BrowserPeer(
      network, at: address, identity: Self.identities[browsers.count % Self.identities.count], hums: frequency,
      randomness: .seeded(UInt64(browsers.count + 200)))
    browsers.append(browser)
    return browser
  }

  /// The visitor's click.
  package func call(from browser: BrowserPeer, visitor: UInt64 = 1, dialling number: String? = nil) throws -> CallID {
    let request = CallRequest(tenant: tenant.description, offer: browser.offer, extensionDialled: number, name: "Vera")
    let (result, outputs) = exchange.callRequest(VisitorID(visitor), request, at: network.now)
    perform(outputs)
    let routed = try result.get()
    resumeToken = routed.resumeToken
    try browser.accept(routed.answer ?? "")
    return routed.call
  }

  /// The visitor's socket is gone, by accident or with a goodbye.
  package func lose(visitor: UInt64 = 1, isDeliberate: Bool = false) {
    perform(exchange.visitorGone(VisitorID(visitor), isDeliberate: isDeliberate, at: network.now))
  }

  /// The visitor is back over a new socket; `browser` is the page, if it was loaded anew.
  @discardableResult
  package func resume(
    _ call: CallID, as visitor: UInt64, token: String? = nil, in browser: BrowserPeer? = nil
  ) throws -> Exchange.Resumed {
    let (result, outputs) = exchange.resume(
      VisitorID(visitor), tenant: tenant.description, call, token: token ?? resumeToken, offer: browser?.offer, at: network.now)
    perform(outputs)
    let resumed = try result.get()
    resumeToken = resumed.resumeToken
    if let answer = resumed.answer { try browser?.accept(answer) }
    return resumed
  }

  /// An agent begins to work in a browser.
  @discardableResult
  package func addDesk(
    _ session: AgentSessionID, of agent: String = "alice", isAuthorised: Bool = false, status: AgentStatus? = nil
  ) throws -> Exchange.Desk {
    let (result, outputs) = exchange.registerAgent(
      session, tenant: tenant.description, agent: agent, isAuthorised: isAuthorised, status: status, at: network.now)
    perform(outputs)
    return try result.get()
  }

  /// The agent's click on "accept".
  package func accept(_ call: CallID, at desk: AgentSessionID, in browser: BrowserPeer) throws {
    let (result, outputs) = exchange.accept(desk, call, offer: browser.offer, at: network.now)
    perform(outputs)
    let accepted = try result.get()
    deskToken = accepted.resumeToken
    try browser.accept(accepted.answer)
  }

  /// An agent's socket is gone, by accident or with a goodbye.
  package func lose(desk: AgentSessionID, isDeliberate: Bool = false) {
    perform(exchange.sessionGone(desk, isDeliberate: isDeliberate, at: network.now))
  }

  /// An agent whose desk has registered again is back in its call; `browser` is the page, if it was loaded anew.
  @discardableResult
  package func resume(
    _ call: CallID, at desk: AgentSessionID, token: String? = nil, in browser: BrowserPeer? = nil
  ) throws -> Exchange.DeskResumed {
    let (result, outputs) = exchange.resume(
      desk, tenant: tenant.description, call, token: token ?? deskToken, offer: browser?.offer, at: network.now)
    perform(outputs)
    let resumed = try result.get()
    deskToken = resumed.resumeToken
    if let answer = resumed.answer { try browser?.accept(answer) }
    return resumed
  }

  // MARK: Time

  /// Lets time pass until nothing happens any more or `duration` is over.
  package func run(for duration: Duration) {
    let end = network.now + duration
    while let next = nextMoment, next <= end { step(to: next) }
    step(to: end)
  }

  /// Lets time pass until `condition` holds; says whether it did within `limit`.
  package func run(atMost limit: Duration, until condition: () -> Bool) -> Bool {
    let end = network.now + limit
    while !condition() {
      guard let next = nextMoment, next <= end else { return condition() }
      step(to: next)
    }
    return true
  }

  private var nextMoment: Instant? {
    let peers = phones.compactMap(\.deadline) + browsers.compactMap(\.deadline)
    return earliest(earliest(network.next, attendant.deadline), exchange.deadline, media.deadline, peers.min())
  }

  private func step(to moment: Instant) {
    network.advance(to: moment)
    perform(exchange.wake(at: network.now))
    let led = attendant.wake(in: &exchange, at: network.now, Self.facts)
    errands += led.errands
    perform(led.outputs)
    media.wake(at: network.now)
    settle()
    for phone in phones { phone.wake() }
    for browser in browsers { browser.wake() }
    settle()
  }

  /// Carries what the engine reports to the exchange until both are quiet.
  private func settle() {
    while true {
      let events = media.takeEvents()
      guard !events.isEmpty else { return }
      for event in events { perform(exchange.receive(event, at: network.now)) }
    }
  }

  /// The business's calls are led by this plan from now on.
  package func lead(by text: String, as attendance: Attendance = .own) {
    let files = SourceFiles { _ in .files([SourceFiles.File("extensions.conf", Array(text.utf8))]) }
    attendant.setPlan(Dialplan.load(from: files).plan, of: tenant, facts: Self.facts(exchange, tenant))
    exchange.set(attendance, of: tenant)
  }

  /// Midday of Monday, 23 November 2026, as the world begins.
  private static func facts(_ exchange: Exchange, _ tenant: TenantID) -> any OfficeFacts {
    LiveFacts(exchange.tenant(tenant), zones: ZoneFiles(), origin: 1_795_435_200 * 1_000_000_000)
  }

  package func perform(_ told: [Exchange.Output]) {
    let (outputs, wanted) = attendant.lead(told, in: &exchange, at: network.now, Self.facts)
    errands += wanted
    recorder.take(outputs, at: network.now)
    for output in outputs {
      switch output {
      case .datagram(let octets, let flow):
        note("→ \(flow.remote) ", octets)
        network.send(octets, from: sip, to: flow.remote)
      case .stream(let octets, let connection):
        note("→ connection \(connection.number) ", octets)
        peers[connection]?(octets)
      case .close(let connection): peers[connection] = nil
      case .media(let command): media.perform(command, at: network.now)
      case .visitor(_, let event): visitorEvents.append(event)
      case .agent(_, let event): agentEvents.append(event)
      case .dismissed(let session, let why): dismissals.append((session, why))
      case .desks(let desks, let event): deskEvents.append((event, desks))
      case .record(let record):
        records.append(record)
        exchange.recordWritten(record.call, of: record.tenant, at: network.now)
      case .flight: break
      // The world's disk is prompt.
      case .keep(let phones): if let ticket = phones.ticket { perform(exchange.kept(ticket, at: network.now)) }
      case .keepStatus(let status): exchange.statusKept(status)
      case .attendant: break
      case .log(let line): ladder.append("\((network.now - Instant()).milliseconds) ms · \(line.event)")
      }
    }
  }
}
