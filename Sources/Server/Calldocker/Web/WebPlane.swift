import Calls
import HTTP
import Runtime
import SocketIO
import Wire

/// HTTP, WebSocket and Socket.IO on their own loop, speaking for clients to the exchange and back.
package actor WebPlane {
  package static let maximumClients = 20_000
  package static let maximumSessions = 20_000

  package nonisolated let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  package nonisolated let address: SocketAddress

  let signalling: SignallingPlane
  let log: Log
  let files: WebFiles
  let demo: DemoBusiness?
  /// Whether every tenant made by sign-up lets agents in without a token.
  var isDemo: Bool { demo != nil }
  package let publicAddress: String
  var randomness = Randomness.system
  var accounts = Accounts()
  var signUps = SignUps()
  var sessions: [String: WebSession] = [:]
  var sessionsByNumber: [UInt64: String] = [:]
  var clients: [UInt64: WebClient] = [:]
  /// GETs that wait: which connection, which request of it.
  var polls: [SocketIOSession.PollID: (client: UInt64, request: HTTPConnection.RequestNumber, session: String)] = [:]
  private let listener: TCPListener
  private var lastNumber: UInt64 = 0

  package init(
    loop: EventLoop, listener: TCPListener, signalling: SignallingPlane, log: Log, files: WebFiles, demo: DemoBusiness?,
    publicAddress: String?
  ) {
    self.loop = loop
    self.listener = listener
    self.signalling = signalling
    self.log = log
    self.files = files
    self.demo = demo
    let local = listener.localAddress ?? SocketAddress(.loopback, 0)
    address = local
    let shown = local.ip.isUnspecified ? SocketAddress(.loopback, local.port) : local
    self.publicAddress = publicAddress ?? "http://\(shown)"
  }

  package func start() throws {
    try loop.watch(listener.file, .readable) { [unowned self] _, _ in assumeIsolated { $0.accept() } }
  }

  func nextNumber() -> UInt64 {
    lastNumber &+= 1
    return lastNumber
  }

  // MARK: Connections

  private func accept() {
    while let (file, remote) = listener.accept() {
      guard let tcp = try? TCPConnection(loop, file: file, remote: remote) else { continue }
      guard clients.count < Self.maximumClients else {
        tcp.close()
        continue
      }
      let number = nextNumber()
      let client = WebClient(number: number, tcp: tcp, http: HTTPConnection(at: SystemClock.now))
      clients[number] = client
      client.timer = loop.makeTimer { [unowned self] in assumeIsolated { $0.ring(number) } }
      tcp.onBytes = { [unowned self] octets in assumeIsolated { $0.received(octets, by: number) } }
      tcp.onClose = { [unowned self] in assumeIsolated { $0.closed(number) } }
      schedule(client)
    }
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
    guard let timer = client.timer, client.tcp.isOpen else { return }
    loop.set(timer, to: client.webSocket == nil ? client.http.deadline : nil)
  }

  private func closed(_ number: UInt64) {
    guard let client = clients.removeValue(forKey: number) else { return }
    if let timer = client.timer { loop.remove(timer) }
    if let session = client.webSocket?.session { webSocketClosed(session, of: number) }
    for (poll, waiting) in polls where waiting.client == number { abandon(poll, waiting.session) }
  }

  func perform(_ outputs: [HTTPConnection.Output], for client: WebClient) {
    for output in outputs {
      switch output {
      case .send(let octets): client.tcp.send(octets)
      case .request(let number, let request): serve(request, number, client)
      case .close: client.tcp.finish()
      }
    }
  }

  func answer(_ client: WebClient, _ number: HTTPConnection.RequestNumber, _ response: HTTPResponse) {
    var response = response
    // Pages may be hosted anywhere; nothing here depends on cookies, so any origin may ask (Fetch standard, CORS), except
    // for what says of itself that it is for our own.
    if response.headers["Cross-Origin-Resource-Policy"] != "same-origin" {
      response.headers.append("Access-Control-Allow-Origin", "*")
    }
    response.headers.append("X-Content-Type-Options", "nosniff")
    perform(client.http.respond(number, response), for: client)
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
      case .send(let octets): client.tcp.send(octets)
      case .text(let text): receivedText(text, session)
      case .binary: perform(client.webSocket?.machine.close(1003) ?? [], for: client)
      case .close: client.tcp.finish()
      }
    }
  }

  private func perform(_ outputs: [WebSocketConnection.Output], for client: WebClient) {
    for case .send(let octets) in outputs { client.tcp.send(octets) }
    client.tcp.finish()
  }

  func sendText(_ text: String, over number: UInt64) {
    guard let client = clients[number], let machine = client.webSocket?.machine else { return }
    client.tcp.send(machine.send(text: text))
  }

  func closeWebSocket(_ number: UInt64) {
    guard let client = clients[number] else { return }
    perform(client.webSocket?.machine.close() ?? [], for: client)
  }
}

/// How often one address may sign up.
struct SignUps: Sendable {
  static let maximum = 20
  static let window = Duration.seconds(3600)
  static let maximumAddresses = 10_000
  private var moments: [IPAddress: [Instant]] = [:]

  /// Whether one more is fine; notes it if so.
  mutating func admit(_ address: IPAddress, at now: Instant) -> Bool {
    if moments.count >= Self.maximumAddresses { moments = [:] }
    var recent = (moments[address] ?? []).filter { now - $0 < Self.window }
    guard recent.count < Self.maximum else { return false }
    recent.append(now)
    moments[address] = recent
    return true
  }
}
