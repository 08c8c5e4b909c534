import Wire

/// The one stream that a leg's peer hears for life: one SSRC, one line of sequence numbers, one clock, whatever feeds it.
///
/// Packets of a source keep their distances: what the network lost stays lost to the eye, what came late takes its place, what we
/// swallowed closes up. A new speaker goes on at the next number, at the time that the wall clock shows.
package struct OutgoingTimeline: Sendable {
  /// How many seconds a source's timestamps may part from the wall clock from one packet to the next before they count as jumped.
  package static let maximumJump: UInt64 = 3
  /// A packet that comes later than this many others is not worth sending.
  package static let maximumReordering: Int64 = 64
  /// The longest forward jump of a source's sequence that is still loss (RFC 3550 A.1).
  package static let maximumGap: Int64 = 3_000
  /// How far our own sound may fall behind the wall clock before it paused rather than came late.
  private static let patience = Duration.milliseconds(100)

  package let ssrc: SSRC
  /// Ticks a second of the timestamps that we send.
  package private(set) var clockRate: UInt32

  private enum Speaker: Sendable {
    case none
    /// Ourselves; the next frame begins at `end`.
    case local(end: UInt32)
    case source(Source)
  }
  private struct Mark: Sendable {
    var timestamp: UInt32
    var at: Instant
  }
  private var speaker = Speaker.none
  /// Where the wall clock is tied to ours: every new speaker is measured from here, so that their small errors do not add up.
  private var epoch: Mark?
  private var newest: Mark
  private var sequence: UInt16
  /// How long the newest packet sounds, as far as we know.
  private var step: UInt32

  /// - Parameter sequence: the number before the first.
  package init(ssrc: SSRC, sequence: UInt16, timestamp: UInt32, clockRate: UInt32) {
    precondition(clockRate > 0, "a clock moves")
    self.ssrc = ssrc
    self.clockRate = clockRate
    self.sequence = sequence
    newest = Mark(timestamp: timestamp, at: Instant())
    step = clockRate / 50
  }

  /// Starts at random places, as RFC 3550 §5.1 asks.
  ///
  /// The sequence starts in the lower half: a receiver that misses the first packets guesses SRTP's rollover counter wrong if they
  /// cross the wrap (RFC 3711 §3.3.1).
  package init(clockRate: UInt32, using random: inout Randomness) {
    self.init(
      ssrc: SSRC(UInt32(truncatingIfNeeded: random.next())), sequence: UInt16(truncatingIfNeeded: random.next()) & 0x7FFF,
      timestamp: UInt32(truncatingIfNeeded: random.next()), clockRate: clockRate)
  }

  /// The header under which a packet of `source` goes on, its payload type as it came.
  ///
  /// `nil` if it came too late for its place, was absorbed before, or is a stray far from all others. A copy gets its original's number.
  ///
  /// - Parameter sourceClock: ticks a second of the source's timestamps.
  package mutating func forward(
    _ header: RTPHeader, from source: UInt64, sourceClock: UInt32, at now: Instant
  ) -> RTPHeader? {
    guard sourceClock > 0 else { return nil }
    guard case .source(var current) = speaker, current.is(source, header.ssrc, clockRate: sourceClock) else {
      return begin(header, from: source, sourceClock: sourceClock, at: now)
    }
    let place = current.place(header.sequence)
    speaker = .source(current)
    switch place {
    case .newest(let sequence): return follow(header, as: sequence, at: now)
    case .late(let sequence):
      let timestamp = current.lateTimestamp(header.timestamp, clockRate: clockRate)
      return timestamp.map { outgoing(header, marker: header.marker, sequence, $0) }
    case .gone: return nil
    case .restarted: return begin(header, from: source, sourceClock: sourceClock, at: now)
    }
  }

  /// Notes that a packet of `source` is not sent on, so that its number leaves no gap.
  package mutating func absorb(_ header: RTPHeader, from source: UInt64) {
    guard case .source(var current) = speaker, current.is(source, header.ssrc) else { return }
    current.absorb(header.sequence)
    speaker = .source(current)
  }

  /// A header for sound of our own making that lasts `samples` ticks; the first after another speaker or a pause is marked.
  package mutating func next(samples: UInt32, at now: Instant, marker: Bool = false) -> RTPHeader {
    var timestamp = resumption(at: now)
    var isFirst = true
    if case .local(let end) = speaker, Int32(bitPattern: timestamp &- end) < Int32(clamping: ticks(Self.patience)) {
      (timestamp, isFirst) = (end, false)
    }
    speaker = .local(end: timestamp &+ samples)
    step = samples
    return advance(to: timestamp, marker: marker || isFirst, at: now)
  }

  /// A header for a packet that shares the timestamp of an event which began at `timestamp` (RFC 4733 §2.5.1.2).
  package mutating func next(sharing timestamp: UInt32, marker: Bool, at now: Instant) -> RTPHeader {
    speaker = .none
    step = clockRate / 50
    return advance(to: timestamp, marker: marker, at: now)
  }

  /// Where something begins that begins now: at the wall clock's time, but never inside what was already sent.
  package func resumption(at now: Instant) -> UInt32 {
    guard let epoch else { return newest.timestamp }
    let wall = epoch.timestamp &+ ticks(from: epoch.at, to: now)
    let free = newest.timestamp &+ step
    return Int32(bitPattern: wall &- free) >= 0 ? wall : free
  }

  /// The time of this moment on the line as it runs, for a sender report (RFC 3550 §6.4.1).
  package func timestamp(at now: Instant) -> UInt32 {
    epoch == nil ? newest.timestamp : newest.timestamp &+ ticks(from: newest.at, to: now)
  }

  /// Counts on in another clock, as a new codec of the leg may ask.
  package mutating func changeClock(to clockRate: UInt32) {
    precondition(clockRate > 0, "a clock moves")
    self.clockRate = clockRate
    speaker = .none
    step = clockRate / 50
    if epoch != nil { epoch = newest }
  }

  // MARK: Inside

  private mutating func begin(_ header: RTPHeader, from source: UInt64, sourceClock: UInt32, at now: Instant) -> RTPHeader {
    let timestamp = resumption(at: now)
    step = clockRate / 50
    let sent = advance(to: timestamp, marker: true, at: now)
    speaker = .source(Source(source, header, clockRate: sourceClock, outgoing: sent, at: now))
    return outgoing(header, marker: true, sent.sequence, timestamp)
  }

  private mutating func follow(_ header: RTPHeader, as sequence: UInt16, at now: Instant) -> RTPHeader? {
    guard case .source(var current) = speaker else { return nil }
    let steady = current.timestamp(header.timestamp, clockRate: clockRate, at: now)
    let timestamp = steady ?? resumption(at: now)
    if steady == nil { current.anchor(header.timestamp, to: timestamp, at: now) }
    speaker = .source(current)
    let advanced = timestamp &- newest.timestamp
    if sequence == self.sequence &+ 1, (1...clockRate / 8).contains(advanced) { step = advanced }
    self.sequence = sequence
    note(timestamp, at: now)
    return outgoing(header, marker: header.marker || steady == nil, sequence, timestamp)
  }

  private mutating func advance(to timestamp: UInt32, marker: Bool, at now: Instant) -> RTPHeader {
    if epoch == nil {
      epoch = Mark(timestamp: timestamp, at: now)
      newest = Mark(timestamp: timestamp, at: now)
    }
    sequence &+= 1
    note(timestamp, at: now)
    return RTPHeader(marker: marker, payloadType: PayloadType(0), sequence: sequence, timestamp: timestamp, ssrc: ssrc)
  }

  /// Time stands while an event's packets share a timestamp, and does not go back for one that is older than newer audio.
  private mutating func note(_ timestamp: UInt32, at now: Instant) {
    if Int32(bitPattern: timestamp &- newest.timestamp) > 0 { newest = Mark(timestamp: timestamp, at: now) }
  }

  private func outgoing(_ header: RTPHeader, marker: Bool, _ sequence: UInt16, _ timestamp: UInt32) -> RTPHeader {
    RTPHeader(marker: marker, payloadType: header.payloadType, sequence: sequence, timestamp: timestamp, ssrc: ssrc)
  }

  private func ticks(_ time: Duration) -> UInt32 { UInt32(truncatingIfNeeded: time.ticks(clockRate: clockRate)) }
  private func ticks(from earlier: Instant, to later: Instant) -> UInt32 {
    UInt32(truncatingIfNeeded: later.ticks(since: earlier, clockRate: clockRate))
  }
}
