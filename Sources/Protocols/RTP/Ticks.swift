import Wire

// Time counted in ticks of an RTP clock. All arithmetic wraps on purpose: only differences mean something.

extension Instant {
  /// Ticks of a clock since the arbitrary start of time.
  func ticks(clockRate: UInt32) -> Int64 {
    let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    return seconds &* Int64(clockRate) &+ rest &* Int64(clockRate) / 1_000_000_000
  }
}

extension Instant {
  /// Ticks of a clock from `earlier` to this moment. Counted in nanoseconds: a `Duration` counts attoseconds in 128 bits, too slow for each packet.
  func ticks(since earlier: Instant, clockRate: UInt32) -> Int64 {
    Instant(nanoseconds: nanoseconds &- earlier.nanoseconds).ticks(clockRate: clockRate)
  }
}

extension Duration {
  /// Whole ticks of a clock.
  func ticks(clockRate: UInt32) -> Int64 { Instant(nanoseconds: nanoseconds).ticks(clockRate: clockRate) }
}

/// The whole number nearest to `last` whose low 16 bits are `sequence`.
func extend(_ sequence: UInt16, near last: Int64) -> Int64 {
  last &+ Int64(Int16(truncatingIfNeeded: Int64(sequence) &- last))
}

/// The whole number nearest to `last` whose low 32 bits are `timestamp`.
func extend(_ timestamp: UInt32, near last: Int64) -> Int64 {
  last &+ Int64(Int32(truncatingIfNeeded: Int64(timestamp) &- last))
}
