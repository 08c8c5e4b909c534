import Wire

/// Puts packets back in order and hands one out each time sound is due; what did not come in time is lost.
///
/// Its depth follows the jitter it sees, between `minimumDelay` and `maximumDelay`, and is counted in time: a packet lasts as long as the
/// stream's timestamps say, be it 10 or 60 ms. Storage is made once and holds whole Opus packets.
package struct JitterBuffer: ~Copyable {
  package static let minimumDelay = Duration.milliseconds(20)
  package static let maximumDelay = Duration.milliseconds(200)
  /// What may wait for a moment, after a stall: beyond it, packets are stepped over at once.
  package static let maximumDepth = Duration.milliseconds(560)
  /// Packets it can hold: more than `maximumDelay` of 10 ms, so that a burst after a stall is kept or skipped, not mixed up.
  package static let slots = 32
  /// The largest Opus packet of one frame (RFC 6716 §3.4); a longer payload is not sound.
  package static let maximumPayload = 1276
  /// How often in a row 20 ms are invented while nothing comes; then there is silence rather than loss: the speaker stopped sending (DTX).
  private static let maximumConcealed = 5
  /// How long too much must have waited before a packet is stepped over.
  private static let patience = Duration.milliseconds(500)

  package enum Playout {
    case frame(UnsafeRawBufferPointer)
    /// So many ticks of the stream's clock never came; the packet after them, if it did, may carry their shadow (Opus in-band FEC).
    case lost(ticks: UInt32, next: UnsafeRawBufferPointer?)
    case silence
  }

  private enum State {
    case idle
    /// Collecting until sound can begin.
    case filling(first: UInt16, since: Instant)
    /// - ahead: ticks that were invented while nothing had come yet: if the packet proves lost, its time has been filled already.
    case playing(next: UInt16, concealed: Int, ahead: UInt32)
  }

  private struct Slot {
    var sequence: UInt16
    var count: Int
  }

  private let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: slots * maximumPayload, alignment: 16)
  private let table = UnsafeMutableBufferPointer<Slot?>.allocate(capacity: slots)
  private var state = State.idle
  private var statistics: ReceptionStatistics
  private var waiting = 0
  /// Ticks of one packet, as the last two neighbours showed; 20 ms until then.
  private var step: UInt32
  private var newest: (sequence: UInt16, timestamp: UInt32)?
  /// Since when more than is wanted has been waiting.
  private var surplusSince: Instant?
  package private(set) var late: UInt64 = 0

  package init(clockRate: UInt32) {
    statistics = ReceptionStatistics(clockRate: clockRate)
    step = clockRate / 50
    table.initialize(repeating: nil)
  }

  deinit {
    storage.deallocate()
    table.deallocate()
  }

  package var hasStarted: Bool {
    if case .idle = state { false } else { true }
  }

  /// Three times the mean deviation covers nearly all packets of a well-behaved path.
  private var targetDelay: Duration {
    let jitter = Duration.microseconds(Int64(statistics.jitterMilliseconds * 3000))
    return min(max(jitter, Self.minimumDelay), Self.maximumDelay)
  }

  package mutating func insert(_ header: RTPHeader, _ payload: UnsafeRawBufferPointer, at now: Instant) {
    guard payload.count > 0, payload.count <= Self.maximumPayload else { return }
    statistics.receive(sequence: header.sequence, timestamp: header.timestamp, ssrc: header.ssrc, at: now)
    learnStep(header)
    switch state {
    case .idle: state = .filling(first: header.sequence, since: now)
    case .filling(let first, let since):
      let ahead = Int16(bitPattern: header.sequence &- first)
      if ahead.magnitude >= UInt16(Self.slots) {
        // More than can be held: a burst, or another stream; what counts is the newest.
        clear()
        state = .filling(first: header.sequence, since: now)
      } else if ahead < 0 {
        state = .filling(first: header.sequence, since: since)
      }
    case .playing(let next, _, _):
      let ahead = header.sequence &- next
      if ahead >= 0x8000, next &- header.sequence < UInt16(Self.slots) * 4 {
        late &+= 1
        return
      }
      // Too far ahead to be held, or from another age: the source jumped.
      if ahead >= UInt16(Self.slots) {
        clear()
        state = .filling(first: header.sequence, since: now)
      }
    }
    store(header.sequence, payload)
  }

  /// A gap in speech (DTX) has neighbouring numbers as well; a step longer than any packet (120 ms, RFC 6716 §2.1.4) is one.
  private mutating func learnStep(_ header: RTPHeader) {
    if let newest, header.sequence == newest.sequence &+ 1 {
      let ticks = header.timestamp &- newest.timestamp
      if ticks > 0, ticks <= statistics.clockRate / 25 * 3 { step = ticks }
    }
    newest = (header.sequence, header.timestamp)
  }

  /// What to play for the next packet's time.
  package mutating func take(at now: Instant) -> Playout {
    switch state {
    case .idle: return .silence
    case .filling(let first, let since):
      // The shortest packets of Opus fill all slots before the longest delay has passed.
      guard now - since >= targetDelay || waiting >= Self.slots - 8 else { return .silence }
      state = .playing(next: first, concealed: 0, ahead: 0)
      return take(at: now)
    case .playing:
      shrink(at: now)
      return play()
    }
  }

  private mutating func play() -> Playout {
    // Each turn steps over one number below the newest that waits: there are few of them.
    while case .playing(let next, let concealed, let ahead) = state {
      if let payload = remove(next) {
        state = .playing(next: next &+ 1, concealed: 0, ahead: 0)
        return .frame(payload)
      }
      if waiting == 0 { return invent(next, concealed: concealed, ahead: ahead) }
      state = .playing(next: next &+ 1, concealed: concealed, ahead: ahead > step ? ahead - step : 0)
      if ahead < step { return .lost(ticks: step - ahead, next: peek(next &+ 1)) }
    }
    return .silence
  }

  /// Nothing is here at all: either a long loss or the end of speech. Conceal a little, then fall silent and fill anew.
  private mutating func invent(_ next: UInt16, concealed: Int, ahead: UInt32) -> Playout {
    guard concealed < Self.maximumConcealed else {
      state = .idle
      return .silence
    }
    let ticks = statistics.clockRate / 50
    state = .playing(next: next, concealed: concealed + 1, ahead: ahead &+ ticks)
    return .lost(ticks: ticks, next: nil)
  }

  /// Steps over one packet when clearly more than the target has been waiting for a while: a sender's clock that is fast, or a burst.
  private mutating func shrink(at now: Instant) {
    guard case .playing(let next, let concealed, let ahead) = state else { return }
    // What still waits once the packet that is due has been played.
    let rest = time(of: waiting - 1)
    let isSurplus = rest > targetDelay + .milliseconds(20)
    let since = isSurplus ? surplusSince ?? now : nil
    surplusSince = since
    let hasLasted = since.map { now - $0 > Self.patience } ?? false
    guard hasLasted || rest >= Self.maximumDepth || waiting > Self.slots - 4 else { return }
    surplusSince = nil
    _ = remove(next)
    state = .playing(next: next &+ 1, concealed: concealed, ahead: ahead)
  }

  private func time(of packets: Int) -> Duration {
    .nanoseconds(Int64(packets) * Int64(step) * 1_000_000_000 / Int64(max(statistics.clockRate, 1)))
  }

  // MARK: Storage

  private func bytes(_ sequence: UInt16) -> UnsafeMutableRawBufferPointer {
    let start = Int(sequence) % Self.slots * Self.maximumPayload
    return UnsafeMutableRawBufferPointer(rebasing: storage[start..<start + Self.maximumPayload])
  }

  private mutating func store(_ sequence: UInt16, _ payload: UnsafeRawBufferPointer) {
    let index = Int(sequence) % Self.slots
    if table[index] == nil { waiting += 1 }
    table[index] = Slot(sequence: sequence, count: payload.count)
    bytes(sequence).copyMemory(from: payload)
  }

  private func peek(_ sequence: UInt16) -> UnsafeRawBufferPointer? {
    guard let slot = table[Int(sequence) % Self.slots], slot.sequence == sequence else { return nil }
    return UnsafeRawBufferPointer(rebasing: bytes(sequence)[..<slot.count])
  }

  private mutating func remove(_ sequence: UInt16) -> UnsafeRawBufferPointer? {
    guard let payload = peek(sequence) else { return nil }
    table[Int(sequence) % Self.slots] = nil
    waiting -= 1
    return payload
  }

  private mutating func clear() {
    table.update(repeating: nil)
    waiting = 0
    surplusSince = nil
  }
}
