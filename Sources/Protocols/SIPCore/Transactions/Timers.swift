import Wire

/// The timers of RFC 3261 table 4.
package struct TransactionTimers: Hashable, Sendable {
  package var t1 = Duration.milliseconds(500)
  package var t2 = Duration.seconds(4)
  package var t4 = Duration.seconds(5)
  /// Over TCP nothing is sent again and nobody waits for repetitions.
  package var isReliable = false

  package init() {}

  /// How long an unanswered transaction lasts: timers B, F, H, L and M.
  var patience: Duration { t1 * 64 }
  /// Timer D.
  var wait: Duration { isReliable ? .zero : .seconds(32) }
  /// Timers I and K.
  var linger: Duration { isReliable ? .zero : t4 }
  /// Timer J.
  var repetition: Duration { isReliable ? .zero : t1 * 64 }
}

/// When to send again, and how long to wait after that.
struct Retransmission: Hashable {
  private(set) var due: Instant
  private var interval: Duration

  init(every interval: Duration, from now: Instant) {
    self.interval = interval
    due = now + interval
  }

  /// Doubles the interval, up to `limit`.
  mutating func back(off limit: Duration? = nil) {
    interval = limit.map { min(interval * 2, $0) } ?? interval * 2
    due += interval
  }
}
