import SocketIO
import Wire

extension FuzzTarget {
  /// A packet's text, and a session's life as a list of decisions: polls are answered once, the end is said once, nothing is said after it.
  static let socketIO: Body = { octets throws(BrokenPromise) in
    let text = String(decoding: octets, as: UTF8.self)
    if let packet = EngineIOPacket(text) { try promise(EngineIOPacket(packet.text) == packet, "a packet survives: \(packet)") }
    if let packet = SocketIOPacket(text) { try promise(SocketIOPacket(packet.text) == packet, "a packet survives: \(packet)") }
    if let packets = EngineIOPacket.payload(text) {
      try promise(packets.count <= EngineIOPacket.maximumInPayload, "a payload keeps to its limit")
      let again = EngineIOPacket.payload(packets.map(\.text).joined(separator: String(EngineIOPacket.separator)))
      try promise(again == packets, "a payload survives")
    }
    var life = SessionLife(Decisions(octets))
    try life.live()
  }
}

private struct SessionLife {
  private var decisions: Decisions
  private var session: SocketIOSession
  private var now = Instant()
  private var lastPoll: UInt64 = 0
  private var held: Set<SocketIOSession.PollID> = []
  private var ends = 0
  private var hasConnected = false

  init(_ decisions: Decisions) {
    var decisions = decisions
    session = SocketIOSession(id: "s", isWebSocket: decisions.flag(), at: now)
    self.decisions = decisions
  }

  mutating func live() throws(BrokenPromise) {
    while !decisions.isAtEnd { try take(step()) }
    // Whoever says nothing more is let go: by the heart-beat or because it never connected.
    for _ in 0..<4 {
      guard let deadline = session.deadline else { break }
      now = max(now, deadline)
      try take(session.wake(at: now))
    }
    try promise(session.isClosed && ends == 1 && session.deadline == nil, "silence ends a session, once")
    try promise(held.isEmpty, "no poll is left waiting for ever")
  }

  private mutating func step() throws(BrokenPromise) -> [SocketIOSession.Output] {
    switch decisions.below(10) {
    case 0:
      lastPoll += 1
      held.insert(SocketIOSession.PollID(lastPoll))
      return session.poll(SocketIOSession.PollID(lastPoll))
    case 1:
      let poll = SocketIOSession.PollID(lastPoll)
      held.remove(poll)
      return session.abandon(poll)
    case 2: return session.post(text(), at: now) ?? session.reject()
    case 3: return session.text(text(), at: now)
    case 4: return session.webSocketClosed()
    case 5: return session.emit("[\"x\",{}]")
    case 6: return session.acknowledge(UInt64(decisions.octet()), "[]")
    case 7:
      now += .milliseconds(Int64(decisions.uint16()))
      return session.wake(at: now)
    case 8: return session.text(["2probe", "5", "3", "40", "42[\"a\"]", "1", "41"][decisions.below(7)], at: now)
    default: return session.disconnect()
    }
  }

  private mutating func text() -> String { String(decoding: decisions.block(), as: UTF8.self) }

  private mutating func take(_ outputs: [SocketIOSession.Output]) throws(BrokenPromise) {
    for output in outputs {
      switch output {
      case .answer(let poll, let body):
        try promise(held.remove(poll) != nil && !body.isEmpty, "a poll that waits is answered, once")
      case .refuse(let poll): try promise(held.remove(poll) != nil, "a poll that waits is refused, once")
      case .disconnected: ends += 1
      case .connected:
        try promise(!hasConnected, "one connects once")
        hasConnected = true
      case .event: try promise(hasConnected, "nobody is heard before it has connected")
      case .text, .closeWebSocket: break
      }
      try promise(ends <= 1, "the end is said once")
    }
    try promise(session.isClosed == (ends == 1), "the end is said when it comes")
  }
}
