import Wire

/// Sends digits as telephone-events: an update every 50 ms, three ends, one timestamp for all of an event's packets (RFC 4733 §2.5.1).
package struct TelephoneEventSender: Hashable, Sendable {
  package static let update = Duration.milliseconds(50)
  /// How long a key is held.
  package static let duration = Duration.milliseconds(150)
  /// Silence between two keys.
  package static let gap = Duration.milliseconds(100)
  /// Keys that may wait; more come from no person.
  package static let maximumWaiting = 64
  private static let endRepetitions = 3
  /// 10 dB below full scale, as phones send.
  private static let volume: UInt8 = 10

  /// One packet to send now.
  package struct Packet: Hashable, Sendable {
    package var payload: [UInt8]
    /// `nil` for the first packet of an event: it takes the clock as it stands, the others share it.
    package var timestamp: UInt32?
    package var marker: Bool
  }

  private enum State: Hashable {
    case idle
    case pressing(UInt8, timestamp: UInt32, since: Instant, next: Instant)
    case ending(UInt8, timestamp: UInt32, sent: Int, next: Instant)
    case pausing(until: Instant)
  }
  private var state = State.idle
  private var waiting: [UInt8] = []
  private var startAt: Instant?
  private var clockRate: UInt32 = 8000

  package init() {}

  /// Whether a key is held or waits. Stored, because each packet of speech asks: what is computed elsewhere would be handed a copy.
  package private(set) var isBusy = false

  package var deadline: Instant? {
    switch state {
    case .idle: waiting.isEmpty ? nil : startAt
    case .pressing(_, _, _, let next), .ending(_, _, _, let next): next
    case .pausing(let until): until
    }
  }

  package mutating func press(_ event: UInt8, clockRate: UInt32, at now: Instant) {
    guard waiting.count < Self.maximumWaiting else { return }
    self.clockRate = clockRate
    if !isBusy { startAt = now }
    waiting.append(event)
    isBusy = true
  }

  /// The packet that is due; ask again until `nil`. `clock` is the timeline's time, which a new event takes.
  package mutating func next(at now: Instant, clock: UInt32) -> Packet? {
    guard let deadline, now >= deadline else { return nil }
    defer { isBusy = if case .idle = state { !waiting.isEmpty } else { true } }
    switch state {
    case .idle: return begin(at: now, clock: clock)
    case .pausing:
      state = .idle
      startAt = now
      return begin(at: now, clock: clock)
    case .pressing(let event, let timestamp, let since, let next):
      let held = next - since
      guard held < Self.duration else {
        state = .ending(event, timestamp: timestamp, sent: 0, next: next)
        return self.next(at: now, clock: clock)
      }
      state = .pressing(event, timestamp: timestamp, since: since, next: next + Self.update)
      return packet(event, isEnd: false, after: held, timestamp: timestamp)
    case .ending(let event, let timestamp, let sent, let next):
      state =
        sent + 1 < Self.endRepetitions
        ? .ending(event, timestamp: timestamp, sent: sent + 1, next: next) : .pausing(until: next + Self.gap)
      return packet(event, isEnd: true, after: Self.duration, timestamp: timestamp)
    }
  }

  private mutating func begin(at now: Instant, clock: UInt32) -> Packet? {
    guard !waiting.isEmpty else { return nil }
    let event = waiting.removeFirst()
    state = .pressing(event, timestamp: clock, since: now, next: now + Self.update)
    return Packet(payload: payload(event, isEnd: false, after: Self.update), timestamp: nil, marker: true)
  }

  private func packet(_ event: UInt8, isEnd: Bool, after held: Duration, timestamp: UInt32) -> Packet {
    Packet(payload: payload(event, isEnd: isEnd, after: held), timestamp: timestamp, marker: false)
  }

  private func payload(_ event: UInt8, isEnd: Bool, after held: Duration) -> [UInt8] {
    let ticks = held.milliseconds * Int64(clockRate) / 1000
    return [event, (isEnd ? 0x80 : 0) | Self.volume] + UInt16(clamping: ticks).octets
  }
}
