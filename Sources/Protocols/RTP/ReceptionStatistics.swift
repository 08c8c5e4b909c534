import Wire

/// What a receiver knows of one source: its count, its losses, its jitter (RFC 3550 §6.4.1, appendices A.1, A.3 and A.8).
package struct ReceptionStatistics: Hashable, Sendable {
  /// A jump larger than this is a restart of the source rather than loss (RFC 3550 A.1, MAX_DROPOUT).
  package static let maximumDropout: UInt16 = 3000
  /// How far back a packet may come and still be late rather than a restart (MAX_MISORDER).
  package static let maximumMisorder: UInt16 = 100

  package let clockRate: UInt32
  package private(set) var ssrc: SSRC?
  package private(set) var received: UInt64 = 0
  /// Packets expected but not seen, over all restarts; duplicates can make it negative.
  package var lost: Int64 { lostBefore + expectedNow - receivedNow }
  /// Interarrival jitter in ticks of the clock.
  package var jitter: UInt32 { UInt32(truncatingIfNeeded: scaledJitter >> 4) }
  package var jitterMilliseconds: Double { Double(jitter) * 1000 / Double(max(clockRate, 1)) }
  /// Cycles and highest sequence number seen.
  package private(set) var extendedHighest: UInt32 = 0

  private var base: UInt32 = 0
  private var receivedNow: Int64 = 0
  private var lostBefore: Int64 = 0
  private var suspect: UInt16?
  private var transit: UInt32 = 0
  private var newestTimestamp: UInt32 = 0
  /// Sixteen times the jitter, so that its slow average needs no fractions.
  private var scaledJitter: UInt64 = 0
  private var expectedAtReport: Int64 = 0
  private var receivedAtReport: Int64 = 0

  package init(clockRate: UInt32) {
    self.clockRate = clockRate
  }

  private var expectedNow: Int64 { ssrc == nil ? 0 : Int64(extendedHighest &- base) + 1 }

  package mutating func receive(sequence: UInt16, timestamp: UInt32, ssrc: SSRC, at now: Instant) {
    received &+= 1
    guard ssrc == self.ssrc else { return begin(sequence, timestamp, ssrc, at: now) }
    let highest = UInt16(truncatingIfNeeded: extendedHighest)
    let ahead = sequence &- highest
    if ahead < Self.maximumDropout {
      extendedHighest &+= UInt32(ahead)
    } else if ahead <= UInt16.max - Self.maximumMisorder {
      // Two in a row at the new place: the source began anew without telling (A.1). One alone is noise.
      guard suspect == sequence else {
        suspect = sequence &+ 1
        return
      }
      return begin(sequence, timestamp, ssrc, at: now)
    }
    suspect = nil
    receivedNow &+= 1
    measureJitter(timestamp, at: now)
  }

  private mutating func begin(_ sequence: UInt16, _ timestamp: UInt32, _ ssrc: SSRC, at now: Instant) {
    lostBefore = lost
    self.ssrc = ssrc
    base = UInt32(sequence)
    extendedHighest = UInt32(sequence)
    receivedNow = 1
    expectedAtReport = 0
    receivedAtReport = 0
    suspect = nil
    transit = arrival(now) &- timestamp
    newestTimestamp = timestamp
  }

  private func arrival(_ now: Instant) -> UInt32 {
    let seconds = now.nanoseconds / 1_000_000_000
    let rest = now.nanoseconds % 1_000_000_000
    return UInt32(truncatingIfNeeded: seconds &* Int64(clockRate) &+ rest &* Int64(clockRate) / 1_000_000_000)
  }

  private mutating func measureJitter(_ timestamp: UInt32, at now: Instant) {
    // Packets that share a timestamp (a key that is held, RFC 4733) come later and later by their nature.
    guard timestamp != newestTimestamp else { return }
    newestTimestamp = timestamp
    let transit = arrival(now) &- timestamp
    let difference = Int32(bitPattern: transit &- self.transit)
    self.transit = transit
    let distance = UInt64(difference.magnitude)
    // A jump of the source's clock is not jitter.
    guard distance < UInt64(clockRate) else { return }
    scaledJitter = scaledJitter &+ distance &- (scaledJitter &+ 8) >> 4
  }

  /// A report of this source since the last one (RFC 3550 §6.4.1); `nil` before anything came.
  package mutating func makeReport(lastSenderReport: UInt32, delay: UInt32) -> ReportBlock? {
    guard let ssrc else { return nil }
    let expected = expectedNow - expectedAtReport
    let missing = expected - (receivedNow - receivedAtReport)
    (expectedAtReport, receivedAtReport) = (expectedNow, receivedNow)
    let fraction = expected > 0 && missing > 0 ? min(255, missing * 256 / expected) : 0
    return ReportBlock(
      ssrc: ssrc, fractionLost: UInt8(truncatingIfNeeded: fraction),
      cumulativeLost: Int32(max(-0x80_0000, min(0x7F_FFFF, lost))), extendedHighest: extendedHighest, jitter: jitter,
      lastSenderReport: lastSenderReport, delaySinceLast: delay)
  }
}
