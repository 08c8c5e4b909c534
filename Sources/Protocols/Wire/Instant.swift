/// A moment on the machine's monotonic clock, or on a test's imagined one: nanoseconds since an arbitrary start.
///
/// Machines never read a clock; they are told the moment (`at: now`) and name the one at which they want to be woken.
public struct Instant: Hashable, Comparable, Sendable {
  package var nanoseconds: Int64

  package init(nanoseconds: Int64 = 0) {
    self.nanoseconds = nanoseconds
  }

  public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }
  package static func + (moment: Instant, delay: Duration) -> Instant {
    Instant(nanoseconds: moment.nanoseconds &+ delay.nanoseconds)
  }
  package static func - (moment: Instant, delay: Duration) -> Instant {
    Instant(nanoseconds: moment.nanoseconds &- delay.nanoseconds)
  }
  /// The time from `right` to `left`; negative when `left` came first.
  package static func - (left: Instant, right: Instant) -> Duration {
    .nanoseconds(left.nanoseconds &- right.nanoseconds)
  }
  package static func += (moment: inout Instant, delay: Duration) { moment = moment + delay }
}

extension Duration {
  /// Whole nanoseconds, held to what 64 bits can say (292 years).
  package var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return seconds < 0 ? .min : .max }
    let (sum, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
    return carried ? (seconds < 0 ? .min : .max) : sum
  }

  /// Whole milliseconds, rounded toward zero.
  package var milliseconds: Int64 { nanoseconds / 1_000_000 }
}

/// The earliest of several deadlines, where `nil` means never. No list of them is made: legs ask each 20 ms.
package func earliest(_ first: Instant?, _ second: Instant?, _ third: Instant? = nil, _ fourth: Instant? = nil) -> Instant? {
  earlier(earlier(first, second), earlier(third, fourth))
}

private func earlier(_ first: Instant?, _ second: Instant?) -> Instant? {
  guard let first, let second else { return first ?? second }
  return min(first, second)
}
