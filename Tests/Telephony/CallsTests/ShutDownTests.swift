import SIPSyntax
import Testing
import Wire

@testable import Calls

@Suite("A graceful end")
struct ShutDownTests {
  private let phone = SignallingLine.udp()

  /// A line on which alice's phone has answered.
  private func talking() throws -> (line: SignallingLine, call: CallID) {
    var line = try SignallingLine()
    #expect(line.register("alice", over: phone).answer?.status == .ok)
    let (call, outputs) = line.call()
    let invite = try #require(requests(line.openLegs(outputs)).first { $0.method == .invite })
    _ = line.send(SignallingLine.accepting(invite, over: phone).serialized(), over: phone)
    return (line, try #require(call))
  }

  @Test("New calls are refused in words and with 503 and Retry-After; the call that is goes on, and phones stay registered")
  func draining() throws {
    var (line, _) = try talking()
    line.exchange.beginShutDown()
    let request = CallRequest(tenant: line.tenant.description, offer: SignallingLine.offer)
    let (refused, _) = line.exchange.callRequest(VisitorID(2), request, at: line.now)
    #expect(throws: Refusal(.shuttingDown)) { try refused.get() }
    for method in [SIPSyntax.Method.invite, .options] {
      let answer = responses(line.send(line.request(method, to: "x", over: phone, number: 9).serialized(), over: phone)).last
      #expect(answer?.status == .serviceUnavailable && answer?.headers[.retryAfter] == "60")
    }
    #expect(line.register("alice", over: phone, number: 20).answer?.status == .ok)
    #expect(line.exchange.callCount == 1 && !line.exchange.isQuiet)
  }

  @Test("It is quiet once the phone has answered our BYE and both legs have reported")
  func quiet() throws {
    var (line, call) = try talking()
    let outputs = line.exchange.shutDown(at: line.now)
    #expect(outputs.contains(.visitor(VisitorID(1), .ended(call, .shuttingDown, seconds: 0))))
    let bye = try #require(requests(outputs).first { $0.method == .bye })
    let legs = outputs.compactMap { if case .media(.close(let leg)) = $0 { leg } else { nil } }
    #expect(line.exchange.callCount == 0 && legs.count == 2 && !line.exchange.isQuiet)
    _ = line.send(SIPResponse(to: bye, .ok, toTag: "phone").serialized(), over: phone)
    #expect(!line.exchange.isQuiet)
    for leg in legs { _ = line.exchange.receive(.closed(leg, LegReport()), at: line.now) }
    #expect(line.exchange.isQuiet)
  }

  @Test("Nothing to end is quiet at once")
  func idle() throws {
    var line = try SignallingLine()
    #expect(line.exchange.shutDown(at: line.now).isEmpty && line.exchange.isQuiet)
  }
}
