import Calls
import Codecs
import Cryptography
import ICE
import RTP
import SecureRTP
import Wire

/// One media plane without its thread and sockets: legs, their keys and their packets, told the time and handed datagrams.
///
/// The packet path is `receiveFromBrowser` and `receiveFromPhone`: open, look up, rewrite in place, seal, send, on one thread and in one
/// call chain. Nothing there allocates, locks or counts references; what is rare (checks, handshakes, reports, commands) may.
package struct MediaEngine<Transport: MediaTransport & ~Copyable>: ~Copyable {
  /// The most legs that one plane serves; one more is refused with `tooManyLegs`.
  package static var maximumLegs: Int { 8192 }
  /// Room for any datagram that a network carries in one piece, and for what SRTP adds behind it.
  package static var datagramCapacity: Int { 2048 }

  package var transport: Transport
  /// What went wrong with packets, by reason; counted, never logged.
  package var drops = DropCounts()

  let identity: Identity
  let sounds: SoundLibrary
  let canonicalName: [UInt8]
  /// For sender reports.
  let wallClock: WallClock
  var randomness: Randomness

  private let memory = LegMemory(capacity: maximumLegs)
  let legs: UnsafeMutablePointer<Leg>
  private let isTaken: UnsafeMutablePointer<Bool>
  private var freeSlots: [Int]
  private var slots: [LegID: Int] = [:]
  var slotsByFragment: [String: Int] = [:]
  var slotsByAddress = AddressTable()
  var deadlines = DeadlineQueue<Int>()
  var events: [MediaEvent] = []
  /// Where packets of our own making are written.
  let workbench: UnsafeMutableRawBufferPointer

  package init(
    transport: consuming Transport, identity: Identity, sounds: SoundLibrary, wallClock: WallClock, randomness: Randomness
  ) {
    self.transport = transport
    self.identity = identity
    self.sounds = sounds
    self.wallClock = wallClock
    self.randomness = randomness
    canonicalName = Array(self.randomness.token(12).utf8)
    (legs, isTaken, workbench) = (memory.legs, memory.isTaken, memory.workbench)
    freeSlots = Array((0..<Self.maximumLegs).reversed())
  }

  package var legCount: Int { slots.count }
  package var deadline: Instant? { deadlines.next }

  /// What happened since the last call, in order.
  package mutating func takeEvents() -> [MediaEvent] {
    guard !events.isEmpty else { return [] }
    defer { events.removeAll(keepingCapacity: true) }
    return events
  }

  // MARK: Slots

  func slot(of id: LegID) -> Int? { slots[id] }
  func isLive(_ slot: Int) -> Bool { isTaken[slot] }

  mutating func take(_ leg: consuming Leg) -> Int? {
    guard slots[leg.id] == nil, let slot = freeSlots.popLast() else { return nil }
    slots[leg.id] = slot
    isTaken[slot] = true
    (legs + slot).initialize(to: leg)
    return slot
  }

  mutating func release(_ slot: Int) {
    slots[legs[slot].id] = nil
    (legs + slot).deinitialize(count: 1)
    isTaken[slot] = false
    freeSlots.append(slot)
    deadlines.remove(slot)
  }

  /// Asks everything in a leg for its next moment.
  mutating func schedule(_ slot: Int) {
    deadlines.set(slot, to: legs[slot].deadline)
  }

  package mutating func wake(at now: Instant) {
    while let slot = deadlines.popDue(at: now) {
      wake(slot, at: now)
      if isTaken[slot] { schedule(slot) }
    }
  }

  private mutating func wake(_ slot: Int, at now: Instant) {
    wakeBrowser(slot, at: now)
    guard isTaken[slot] else { return }
    wakeGuard(slot, at: now)
    wakeSound(slot, at: now)
    wakeDigits(slot, at: now)
    wakeReports(slot, at: now)
  }
}

/// An engine's raw memory, with an end of its own: a generic type's `deinit` is not run when its last owner is in another module (Swift 6.3).
private struct LegMemory: ~Copyable {
  let legs: UnsafeMutablePointer<Leg>
  let isTaken: UnsafeMutablePointer<Bool>
  let workbench = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
  private let capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
    legs = .allocate(capacity: capacity)
    isTaken = .allocate(capacity: capacity)
    isTaken.initialize(repeating: false, count: capacity)
  }

  deinit {
    for slot in 0..<capacity where isTaken[slot] { (legs + slot).deinitialize(count: 1) }
    legs.deallocate()
    isTaken.deallocate()
    workbench.deallocate()
  }
}

/// Why packets were not used.
package struct DropCounts: Hashable, Sendable {
  package var unknownSource: UInt64 = 0
  package var unknownKind: UInt64 = 0
  package var malformed: UInt64 = 0
  package var notAuthentic: UInt64 = 0
  package var replayed: UInt64 = 0
  package var early: UInt64 = 0
  package var stranger: UInt64 = 0
  package var unknownPayloadType: UInt64 = 0
  /// Ours, which could not be sealed.
  package var notSealed: UInt64 = 0
  package init() {}

  /// Each with the name that an operator reads.
  package var byReason: [(reason: String, count: UInt64)] {
    [
      ("unknown-source", unknownSource), ("unknown-kind", unknownKind), ("malformed", malformed),
      ("not-authentic", notAuthentic), ("replayed", replayed), ("early", early), ("stranger", stranger),
      ("unknown-payload-type", unknownPayloadType), ("not-sealed", notSealed),
    ]
  }
}
