import SIPSyntax
import Testing
import Wire

@testable import SIPCore

private let start = Instant()
private func at(_ seconds: Int64) -> Instant { start + .seconds(seconds) }
private func flow(_ number: UInt64, from address: IPAddress = .v4(0xC633_6401)) -> Flow {
  Flow(remote: SocketAddress(address, 40_000), local: SocketAddress(.loopback, 5060), transport: .tcp(ConnectionID(number)))
}
private let one = ConnectionID(1)

@Suite("Connections (RFC 3261 §18, RFC 5626)")
struct ConnectionTests {
  @Test("Without a registration a connection lives a minute from message to message, pings or not")
  func idle() throws {
    var connections = Connections()
    let isTaken = connections.open(flow(1), at: start)
    #expect(isTaken)
    #expect(connections.receive([0x0D, 0x0A, 0x0D, 0x0A], on: one, at: at(30)) == [.send([0x0D, 0x0A], one)])
    #expect(connections.deadline == at(60))
    let options = try request(.options).serialized()
    #expect(connections.receive(options, on: one, at: at(50)).count == 1)
    #expect(connections.deadline == at(110))
    #expect(connections.wake(at: at(110)) == [.idle(one)])
    #expect(connections.deadline == nil, "whoever was told decides")
    connections.retain(one, at: at(110))
    #expect(connections.wake(at: at(170)) == [.idle(one)])
    connections.close(one)
    #expect(connections.count == 0 && !connections.isOpen(one))
  }

  @Test("With a registration it lives as long as that, and a margin")
  func registered() {
    var connections = Connections()
    _ = connections.open(flow(1), at: start)
    connections.register(one, until: at(3600))
    connections.register(one, until: at(600))
    #expect(connections.deadline == at(3600) + Connections.margin, "the longest counts")
    connections.unregister(one, at: at(10))
    #expect(connections.deadline == at(60))
    connections.unregister(one, at: at(50))
    #expect(connections.deadline == at(50) + Connections.margin, "whoever left may come back")
  }

  @Test("A byte a second is cut off by the message's own deadline")
  func slow() throws {
    var connections = Connections()
    _ = connections.open(flow(1), at: start)
    connections.register(one, until: at(3600))
    let octets = try request(.options).serialized()
    for second in 0..<20 { #expect(connections.receive([octets[second]], on: one, at: at(Int64(second))).isEmpty) }
    #expect(connections.deadline == start + SIPStream.messageTime)
    #expect(connections.wake(at: at(20)) == [.over(one)])
  }

  @Test("One source has so many connections and not one more, whatever its address within an IPv6 network")
  func perSource() {
    var connections = Connections()
    let network = { (number: UInt64) in IPAddress.v6(high: 0x2001_0DB8_0000_0001, low: number) }
    for number in 1...UInt64(Connections.maximumPerSource) {
      let isTaken = connections.open(flow(number, from: network(number)), at: start)
      #expect(isTaken)
    }
    let isFull = !connections.open(flow(9999, from: network(9999)), at: start)
    #expect(isFull)
    let other = connections.open(flow(10_000, from: .v6(high: 0x2001_0DB8_0000_0002, low: 1)), at: start)
    #expect(other)
    connections.close(one)
    let isFree = connections.open(flow(9999, from: network(9999)), at: start)
    #expect(isFree)
  }

  @Test("All sources together have so many, and not one more")
  func total() {
    var connections = Connections()
    for number in 1...UInt64(Connections.maximum) { _ = connections.open(flow(number, from: .v4(UInt32(number))), at: start) }
    #expect(connections.count == Connections.maximum)
    let isTaken = connections.open(flow(UInt64(Connections.maximum) + 1, from: .v4(1)), at: start)
    #expect(!isTaken)
  }

  @Test("What breaks a stream is told before the connection is over")
  func broken() throws {
    var connections = Connections()
    _ = connections.open(flow(1), at: start)
    let text = String(decoding: try request(.options).serialized(), as: UTF8.self)
    let octets = Array(text.replacing("Content-Length: 0\r\n", with: "").utf8)
    let outputs = connections.receive(octets, on: one, at: start)
    guard outputs.count == 2, case .malformed(let error, _) = outputs[0], outputs[1] == .over(one) else {
      Issue.record("\(outputs)")
      return
    }
    #expect(error.status == .badRequest && error.answerableRequest != nil)
  }
}

@Suite("Transactions over a connection (RFC 3261 §17, timers of reliable transports)")
struct ReliableTransactionTests {
  private func moments(_ layer: inout TransactionLayer) -> [Int64] {
    var log: [Int64] = []
    while let due = layer.deadline {
      for _ in layer.wake(at: due) { log.append((due - start).milliseconds) }
    }
    return log
  }

  @Test("A request of ours is sent once, and given up by the same timer as over UDP")
  func client() throws {
    var layer = TransactionLayer()
    _ = layer.send(try request(.invite), over: flow(1), at: start)
    _ = layer.send(try request(.options, branch: "z9hG4bK2"), over: flow(1), at: start)
    #expect(moments(&layer) == [32_000, 32_000])
    #expect(layer.count == 0)
  }

  @Test("A failure of ours is not repeated; what waits for repetitions over UDP is forgotten at once")
  func server() throws {
    var layer = TransactionLayer()
    let options = try request(.options)
    guard case .request(_, let key, _)? = layer.receive(.request(options), over: flow(1), at: start).first else { return }
    _ = layer.respond(key, SIPResponse(to: options, .ok, toTag: "t"), at: start)
    #expect(layer.deadline == start)
    _ = layer.wake(at: start)
    #expect(layer.count == 0)
    let invite = try request(.invite)
    guard case .request(_, let other, _)? = layer.receive(.request(invite), over: flow(1), at: start).first else { return }
    _ = layer.respond(other, SIPResponse(to: invite, .busyHere, toTag: "t"), at: start)
    #expect(moments(&layer) == [32_000], "only timer H, which waits for the ACK")
  }

  @Test("Requests whose connection ends are told unreachable, in the order of their sending; others are not concerned")
  func unreachable() throws {
    var layer = TransactionLayer()
    let keys = try (1...5).map { number in
      let sent = layer.send(try request(.invite, branch: "z9hG4bK\(number)"), over: flow(number == 3 ? 2 : 1), at: start)
      return try #require(sent).key
    }
    #expect(layer.connectionClosed(one) == [0, 1, 3, 4].map { .unreachable(keys[$0]) })
    #expect(layer.count == 1 && layer.connectionClosed(one).isEmpty)
  }

  @Test("Via and Contact say TCP there, and brackets stand around IPv6")
  func addresses() {
    let local = SocketAddress(.v6(high: 0x2001_0DB8 << 32, low: 1), 5060)
    let flow = Flow(remote: local, local: local, transport: .tcp(one))
    #expect(flow.via(branch: "z9hG4bK1").description == "SIP/2.0/TCP [2001:db8::1]:5060;branch=z9hG4bK1;rport")
    #expect(flow.contact(user: "c").description == "<sip:c@[2001:db8::1]:5060;transport=tcp>")
    #expect(Flow(remote: local, local: local).contact(user: "c").description == "<sip:c@[2001:db8::1]:5060>")
  }
}
