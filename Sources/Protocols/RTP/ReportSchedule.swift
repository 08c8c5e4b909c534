import Wire

/// When a leg reports, what it remembers of the peer's reports, and the round trip that follows from both (RFC 3550 §6.2, §6.4.1).
package struct ReportSchedule: Hashable, Sendable {
  /// Two parties need no more bandwidth arithmetic than this: five seconds, each time between half and one and a half of it (§6.3.1).
  package static let interval = Duration.seconds(5)

  package private(set) var due: Instant
  /// The last round trip that could be known.
  package private(set) var roundTrip: Duration?
  private var heard: (middle: UInt32, at: Instant)?

  package init(at now: Instant, using random: inout Randomness) {
    due = now + Self.delay(&random)
  }

  package mutating func reported(at now: Instant, using random: inout Randomness) {
    due = now + Self.delay(&random)
  }

  private static func delay(_ random: inout Randomness) -> Duration {
    .milliseconds(Int64.random(in: 2500...7500, using: &random))
  }

  /// Notes a sender report of the peer.
  package mutating func heard(_ statement: SenderStatement, at now: Instant) {
    heard = (UInt32(truncatingIfNeeded: statement.ntp >> 16), now)
  }

  /// What our next report says of the peer's last one: its time, and since when in 1/65536 s.
  package func echo(at now: Instant) -> (lastSenderReport: UInt32, delay: UInt32) {
    guard let heard else { return (0, 0) }
    let elapsed = max(0, (now - heard.at).nanoseconds)
    return (heard.middle, UInt32(truncatingIfNeeded: elapsed / 1000 &* 65_536 / 1_000_000))
  }

  /// Learns the round trip from the peer's report of us, received when our clock shows `ntp`.
  package mutating func learnRoundTrip(from block: ReportBlock, ntp: UInt64) {
    guard block.lastSenderReport != 0 else { return }
    let middle = UInt32(truncatingIfNeeded: ntp >> 16)
    let units = middle &- block.lastSenderReport &- block.delaySinceLast
    // Beyond ten seconds the peer's arithmetic, not the path, is what we measured.
    guard units < 655_360 else { return }
    roundTrip = .microseconds(Int64(units) * 1_000_000 / 65_536)
  }

  package static func == (left: ReportSchedule, right: ReportSchedule) -> Bool {
    left.due == right.due && left.roundTrip == right.roundTrip && left.heard?.middle == right.heard?.middle
      && left.heard?.at == right.heard?.at
  }
  package func hash(into hasher: inout Hasher) {
    hasher.combine(due)
  }
}

/// What the wall's clock showed at `Instant()`: sender reports tell it, nothing else asks for it.
package struct WallClock: Hashable, Sendable {
  /// Nanoseconds since 1970 at `Instant()`.
  private let origin: Int64
  /// Seconds from 1900, where NTP begins, to 1970.
  private static let ntpOffset: Int64 = 2_208_988_800

  package init(nanosecondsSince1970: Int64, at now: Instant) {
    origin = nanosecondsSince1970 &- now.nanoseconds
  }

  /// NTP's 64 bits: seconds, and fractions of 2^-32 s (RFC 3550 §4).
  package func ntp(at now: Instant) -> UInt64 {
    let nanoseconds = max(0, origin &+ now.nanoseconds)
    let seconds = UInt64(nanoseconds / 1_000_000_000 &+ Self.ntpOffset)
    let fraction = UInt64(nanoseconds % 1_000_000_000) << 32 / 1_000_000_000
    return seconds << 32 | fraction
  }
}
