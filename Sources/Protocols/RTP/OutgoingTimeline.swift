import Wire

/// The one stream that a leg's peer hears for life: one SSRC, one line of sequence numbers, one clock, whatever feeds it.
///
/// What a source truly lost stays a gap, so the peer conceals it and reports it; what we swallowed (digits, silence) leaves none; a new
/// source goes on where the last one stopped, as much later as the wall clock says.
package struct OutgoingTimeline: Hashable, Sendable {
  /// A source whose timestamps jump further than this has begun anew.
  package static let maximumJump = Duration.seconds(5)
  /// A packet that comes later than this many others is not worth sending.
  package static let maximumReordering: UInt16 = 100
  private static let maximumGap: UInt16 = 3000

  package let ssrc: SSRC
  package private(set) var clockRate: UInt32
  package private(set) var lastSequence: UInt16
  package private(set) var lastTimestamp: UInt32
  private var lastSent: Instant?

  /// How the numbers of the present source become ours.
  private struct Mapping: Hashable {
    var source: UInt64
    var ssrc: SSRC
    var sequenceOffset: UInt16
    var highest: UInt16
    var sourceTimestamp: UInt32
    var timestamp: UInt32
    /// Packets up to here have no number of ours any more: one after them was swallowed.
    var floor: UInt16?

    func isWithinReach(_ late: UInt16) -> Bool {
      guard highest &- late <= OutgoingTimeline.maximumReordering else { return false }
      guard let floor else { return true }
      return late &- floor > 0 && late &- floor < 0x8000
    }
  }
  private var mapping: Mapping?

  package init(ssrc: SSRC, sequence: UInt16, timestamp: UInt32, clockRate: UInt32) {
    self.ssrc = ssrc
    self.clockRate = clockRate
    lastSequence = sequence
    lastTimestamp = timestamp
  }

  /// Starts at random places, as RFC 3550 §5.1 asks.
  package init(clockRate: UInt32, using random: inout Randomness) {
    self.init(
      ssrc: SSRC(UInt32(truncatingIfNeeded: random.next())), sequence: UInt16(truncatingIfNeeded: random.next()) & 0x7FFF,
      timestamp: UInt32(truncatingIfNeeded: random.next()), clockRate: clockRate)
  }

  /// The header under which a packet of `source` goes on; `nil` if it came too late to be of use.
  ///
  /// - Parameter sourceClock: ticks a second of the source's timestamps.
  package mutating func forward(
    _ header: RTPHeader, from source: UInt64, sourceClock: UInt32, at now: Instant
  ) -> RTPHeader? {
    guard let known = mapping, known.source == source, known.ssrc == header.ssrc,
      !jumped(header, since: known, sourceClock: sourceClock)
    else { return begin(header, from: source, at: now) }
    let ahead = header.sequence &- known.highest
    let isNewest = ahead != 0 && ahead < 0x8000
    guard isNewest || known.isWithinReach(header.sequence) else { return nil }
    let timestamp = known.timestamp &+ convert(header.timestamp &- known.sourceTimestamp, from: sourceClock)
    let sequence = header.sequence &+ known.sequenceOffset
    if isNewest {
      mapping?.highest = header.sequence
      mapping?.sourceTimestamp = header.timestamp
      mapping?.timestamp = timestamp
      (lastSequence, lastTimestamp, lastSent) = (sequence, timestamp, now)
    }
    return outgoing(header, marker: header.marker, sequence, timestamp)
  }

  /// Notes that a packet of `source` is not sent on, so that its number leaves no gap.
  package mutating func absorb(_ header: RTPHeader, from source: UInt64) {
    guard let known = mapping, known.source == source, known.ssrc == header.ssrc else { return }
    let ahead = header.sequence &- known.highest
    guard ahead > 0, ahead < Self.maximumGap else { return }
    // Only this one vanishes: what was lost before it stays lost.
    mapping?.highest = header.sequence
    mapping?.floor = header.sequence
    mapping?.sequenceOffset = known.sequenceOffset &- 1
    lastSequence = lastSequence &+ (ahead &- 1)
  }

  /// A header for sound of our own making that lasts `samples` ticks.
  package mutating func next(samples: UInt32, at now: Instant, marker: Bool = false) -> RTPHeader {
    let isFirst = mapping != nil || lastSent == nil
    mapping = nil
    lastTimestamp = isFirst ? resumption(at: now) : lastTimestamp &+ samples
    lastSequence &+= 1
    lastSent = now
    return RTPHeader(
      marker: marker || isFirst, payloadType: PayloadType(0), sequence: lastSequence, timestamp: lastTimestamp, ssrc: ssrc)
  }

  /// A header for a packet that shares the timestamp of an event which began at `timestamp` (RFC 4733 §2.5.1.2).
  package mutating func next(sharing timestamp: UInt32, marker: Bool, at now: Instant) -> RTPHeader {
    mapping = nil
    lastSequence &+= 1
    lastSent = now
    lastTimestamp = timestamp
    return RTPHeader(
      marker: marker, payloadType: PayloadType(0), sequence: lastSequence, timestamp: timestamp, ssrc: ssrc)
  }

  /// Where the clock stands now, for something that begins now.
  package func resumption(at now: Instant) -> UInt32 {
    guard let lastSent else { return lastTimestamp }
    let elapsed = max(0, min((now - lastSent).nanoseconds, 3_600_000_000_000))
    let ticks = UInt32(truncatingIfNeeded: elapsed / 1000 &* Int64(clockRate) / 1_000_000)
    return lastTimestamp &+ max(1, ticks)
  }

  package mutating func changeClock(to clockRate: UInt32) {
    self.clockRate = clockRate
    mapping = nil
  }

  // MARK: Inside

  private func jumped(_ header: RTPHeader, since known: Mapping, sourceClock: UInt32) -> Bool {
    let distance = Int32(bitPattern: header.timestamp &- known.sourceTimestamp).magnitude
    let steps = Int16(bitPattern: header.sequence &- known.highest).magnitude
    return Int64(distance) > Self.maximumJump.milliseconds * Int64(sourceClock) / 1000 || steps > Self.maximumGap
  }

  private mutating func begin(_ header: RTPHeader, from source: UInt64, at now: Instant) -> RTPHeader {
    let timestamp = resumption(at: now)
    let sequence = lastSequence &+ 1
    mapping = Mapping(
      source: source, ssrc: header.ssrc, sequenceOffset: sequence &- header.sequence, highest: header.sequence,
      sourceTimestamp: header.timestamp, timestamp: timestamp)
    (lastSequence, lastTimestamp, lastSent) = (sequence, timestamp, now)
    return outgoing(header, marker: true, sequence, timestamp)
  }

  private func outgoing(_ header: RTPHeader, marker: Bool, _ sequence: UInt16, _ timestamp: UInt32) -> RTPHeader {
    RTPHeader(marker: marker, payloadType: header.payloadType, sequence: sequence, timestamp: timestamp, ssrc: ssrc)
  }

  private func convert(_ ticks: UInt32, from sourceClock: UInt32) -> UInt32 {
    guard sourceClock != clockRate, sourceClock > 0 else { return ticks }
    let signed = Int64(Int32(bitPattern: ticks))
    return UInt32(truncatingIfNeeded: signed * Int64(clockRate) / Int64(sourceClock))
  }
}
