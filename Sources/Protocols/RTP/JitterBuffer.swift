import Wire

/// Puts packets back in order and hands one out each time sound is due; what did not come in time is lost.
///
/// Its depth follows the jitter it sees, between `minimumDelay` and `maximumDelay`. Storage is made once and holds whole Opus packets.
package struct JitterBuffer: ~Copyable {
  package static let minimumDelay = Duration.milliseconds(20)
  package static let maximumDelay = Duration.milliseconds(200)
  /// Packets it can hold: more than `maximumDelay` of 20 ms, so that a burst after a stall is kept or skipped, not mixed up.
  package static let slots = 32
  /// The largest Opus packet of one frame (RFC 6716 §3.4); a longer payload is not sound.
  package static let maximumPayload = 1276
  /// Packets missing in a row after which there is silence rather than loss: the speaker stopped sending (DTX).
  private static let maximumConcealed = 5

  package enum Playout {
    case frame(UnsafeRawBufferPointer)
    /// This packet never came; the next one, if it did, may carry its shadow (Opus in-band FEC).
    case lost(next: UnsafeRawBufferPointer?)
    case silence
  }

  private enum State {
    case idle
    /// Collecting until sound can begin.
    case filling(first: UInt16, since: Instant)
    case playing(next: UInt16, concealed: Int)
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
  private var surplus = 0
  package private(set) var late: UInt64 = 0

  package init(clockRate: UInt32) {
    statistics = ReceptionStatistics(clockRate: clockRate)
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
    case .playing(let next, _):
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

  /// What to play for the next packet's time.
  package mutating func take(at now: Instant) -> Playout {
    switch state {
    case .idle: return .silence
    case .filling(let first, let since):
      guard now - since >= targetDelay else { return .silence }
      state = .playing(next: first, concealed: 0)
      return take(at: now)
    case .playing:
      shrink()
      guard case .playing(let next, let concealed) = state else { return .silence }
      if let payload = remove(next) {
        state = .playing(next: next &+ 1, concealed: 0)
        return .frame(payload)
      }
      return missing(next, concealed: concealed)
    }
  }

  private mutating func missing(_ next: UInt16, concealed: Int) -> Playout {
    if waiting == 0 {
      // Nothing is here at all: either a long loss or the end of speech. Conceal a little, then fall silent and fill anew.
      guard concealed < Self.maximumConcealed else {
        state = .idle
        return .silence
      }
      state = .playing(next: next, concealed: concealed + 1)
      return .lost(next: nil)
    }
    state = .playing(next: next &+ 1, concealed: concealed + 1)
    return .lost(next: peek(next &+ 1))
  }

  /// Steps over one packet when clearly more than the target has been waiting for a while: a sender's clock that is fast, or a burst.
  private mutating func shrink() {
    guard case .playing(let next, let concealed) = state else { return }
    let depth = Duration.milliseconds(20 * waiting)
    surplus = depth > targetDelay + .milliseconds(40) ? surplus + 1 : 0
    guard surplus > 25 || waiting > Self.slots - 4 else { return }
    surplus = 0
    _ = remove(next)
    state = .playing(next: next &+ 1, concealed: concealed)
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
    surplus = 0
  }
}
