import SIPSyntax
import Testing
import Wire

@testable import SIPCore

@Suite("A transaction layer holds so many bytes and no more")
struct TransactionLimitTests {
  private let flow = Flow(remote: SocketAddress(.v4(0xC000_0201), 5060), local: SocketAddress(.v4(0xC000_0202), 5060))

  @Test("One small request past the limit is refused with 503, and held like none")
  func count() throws {
    #expect(TransactionLayer().room == TransactionLayer.maximumTransactions)
    let room = 1000
    var layer = TransactionLayer(room: room)
    var small = try request(.options)
    func next(_ number: Int) -> TransactionLayer.Output? {
      small.headers.set(.via, Via(sentBy: HostPort(flow.remote), branch: "z9hG4bK\(number)").description)
      return layer.receive(.request(small), over: flow, at: Instant()).first
    }
    for number in 0..<room { _ = next(number) }
    #expect(layer.count == room)
    guard case .send(let octets, _)? = next(room) else {
      return #expect(Bool(false), "not refused")
    }
    #expect(octets.starts(with: "SIP/2.0 503 ".utf8))
    #expect(layer.count == room)
    while let deadline = layer.deadline { _ = layer.wake(at: deadline) }
    guard case .request? = next(room) else { return #expect(Bool(false), "no room again") }
  }

  @Test("One large request past the limit is refused with 503; once the others are forgotten there is room again")
  func octets() throws {
    var layer = TransactionLayer()
    var large = try request(.options)
    large.body = [UInt8](repeating: 0, count: 60_000)
    let size = large.headers.fields.reduce(large.body.count) { $0 + $1.value.count }
    var number = 0
    func next() throws -> TransactionLayer.Output? {
      number += 1
      var again = large
      again.headers.set(.via, Via(sentBy: HostPort(flow.remote), branch: "z9hG4bK\(10_000 + number)").description)
      return layer.receive(.request(again), over: flow, at: Instant()).first
    }
    for _ in 0..<(TransactionLayer.maximumOctets / (size + 200)) {
      guard case .request(let request, let key, _)? = try next() else { return #expect(Bool(false), "refused too early") }
      _ = layer.respond(key, SIPResponse(to: request, .ok, toTag: "t"), at: Instant())
    }
    var refused: TransactionLayer.Output?
    for _ in 0..<20 where refused == nil {
      let output = try next()
      if case .send? = output { refused = output }
    }
    guard case .send(let octets, _)? = refused else { return #expect(Bool(false), "never refused") }
    #expect(octets.starts(with: "SIP/2.0 503 ".utf8))
    #expect(layer.heldOctets <= TransactionLayer.maximumOctets)
    while let deadline = layer.deadline { _ = layer.wake(at: deadline) }
    let held = layer.heldOctets
    #expect(held == 0 && layer.count == 0)
    guard case .request? = try next() else { return #expect(Bool(false), "no room again") }
  }
}
