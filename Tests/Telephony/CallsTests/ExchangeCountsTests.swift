import SIPSyntax
import Testing
import Wire

@testable import Calls

@Suite("What an operator may count")
struct ExchangeCountsTests {
  @Test("Calls and SIP messages, both ways; a method that somebody invented is `other`")
  func counts() throws {
    var line = try SignallingLine()
    let phone = SignallingLine.udp()
    _ = line.register("alice", over: phone)
    let dance: SIPSyntax.Method? = .init("DANCE")
    _ = line.send(line.request(try #require(dance), to: "x", over: phone, number: 9).serialized(), over: phone)
    let (call, outputs) = line.call()
    _ = line.openLegs(outputs)
    _ = line.exchange.hangUp(VisitorID(1), try #require(call), at: line.now)
    let counts = line.exchange.counts
    #expect(counts.begun == 1 && counts.ended == [.visitorHungUp: 1])
    // INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, other.
    #expect(counts.received.requests == [0, 0, 0, 0, 0, 2, 1])
    #expect(counts.sent.requests == [1, 0, 0, 0, 0, 0, 0])
    #expect(counts.sent.responses == [0, 1, 0, 2, 0, 0])
    #expect(line.exchange.gauges.phones == 1 && line.exchange.gauges.ringing == 0)
  }
}
