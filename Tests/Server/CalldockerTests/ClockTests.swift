import SIPCore
import Storage
import Testing
import Wire

@testable import Calldocker
@testable import Calls

/// What is kept outlives the machine's own clock, and is found again by the wall's, which somebody may have set meanwhile.
@Suite("A wall clock that jumps")
struct ClockTests {
  private static let hour = Duration.seconds(3600)
  private static let before = WallTime(milliseconds: 1_795_000_000_000)
  private let start = Instant(nanoseconds: 5_000_000_000)

  /// The clock at a start so long after (or before) the phone registered.
  private func clock(after delay: Duration) -> WallClock {
    WallClock(wallNanoseconds: Self.before.milliseconds * 1_000_000 + delay.nanoseconds, at: start)
  }

  /// A phone that registered for two minutes.
  private func phone(expiresIn lifetime: Int64 = 120_000) -> PhoneRegistration {
    PhoneRegistration(
      contact: "<sip:alice@198.51.100.1:5060>", instance: nil, regID: nil, transport: .udp,
      remote: SocketAddress(.v4(0xC633_6401), 5060), local: SocketAddress(.v4(0xC633_6402), 5060), callID: "c", cseq: 1,
      registeredAt: Self.before, expiresAt: WallTime(milliseconds: Self.before.milliseconds &+ lifetime), path: nil)
  }

  private func binding(_ phone: PhoneRegistration, after delay: Duration) throws -> Binding {
    try #require(phone.binding(local: SocketAddress(.loopback, 5060), clock(after: delay)))
  }

  @Test("A restart of a minute leaves a phone the other minute")
  func restart() throws {
    let phone = try binding(phone(), after: .seconds(60))
    #expect(phone.registeredAt == start - .seconds(60) && phone.expiresAt == start + .seconds(60))
  }

  @Test("A clock that went back gives a phone no more than it asked for", arguments: [1, 2, 48, 24 * 365])
  func back(hours: Int) throws {
    let phone = try binding(phone(), after: Self.hour * -hours)
    #expect(phone.registeredAt == start && phone.expiresAt == start + .seconds(120))
  }

  @Test("A clock that went ahead takes phones to be gone; they come back within their minutes")
  func ahead() throws {
    #expect(try binding(phone(), after: Self.hour * 3).expiresAt < start)
  }

  @Test("Rows that tell of impossible times are held to what a registration may last", arguments: [Int64.max, .min, 1 << 60])
  func nonsense(lifetime: Int64) throws {
    let phone = try binding(phone(expiresIn: lifetime), after: .seconds(0))
    #expect(phone.expiresAt <= start + .seconds(Int64(Bindings.maximumExpiry)))
  }

  @Test("How long a call rang and lasted is the machine's own time, whatever the wall says", arguments: [-5, 0, 5])
  func durations(hours: Int) throws {
    var random = Randomness.seeded(1)
    let call = Call(
      id: CallID(using: &random), tenant: TenantID(using: &random), visitor: VisitorID(1), plane: MediaPlaneID(0), name: nil,
      page: nil, extensionDialled: nil, startedAt: start, seat: BrowserSeat(resumeToken: ""),
      phase: .echo(since: start + .seconds(7)), chance: .seeded(1))
    var record = CallRecord(call)
    (record.endedAt, record.end) = (start + .seconds(67), .visitorHungUp)
    let row = CallRow(record, clock(after: Self.hour * hours))
    #expect(row.ringing == .seconds(7) && row.talking == .seconds(60))
    let end = try #require(row.end)
    #expect(end.at.milliseconds - row.startedAt.milliseconds == 67_000)
  }
}
