import Wire

/// One client's session: Engine.IO 4 over long-polling, WebSocket and the way from one to the other, with Socket.IO 5 on top.
package struct SocketIOSession: Sendable {
  /// A GET that waits for something to tell.
  package struct PollID: Hashable, Sendable {
    package let number: UInt64
    package init(_ number: UInt64) { self.number = number }
  }

  package enum Output: Hashable, Sendable {
    /// Answers a waiting GET.
    case answer(PollID, String)
    /// Answers a waiting GET that has no right to wait.
    case refuse(PollID)
    /// A text for the WebSocket.
    case text(String)
    case closeWebSocket
    case connected
    /// - payload: a JSON array, the event's name first.
    case event(payload: String, ack: UInt64?)
    /// The session is over, said once.
    case disconnected(Reason)
  }

  package enum Reason: String, Hashable, Sendable {
    case clientLeft = "client namespace disconnect"
    case transportClosed = "transport close"
    case pingTimeout = "ping timeout"
    case protocolError = "parse error"
    case tooSlow = "buffer overflow"
    case neverConnected = "connect timeout"
  }

  package static let pingInterval = Duration.seconds(25)
  package static let pingTimeout = Duration.seconds(20)
  package static let connectTime = Duration.seconds(45)
  /// Packets that may wait for a client that does not fetch them.
  package static let maximumWaiting = 1000
  /// And their bytes: a client may have its pings echoed, each a megabyte, and fetch none.
  package static let maximumWaitingOctets = 4_000_000
  package static let maximumPayload = 1_000_000

  private enum Transport {
    case polling(waiting: PollID?)
    /// A WebSocket has proved itself; the client still polls until it says `5`.
    case probed(waiting: PollID?)
    case webSocket
    case closed
  }

  private enum Heart {
    case beating(pingAt: Instant)
    case waiting(until: Instant)
  }

  package let id: String
  private var transport: Transport
  private var heart: Heart
  private var outbox: [String] = []
  private var outboxOctets = 0
  private var connectBy: Instant?

  /// - Parameter isWebSocket: whether the client came by WebSocket at once.
  package init(id: String, isWebSocket: Bool, at now: Instant) {
    self.id = id
    transport = isWebSocket ? .webSocket : .polling(waiting: nil)
    heart = .beating(pingAt: now + Self.pingInterval)
    connectBy = now + Self.connectTime
  }

  /// The first packet: the session's name and its habits.
  package var openPacket: String {
    let upgrades = if case .webSocket = transport { "" } else { "\"websocket\"" }
    let json =
      "{\"sid\":\"\(id)\",\"upgrades\":[\(upgrades)],\"pingInterval\":\(Self.pingInterval.milliseconds),"
      + "\"pingTimeout\":\(Self.pingTimeout.milliseconds),\"maxPayload\":\(Self.maximumPayload)}"
    return EngineIOPacket.open(json).text
  }

  /// Whether something waits for the client to fetch it.
  package var hasWaiting: Bool { !outbox.isEmpty }
  package var isClosed: Bool { if case .closed = transport { true } else { false } }
  /// Whether events may be sent: the client is in our namespace.
  package var isConnected: Bool { connectBy == nil && !isClosed }

  package var deadline: Instant? {
    guard !isClosed else { return nil }
    switch heart {
    case .beating(let pingAt): return earliest(pingAt, connectBy)
    case .waiting(let until): return earliest(until, connectBy)
    }
  }

  package mutating func wake(at now: Instant) -> [Output] {
    guard !isClosed else { return [] }
    if let connectBy, now >= connectBy { return close(.neverConnected) }
    switch heart {
    case .beating(let pingAt) where now >= pingAt:
      heart = .waiting(until: now + Self.pingTimeout)
      return send(.ping(""))
    case .waiting(let until) where now >= until: return close(.pingTimeout)
    default: return []
    }
  }

  // MARK: Long-polling

  /// A GET: answered at once if something waits, else held.
  package mutating func poll(_ poll: PollID) -> [Output] {
    switch transport {
    case .polling(waiting: nil):
      transport = .polling(waiting: poll)
      return flush()
    // After the probe the client's last poll is let go, so that it can leave this transport.
    case .probed(waiting: nil): return [.answer(poll, EngineIOPacket.noop.text)]
    // Two at once: the client is confused, and the reference server ends it too.
    case .polling(.some), .probed(.some): return [.refuse(poll)] + close(.transportClosed)
    case .webSocket, .closed: return [.refuse(poll)]
    }
  }

  /// A GET whose client went away.
  package mutating func abandon(_ poll: PollID) -> [Output] {
    guard case .polling(waiting: poll) = transport else { return [] }
    transport = .polling(waiting: nil)
    return close(.transportClosed)
  }

  /// A POST; `nil` if its body is none, which ends the session.
  package mutating func post(_ body: String, at now: Instant) -> [Output]? {
    guard let packets = EngineIOPacket.payload(body) else { return nil }
    return packets.flatMap { receive($0, at: now) }
  }

  /// The body of a POST was no payload.
  package mutating func reject() -> [Output] { close(.protocolError) }

  // MARK: WebSocket

  /// A text that arrived on the session's WebSocket.
  package mutating func text(_ text: String, at now: Instant) -> [Output] {
    guard let packet = EngineIOPacket(text) else { return close(.protocolError) }
    switch (transport, packet) {
    case (.polling(let waiting), .ping("probe")):
      transport = .probed(waiting: nil)
      return [.text(EngineIOPacket.pong("probe").text)] + (waiting.map { [.answer($0, EngineIOPacket.noop.text)] } ?? [])
    case (.probed, .upgrade):
      transport = .webSocket
      return flush()
    case (.webSocket, _): return receive(packet, at: now)
    default: return close(.protocolError)
    }
  }

  /// The WebSocket is gone; one that only probed leaves the session where it was.
  ///
  /// - Parameter saidGoodbye: whether the client closed it with code 1000, as one does that wants to leave (RFC 6455 §7.4.1).
  package mutating func webSocketClosed(saidGoodbye: Bool = false) -> [Output] {
    switch transport {
    case .webSocket: return close(saidGoodbye ? .clientLeft : .transportClosed).filter { $0 != .closeWebSocket }
    case .probed(let waiting):
      transport = .polling(waiting: waiting)
      return flush()
    case .polling, .closed: return []
    }
  }

  // MARK: What is said

  /// Sends an event: `payload` is a JSON array, the name first.
  package mutating func emit(_ payload: String) -> [Output] {
    guard isConnected else { return [] }
    return send(.message(SocketIOPacket.event(namespace: "/", id: nil, payload).text))
  }

  /// Answers an event that asked for it: `payload` is a JSON array of arguments.
  package mutating func acknowledge(_ id: UInt64, _ payload: String) -> [Output] {
    guard isConnected else { return [] }
    return send(.message(SocketIOPacket.ack(namespace: "/", id: id, payload).text))
  }

  package mutating func disconnect() -> [Output] {
    guard !isClosed else { return [] }
    return send(.message(SocketIOPacket.disconnect(namespace: "/").text)) + close(.transportClosed)
  }

  private mutating func send(_ packet: EngineIOPacket) -> [Output] {
    outbox.append(packet.text)
    outboxOctets += packet.text.utf8.count
    let outputs = flush()
    let isTooMuch = outbox.count > Self.maximumWaiting || outboxOctets > Self.maximumWaitingOctets
    return isTooMuch ? outputs + close(.tooSlow) : outputs
  }

  /// Everything that waits goes out together and in order, once.
  private mutating func flush() -> [Output] {
    guard !outbox.isEmpty else { return [] }
    switch transport {
    case .polling(let poll?):
      transport = .polling(waiting: nil)
      defer { emptyOutbox() }
      return [.answer(poll, outbox.joined(separator: String(EngineIOPacket.separator)))]
    case .webSocket:
      defer { emptyOutbox() }
      return outbox.map { .text($0) }
    case .polling, .probed, .closed: return []
    }
  }

  private mutating func emptyOutbox() {
    outbox = []
    outboxOctets = 0
  }

  // MARK: What is heard

  private mutating func receive(_ packet: EngineIOPacket, at now: Instant) -> [Output] {
    guard !isClosed else { return [] }
    switch packet {
    case .pong:
      heart = .beating(pingAt: now + Self.pingInterval)
      return []
    case .message(let text):
      guard let packet = SocketIOPacket(text) else { return close(.protocolError) }
      return receive(packet)
    case .close: return close(.clientLeft)
    case .ping(let text): return send(.pong(text))
    case .noop, .upgrade, .binary: return []
    case .open: return close(.protocolError)
    }
  }

  private mutating func receive(_ packet: SocketIOPacket) -> [Output] {
    switch packet {
    case .connect("/", _):
      guard connectBy != nil else { return close(.protocolError) }
      connectBy = nil
      return send(.message(SocketIOPacket.connect(namespace: "/", "{\"sid\":\"\(id)\"}").text)) + [.connected]
    case .connect(let namespace, _):
      let refusal = SocketIOPacket.connectError(namespace: namespace, "{\"message\":\"Invalid namespace\"}")
      return send(.message(refusal.text))
    case .event("/", let id, let payload): return isConnected ? [.event(payload: payload, ack: id)] : close(.protocolError)
    case .disconnect("/"): return close(.clientLeft)
    case .event, .disconnect, .ack, .connectError: return []
    case .binary: return close(.protocolError)
    }
  }

  private mutating func close(_ reason: Reason) -> [Output] {
    var outputs: [Output] = []
    switch transport {
    case .closed: return []
    case .polling(let poll?), .probed(let poll?):
      outputs.append(.answer(poll, (outbox + [EngineIOPacket.close.text]).joined(separator: String(EngineIOPacket.separator))))
    case .webSocket: outputs.append(.closeWebSocket)
    case .polling, .probed: break
    }
    transport = .closed
    emptyOutbox()
    return outputs + [.disconnected(reason)]
  }
}
