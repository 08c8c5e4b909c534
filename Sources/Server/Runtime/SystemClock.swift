import Glibc
import Wire

/// The machine's clocks: the only place that reads them.
package enum SystemClock {
  /// Monotonic: never goes back, whatever somebody does to the date.
  package static var now: Instant { Instant(nanoseconds: read(CLOCK_MONOTONIC)) }

  /// Nanoseconds since 1970.
  package static var wallNanoseconds: Int64 { read(CLOCK_REALTIME) }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
