import Testing
import Wire

@testable import SocketIO

private func at(_ seconds: Int64) -> Instant { Instant() + .seconds(seconds) }

/// A session that a test may question inside an expectation.
private final class Client {
  private var session: SocketIOSession
  init(webSocket: Bool) { session = SocketIOSession(id: "abc", isWebSocket: webSocket, at: at(0)) }
  var openPacket: String { session.openPacket }
  var isClosed: Bool { session.isClosed }
  var deadline: Instant? { session.deadline }
  func wake(at now: Instant) -> [SocketIOSession.Output] { session.wake(at: now) }
  func poll(_ poll: SocketIOSession.PollID) -> [SocketIOSession.Output] { session.poll(poll) }
  func post(_ body: String, at now: Instant) -> [SocketIOSession.Output]? { session.post(body, at: now) }
  func reject() -> [SocketIOSession.Output] { session.reject() }
  func text(_ text: String, at now: Instant) -> [SocketIOSession.Output] { session.text(text, at: now) }
  func webSocketClosed(saidGoodbye: Bool = false) -> [SocketIOSession.Output] {
    session.webSocketClosed(saidGoodbye: saidGoodbye)
  }
  func emit(_ payload: String) -> [SocketIOSession.Output] { session.emit(payload) }
  func acknowledge(_ id: UInt64, _ payload: String) -> [SocketIOSession.Output] { session.acknowledge(id, payload) }
}

@Suite("Engine.IO 4 and Socket.IO 5")
struct SocketIOTests {
  private func client(webSocket: Bool = false) -> Client { Client(webSocket: webSocket) }
  private func poll(_ number: UInt64) -> SocketIOSession.PollID { .init(number) }

  @Test(
    "Packets are read and written alike",
    arguments: [
      "0", "0{\"token\":1}", "0/admin,{}", "1", "2[\"a\",1]", "212[\"a\"]", "2/x,3[\"a\"]", "35[]", "4{\"message\":\"x\"}",
    ])
  func packets(text: String) {
    #expect(SocketIOPacket(text)?.text == text)
  }

  @Test("What is no packet is none", arguments: ["", "9", "2", "2{}", "3[]", "299999999999999999999999[\"a\"]", "x"])
  func noPackets(text: String) {
    #expect(SocketIOPacket(text) == nil)
  }

