import Calls
import Cryptography
import HTTP
import Runtime
import SocketIO
import Wire

/// HTTP, WebSocket and Socket.IO on their own loop, speaking for clients to the exchange and back.
package actor WebPlane {
  package static let maximumClients = 20_000
  /// Connections of the web never take more than half of the process's descriptors: phones need the others.
  private let clientLimit = min(maximumClients, Descriptors.raiseLimit() / 2)
  package static let maximumSessions = 20_000
  /// Of one network, which this machine and trusted proxies are not: an office, a campus, a mobile operator's gateway.
  static let maximumClientsPerSource = 1000
  static let maximumSessionsPerSource = 1000
  /// Events of one session that may wait for the exchange; one past it is refused at once.
  static let maximumUnanswered = 256

  package nonisolated let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  package nonisolated let address: SocketAddress

  let signalling: SignallingPlane
  let enrolment: Enrolment
  let reception: Reception
  let dialplans: DialplanShelf
  let log: Log
  let files: WebFiles
  let demo: DemoBusiness?
  let proxies: TrustedProxies
  /// Whether every tenant made by sign-up lets agents in without a token.
  var isDemo: Bool { demo != nil }
  /// Where clients find us, if they do not tell where they did.
  package let publicAddress: String
  /// Who we are under TLS; `nil` where it is off.
  private var identity: Identity?
  private let speaksTLS: Bool
  var randomness = Randomness.system
  var signUps = SignUps()
  var sessions: [String: WebSession] = [:]
  var sessionsByNumber: [UInt64: String] = [:]
  var clients: [UInt64: WebClient] = [:]
  /// GETs that wait: which connection, which request of it.
  var polls: [SocketIOSession.PollID: (client: UInt64, request: HTTPConnection.RequestNumber, session: String)] = [:]
  var clientCounts = SourceCounts(maximum: maximumClientsPerSource)
  var sessionCounts = SourceCounts(maximum: maximumSessionsPerSource)
  /// Past a limit, of all or of one network.
  private(set) var clientsRefused: UInt64 = 0
  var sessionsRefused: UInt64 = 0
  private let listener: TCPListener
  private var turnedAway = TurnedAway()
  private var lastNumber: UInt64 = 0
  /// Whether the service ends: who asks for its health is sent elsewhere.
  private(set) var isDraining = false
  /// How long clients that poll have to fetch our last words.
  private static let farewellTime = Duration.seconds(1)

  package init(
    loop: EventLoop, listener: TCPListener, identity: Identity?, signalling: SignallingPlane, enrolment: Enrolment,
    reception: Reception, dialplans: DialplanShelf, log: Log, files: WebFiles, demo: DemoBusiness?, publicHost: IPAddress?,
    trustedProxies: [IPAddress]
  ) {
    self.loop = loop
    self.listener = listener
    self.identity = identity
    speaksTLS = identity != nil
    self.signalling = signalling
    self.enrolment = enrolment
    self.reception = reception
    self.dialplans = dialplans
    self.log = log
    self.files = files
    self.demo = demo
    proxies = TrustedProxies(addresses: Set(trustedProxies))
    let local = listener.localAddress ?? SocketAddress(.loopback, 0)
    address = local
    let host = publicHost ?? (local.ip.isUnspecified ? .loopback : local.ip)
    publicAddress = Self.origin(host, port: local.port, speaksTLS: identity != nil)
  }

  /// How a client writes that it speaks to us at one of our addresses: plain HTTP is served to this machine, whatever others speak.
  package nonisolated func origin(_ host: IPAddress) -> String {
    Self.origin(host, port: address.port, speaksTLS: speaksTLS)
  }

  private static func origin(_ host: IPAddress, port: UInt16, speaksTLS: Bool) -> String {
    "\(speaksTLS && !host.isLoopback ? "https" : "http")://\(SocketAddress(host, port))"
  }

  /// Shows another certificate to those who come from now on.
  package func show(_ identity: Identity?) { self.identity = identity }

  package func start() throws {
    try loop.watch(listener.file, .readable) { [unowned self] _, _ in assumeIsolated { $0.accept() } }
  }

  package func beginDraining() { isDraining = true }

  /// Waits a moment for everybody to have fetched what was last said to them.
  package func sayGoodbye() async {
    let until = SystemClock.now + Self.farewellTime
    while clients.values.contains(where: \.stream.hasWaiting) || sessions.values.contains(where: \.machine.hasWaiting),
      SystemClock.now < until
    {
      await pause(.milliseconds(10))
    }
    for client in clients.values { client.stream.finish() }
  }

  private func pause(_ duration: Duration) async {
    await withCheckedContinuation { waiter in
      let timer = loop.makeTimer { waiter.resume() }
      loop.set(timer, to: SystemClock.now + duration)
    }
  }

  var turnedAwayCount: UInt64 { listener.turnedAway }

  func nextNumber() -> UInt64 {
    lastNumber &+= 1
    return lastNumber
  }

  // MARK: Connections

  private func accept() {
    while let (file, remote) = listener.accept() {
      guard let stream = try? StreamConnection(loop, file: file, remote: remote, identity: identity) else { continue }
      let source = limited(remote.ip)
      guard clients.count < clientLimit, source.map({ clientCounts.hasRoom(for: $0) }) ?? true else {
        clientsRefused &+= 1
        stream.close()
        continue
      }
      if let source { clientCounts.add(source) }
      let number = nextNumber()
      let client = WebClient(number: number, stream: stream, http: HTTPConnection(at: SystemClock.now))
      clients[number] = client
      client.timer = loop.makeTimer { [unowned self] in assumeIsolated { $0.ring(number) } }
      stream.onBytes = { [unowned self] octets in assumeIsolated { $0.received(octets, by: number) } }
      stream.onClose = { [unowned self] in assumeIsolated { $0.closed(number) } }
      stream.onTrouble = { [log] words in log.write(.debug, "A web connection ends: \(words)", personal: "\(remote)") }
      schedule(client)
    }
    log.write(turnedAway: turnedAway.news(listener.turnedAway, at: SystemClock.now), from: "HTTP")
  }

  private func received(_ octets: [UInt8], by number: UInt64) {
    guard let client = clients[number] else { return }
    if client.webSocket != nil {
      receivedFrames(octets, by: client)
    } else {
      perform(client.http.receive(octets, at: SystemClock.now), for: client)
    }
    schedule(client)
  }

  private func ring(_ number: UInt64) {
    guard let client = clients[number], client.webSocket == nil else { return }
    perform(client.http.wake(at: SystemClock.now), for: client)
    schedule(client)
  }

  private func schedule(_ client: WebClient) {
    guard let timer = client.timer, client.stream.isOpen else { return }
    loop.set(timer, to: client.webSocket == nil ? client.http.deadline : nil)
  }

  private func closed(_ number: UInt64) {
    guard let client = clients.removeValue(forKey: number) else { return }
    if let source = limited(client.stream.remote.ip) { clientCounts.remove(source) }
    if let timer = client.timer { loop.remove(timer) }
    if let (machine, session) = client.webSocket { webSocketClosed(session, of: number, saidGoodbye: machine.saidGoodbye) }
    for poll in client.polls { if let waiting = polls[poll] { abandon(poll, waiting.session) } }
  }

  func perform(_ outputs: [HTTPConnection.Output], for client: WebClient) {
    for output in outputs {
      switch output {
      case .send(let octets): client.stream.send(octets)
      case .request(let number, let request):
        guard let elsewhere = redirect(request, client) else {
          serveIfWelcome(request, number, client)
          continue
        }
        answer(client, number, elsewhere)
      case .close: client.stream.finish()
      }
    }
  }

  private func redirect(_ request: HTTPRequest, _ client: WebClient) -> HTTPResponse? {
    speaksTLS && !client.stream.isSecure ? PlainHTTP.redirect(request, from: client.stream.remote.ip) : nil
  }

  func answer(_ client: WebClient, _ number: HTTPConnection.RequestNumber, _ response: HTTPResponse) {
    var response = response
    (client.permissions.removeValue(forKey: number) ?? .everybody).write(to: &response)
    response.headers.append("X-Content-Type-Options", "nosniff")
    perform(client.http.respond(number, response, at: SystemClock.now), for: client)
    schedule(client)
  }

  // MARK: WebSocket

  func upgrade(_ client: WebClient, _ number: HTTPConnection.RequestNumber, _ request: HTTPRequest, session: String) -> Bool {
    let handshake = WebSocketConnection.handshake(request)
    answer(client, number, handshake)
    guard handshake.status == 101 else { return false }
    client.webSocket = (WebSocketConnection(remaining: client.http.upgrade()), session)
    schedule(client)
    receivedFrames([], by: client)
    return true
  }

  private func receivedFrames(_ octets: [UInt8], by client: WebClient) {
    guard let outputs = client.webSocket?.machine.receive(octets), let session = client.webSocket?.session else { return }
    for output in outputs {
      switch output {
      case .send(let octets): client.stream.send(octets)
      case .text(let text): receivedText(text, session)
      case .binary: perform(client.webSocket?.machine.close(1003) ?? [], for: client)
      case .close: client.stream.finish()
      }
    }
  }

  private func perform(_ outputs: [WebSocketConnection.Output], for client: WebClient) {
    for case .send(let octets) in outputs { client.stream.send(octets) }
    client.stream.finish()
  }

  func sendText(_ text: String, over number: UInt64) {
    guard let client = clients[number], let machine = client.webSocket?.machine else { return }
    client.stream.send(machine.send(text: text))
  }

  func closeWebSocket(_ number: UInt64) {
    guard let client = clients[number] else { return }
    perform(client.webSocket?.machine.close() ?? [], for: client)
  }
}

/// How often one address may sign up.
struct SignUps: Sendable {
  static let maximum = 20
  /// For who tries things out: generous, and still an end to a loop that got out of hand.
  static let maximumInDemo = 2000
  static let window = Duration.seconds(3600)
  static let maximumAddresses = 10_000
  private var moments: [IPAddress: [Instant]] = [:]
  var addressCount: Int { moments.count }

  /// Whether one more is fine; notes it if so.
  mutating func admit(_ address: IPAddress, isDemo: Bool = false, at now: Instant) -> Bool {
    if moments.count >= Self.maximumAddresses { moments = [:] }
    var recent = (moments[address] ?? []).filter { now - $0 < Self.window }
    guard recent.count < (isDemo ? Self.maximumInDemo : Self.maximum) else { return false }
    recent.append(now)
    moments[address] = recent
    return true
  }
}
