import Wire

extension OutgoingTimeline {
  /// How the numbers of the source that speaks now become ours.
  struct Source: Sendable {
    enum Place {
      case newest(UInt16)
      case late(UInt16)
      case gone
      /// The source numbers its packets anew.
      case restarted
    }

    private let identity: UInt64
    private let ssrc: SSRC
    private let clockRate: UInt32
    private let first: Int64
    private var highest: Int64
    private var highestForwarded: Int64
    /// What is added to a source's number beyond all absorbed ones.
    private var shift: Int64
    /// Bit i: the packet `highest - i` was absorbed.
    private var absorbed: UInt64 = 0
    /// The number that would follow a stray.
    private var suspect: UInt16?
    private var anchor: (theirs: Int64, ours: UInt32)
    private var newest: (timestamp: Int64, at: Instant)

    init(_ identity: UInt64, _ header: RTPHeader, clockRate: UInt32, outgoing: RTPHeader, at now: Instant) {
      self.identity = identity
      self.clockRate = clockRate
      ssrc = header.ssrc
      first = Int64(header.sequence)
      (highest, highestForwarded) = (first, first)
      shift = Int64(outgoing.sequence) - first
      anchor = (Int64(header.timestamp), outgoing.timestamp)
      newest = (Int64(header.timestamp), now)
    }

    func `is`(_ identity: UInt64, _ ssrc: SSRC) -> Bool { self.identity == identity && self.ssrc == ssrc }
    func `is`(_ identity: UInt64, _ ssrc: SSRC, clockRate: UInt32) -> Bool {
      self.is(identity, ssrc) && self.clockRate == clockRate
    }

    /// Where a packet belongs among ours; the caller sends what has a place.
    mutating func place(_ sequence: UInt16) -> Place {
      let position = extend(sequence, near: highest)
      switch position &- highest {
      case 1...OutgoingTimeline.maximumGap:
        advance(to: position)
        highestForwarded = position
        return .newest(UInt16(truncatingIfNeeded: position &+ shift))
      case (1 - OutgoingTimeline.maximumReordering)...0: return placeLate(position)
      default:
        // One stray is dropped, two in a row are a source that began again (RFC 3550 A.1).
        defer { suspect = sequence &+ 1 }
        return suspect == sequence ? .restarted : .gone
      }
    }

    mutating func absorb(_ sequence: UInt16) {
      let position = extend(sequence, near: highest)
      let step = position &- highest
      guard step <= OutgoingTimeline.maximumGap, step > -OutgoingTimeline.maximumReordering, position > highestForwarded
      else { return }
      if step > 0 { advance(to: position) }
      let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: highest &- position)
      guard absorbed & bit == 0 else { return }
      absorbed |= bit
      shift &-= 1
    }

    /// Our timestamp for the newest packet's; `nil` if its clock jumped against the wall's.
    mutating func timestamp(_ timestamp: UInt32, clockRate: UInt32, at now: Instant) -> UInt32? {
      let theirs = extend(timestamp, near: newest.timestamp)
      let passed = now.ticks(since: newest.at, clockRate: self.clockRate)
      guard isNear(theirs &- newest.timestamp &- passed) else { return nil }
      newest = (max(theirs, newest.timestamp), now)
      return ours(theirs, clockRate)
    }

    /// Our timestamp for a late packet's; `nil` if it lies on the other side of a jump.
    func lateTimestamp(_ timestamp: UInt32, clockRate: UInt32) -> UInt32? {
      let theirs = extend(timestamp, near: newest.timestamp)
      return isNear(theirs &- newest.timestamp) ? ours(theirs, clockRate) : nil
    }

    mutating func anchor(_ theirs: UInt32, to ours: UInt32, at now: Instant) {
      anchor = (Int64(theirs), ours)
      newest = (Int64(theirs), now)
    }

    private func isNear(_ distance: Int64) -> Bool {
      distance.magnitude < UInt64(clockRate) * OutgoingTimeline.maximumJump
    }

    private func ours(_ theirs: Int64, _ clockRate: UInt32) -> UInt32 {
      let passed = theirs &- anchor.theirs
      let scaled = clockRate == self.clockRate ? passed : passed &* Int64(clockRate) / Int64(self.clockRate)
      return anchor.ours &+ UInt32(truncatingIfNeeded: scaled)
    }

    private mutating func advance(to position: Int64) {
      absorbed <<= UInt64(truncatingIfNeeded: position &- highest)
      (highest, suspect) = (position, nil)
    }

    private mutating func placeLate(_ position: Int64) -> Place {
      let age = UInt64(truncatingIfNeeded: highest &- position)
      // Before the first one, the numbers belong to the speaker before: SRTP must not seal two packets under one.
      guard position >= first, absorbed & (1 << age) == 0 else { return .gone }
      let absorbedSince = (absorbed & ((1 << age) &- 1)).nonzeroBitCount
      let sequence = UInt16(truncatingIfNeeded: position &+ shift &+ Int64(absorbedSince))
      guard position > highestForwarded else { return .late(sequence) }
      highestForwarded = position
      return .newest(sequence)
    }
  }
}
