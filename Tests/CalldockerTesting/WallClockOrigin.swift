import RTP
import Wire

/// Where the wall's clock stood when virtual time began: a Monday in November 2026.
enum WallClockOrigin {
  static let value = WallClock(nanosecondsSince1970: 1_795_420_800_000_000_000, at: Instant())
}