  @Test("A client polls, connects, and is heard and told in order")
  func polling() {
    let session = client()
    #expect(session.openPacket.contains("\"upgrades\":[\"websocket\"]"))
    #expect(session.post("40", at: at(1)) == [.connected])
    #expect(session.poll(poll(1)) == [.answer(poll(1), "40{\"sid\":\"abc\"}")])
    #expect(session.poll(poll(2)).isEmpty)
    #expect(
      session.post("420[\"call-request\",{}]\u{1E}42[\"x\"]", at: at(2)) == [
        .event(payload: "[\"call-request\",{}]", ack: 0), .event(payload: "[\"x\"]", ack: nil),
      ])
    #expect(session.acknowledge(0, "[{}]") == [.answer(poll(2), "430[{}]")])
    #expect(session.emit("[\"a\"]").isEmpty && session.emit("[\"b\"]").isEmpty)
    #expect(session.poll(poll(3)) == [.answer(poll(3), "42[\"a\"]\u{1E}42[\"b\"]")])
    #expect(session.post("1", at: at(3)) == [.disconnected(.clientLeft)])
    #expect(session.poll(poll(4)) == [.refuse(poll(4))])
  }

  @Test("The upgrade lets go the poll, loses nothing and repeats nothing")
  func upgrade() {
    let session = client()
    _ = session.post("40", at: at(1))
    _ = session.poll(poll(1))
    #expect(session.poll(poll(2)).isEmpty)
    #expect(session.text("2probe", at: at(2)) == [.text("3probe"), .answer(poll(2), "6")])
    #expect(session.emit("[\"a\"]").isEmpty)
    #expect(session.poll(poll(3)) == [.answer(poll(3), "6")])
    #expect(session.text("5", at: at(3)) == [.text("42[\"a\"]")])
    #expect(session.emit("[\"b\"]") == [.text("42[\"b\"]")])
    #expect(session.text("42[\"x\"]", at: at(4)) == [.event(payload: "[\"x\"]", ack: nil)])
    #expect(session.webSocketClosed() == [.disconnected(.transportClosed)])
    #expect(session.isClosed && session.deadline == nil)
  }

  @Test("A WebSocket that said goodbye is a client that left, one that is lost is not")
  func goodbye() {
    for saidGoodbye in [true, false] {
      let session = client(webSocket: true)
      _ = session.text("40", at: at(1))
      let reason: SocketIOSession.Reason = saidGoodbye ? .clientLeft : .transportClosed
      #expect(session.webSocketClosed(saidGoodbye: saidGoodbye) == [.disconnected(reason)])
    }
  }

  @Test("A probe that fails leaves the session on its polls")
  func failedProbe() {
    let session = client()
    _ = session.post("40", at: at(1))
    _ = session.poll(poll(1))
    _ = session.text("2probe", at: at(2))
    _ = session.emit("[\"a\"]")
    #expect(session.webSocketClosed().isEmpty)
    #expect(session.poll(poll(2)) == [.answer(poll(2), "42[\"a\"]")])
  }

  @Test("The heart beats every 25 s and stops after 20 s of silence; who never connects is let go")
  func heart() {
    let session = client(webSocket: true)
    _ = session.text("40", at: at(1))
    #expect(session.deadline == at(25))
    #expect(session.wake(at: at(25)) == [.text("2")])
    #expect(session.text("3", at: at(30)).isEmpty)
    #expect(session.wake(at: at(55)) == [.text("2")])
    #expect(session.wake(at: at(75)) == [.closeWebSocket, .disconnected(.pingTimeout)])
    let silent = client(webSocket: true)
    _ = silent.wake(at: at(25))
    _ = silent.text("3", at: at(26))
    #expect(silent.wake(at: at(45)) == [.closeWebSocket, .disconnected(.neverConnected)])
  }

  @Test("Other namespaces, events before connecting, binary and nonsense are answered or ended")
  func refusals() {
    let other = client(webSocket: true)
    #expect(other.text("40/admin,", at: at(1)) == [.text("44/admin,{\"message\":\"Invalid namespace\"}")])
    #expect(other.text("42[\"x\"]", at: at(1)) == [.closeWebSocket, .disconnected(.protocolError)])
    let binary = client(webSocket: true)
    _ = binary.text("40", at: at(1))
    #expect(binary.text("451-[\"x\"]", at: at(1)) == [.closeWebSocket, .disconnected(.protocolError)])
    let nonsense = client()
    #expect(nonsense.post("hello", at: at(1)) == nil)
    #expect(nonsense.reject() == [.disconnected(.protocolError)])
    let twice = client()
    #expect(twice.poll(poll(1)).isEmpty)
    #expect(twice.poll(poll(2)).first == .refuse(poll(2)))
    #expect(twice.isClosed)
  }

  @Test("A client that fetches nothing is given up one packet past the limit")
  func limit() {
    let session = client()
    _ = session.post("40", at: at(1))
    for _ in 0..<(SocketIOSession.maximumWaiting - 1) { #expect(session.emit("[1]").isEmpty) }
    #expect(session.emit("[1]") == [.disconnected(.tooSlow)])
    #expect(
      EngineIOPacket.payload(Array(repeating: "6", count: EngineIOPacket.maximumInPayload + 1).joined(separator: "\u{1E}"))
        == nil)
  }

  @Test("A client that has its pings echoed and fetches none is given up one byte past the limit")
  func octetLimit() {
    let session = client()
    _ = session.post("40", at: at(1))
    let connected = "40{\"sid\":\"abc\"}".utf8.count
    let ping = "2" + String(repeating: "x", count: SocketIOSession.maximumWaitingOctets / 4 - 1)
    for _ in 0..<3 { #expect(session.post(ping, at: at(1))?.isEmpty == true) }
    #expect(session.post(String(ping.dropLast(connected)), at: at(1))?.isEmpty == true)
    #expect(session.post("2", at: at(1)) == [.disconnected(.tooSlow)])
  }

  @Test("A poll whose client went away is not answered: nobody is there to hear")
  func abandoned() {
    var session = SocketIOSession(id: "abc", isWebSocket: false, at: at(0))
    #expect(session.poll(poll(1)).isEmpty)
    #expect(session.abandon(poll(2)).isEmpty)
    #expect(session.abandon(poll(1)) == [.disconnected(.transportClosed)])
  }

  @Test(
    "What fits no packet, no state or no client of ours ends the session in words",
    arguments: [
      "", "7", "x", "0{}", "4", "49", "4x", "42", "42{}", "42\"a\"", "43[]", "43x[\"a\"]", "4399999999999999999999[]",
      "4251-[\"a\"]", "451-[\"a\",{\"_placeholder\":true,\"num\":0}]", "461-[]", "42[\"a\"]", "\u{1E}", "2\u{301}probe",
      "4\u{301}0", "\u{FEFF}40", "40[]", "40/,/x", "41{}", "44", "44[]",
    ])
  func unwelcome(text: String) {
    let session = client(webSocket: true)
    let outputs = session.text(text, at: at(1))
    // A first ping is echoed, whatever it carries; everything else here ends the session.
    if outputs.contains(where: { if case .text = $0 { true } else { false } }) { return #expect(text.utf8.first == 0x32) }
    #expect(outputs == [.closeWebSocket, .disconnected(.protocolError)], "\(text.debugDescription)")
    #expect(session.text("40", at: at(1)).isEmpty)
  }

  @Test("Noise is survived", arguments: 0..<200 as Range<UInt64>)
  func noise(seed: UInt64) {
    var random = Randomness.seeded(seed)
    let session = client()
    _ = session.post("40", at: at(0))
    let alphabet = Array("0123456b[]{},/\"-\u{1E}x")
    for index in 0..<30 {
      let text = String((0..<Int.random(in: 0..<12, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "x" })
      switch Int.random(in: 0..<3, using: &random) {
      case 0: _ = session.post(text, at: at(0))
      case 1: _ = session.text(text, at: at(0))
      default: _ = session.poll(poll(UInt64(index)))
      }
    }
  }
}
