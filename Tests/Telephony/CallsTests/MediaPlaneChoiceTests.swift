import Cryptography
import SDP
import Testing
import Wire

@testable import Calls

@Suite("Several media planes")
struct MediaPlaneChoiceTests {
  private let tenant: TenantID
  private var exchange: Exchange

  init() throws {
    var random = Randomness.seeded(1)
    tenant = TenantID(using: &random)
    let planes = (0..<3).map { [SocketAddress(.loopback, UInt16(7000 + $0))] }
    let site = Exchange.Site(planes: planes, fingerprint: Fingerprint(algorithm: .sha256, octets: []))
    exchange = Exchange(site: site, randomness: random)
    try exchange.apply(.tenantAdded(tenant, name: "Test", isOpen: true, fallback: .echo))
  }

  /// The port that the answer sends the visitor to, and the planes that were wished something of.
  private mutating func call(_ visitor: UInt64) throws -> (call: CallID, port: UInt16?, planes: Set<Int>) {
    let request = CallRequest(tenant: tenant.description, offer: SignallingLine.offer)
    let (result, outputs) = exchange.callRequest(VisitorID(visitor), request, at: Instant())
    let routed = try result.get()
    let port = try SessionDescription(parsing: routed.answer ?? "").media.first?.port
    return (routed.call, port, Self.planes(outputs))
  }

  private mutating func refusal(of visitor: UInt64) -> Refusal.Reason? {
    do { _ = try call(visitor) } catch { return (error as? Refusal)?.reason }
    return nil
  }

  private static func planes(_ outputs: [Exchange.Output]) -> Set<Int> {
    Set(outputs.compactMap { if case .media(let command) = $0 { command.plane.number } else { nil } })
  }

  @Test("A call goes to the plane with the fewest, is answered with its port, and stays there")
  mutating func spread() throws {
    let first = try (1...3).map { try call($0) }
    #expect(first.map(\.port) == [7000, 7001, 7002])
    #expect(first.map(\.planes) == [[0], [1], [2]])
    #expect(Self.planes(exchange.hangUp(VisitorID(2), first[1].call, at: Instant())) == [1])
    #expect(try call(4).port == 7001, "the plane that lost a call is the idlest")
    #expect(try call(5).port == 7000)
  }

  @Test("A plane whose ports or legs are used up gets no call until one of its legs closes; with none left it is busy")
  mutating func exhaustion() throws {
    let legs = (0..<3).map { LegID(UInt64(1000 + $0), on: MediaPlaneID($0)) }
    _ = exchange.receive(.failed(legs[0], .noFreePort), at: Instant())
    #expect(try [call(1).port, call(2).port, call(3).port] == [7001, 7002, 7001])
    _ = exchange.receive(.failed(legs[1], .tooManyLegs), at: Instant())
    _ = exchange.receive(.failed(legs[2], .noFreePort), at: Instant())
    #expect(refusal(of: 4) == .busy)
    _ = exchange.receive(.failed(legs[2], .handshakeFailed), at: Instant())
    #expect(refusal(of: 4) == .busy)
    _ = exchange.receive(.closed(legs[2], LegReport()), at: Instant())
    #expect(try call(4).port == 7002)
  }

  @Test("A plane that does not keep up gets no call until it does; with none left it is busy, and calls that are go on")
  mutating func strain() throws {
    let first = try call(1).call
    #expect(!exchange.receive(.strained(MediaPlaneID(0)), at: Instant()).isEmpty, "the operator is told")
    _ = exchange.receive(.strained(MediaPlaneID(1)), at: Instant())
    #expect(try [call(2).port, call(3).port] == [7002, 7002])
    _ = exchange.receive(.strained(MediaPlaneID(2)), at: Instant())
    #expect(refusal(of: 4) == .busy)
    #expect(exchange.callCount == 3)
    // Room is another matter: a leg that closes does not make a plane faster.
    _ = exchange.receive(.closed(LegID(1), LegReport()), at: Instant())
    #expect(refusal(of: 4) == .busy)
    #expect(Self.planes(exchange.hangUp(VisitorID(1), first, at: Instant())) == [0])
    _ = exchange.receive(.relaxed(MediaPlaneID(1)), at: Instant())
    #expect(try call(5).port == 7001)
  }
}
