import Wire

/// Finds digits in telephone-events: each once, however its packets come (RFC 4733 §2.5).
///
/// An event is known by its timestamp. Firefox, and Chromium where only an 8 kHz clock was agreed on, send nothing but end packets; so the
/// first packet of an unknown event counts, whatever it is marked with.
package struct TelephoneEventReceiver: Hashable, Sendable {
  /// How far back a straggler's event may lie, in ticks: 5 s at 48 kHz. A source that falls back further counts anew.
  private static let memory: UInt32 = 240_000
  /// Durations near what 16 bits can count: the key is still held and goes on under another timestamp (RFC 4733 §2.5.1.3).
  private static let nearlyFull: UInt16 = 0xF000

  private struct Event: Hashable {
    var ssrc: SSRC
    var timestamp: UInt32
    var code: UInt8
  }
  private var last: Event?
  private var isEnded = false
  private var duration: UInt16 = 0

  package init() {}

  /// The event code (0 to 15 are keys) if this packet begins a new event.
  package mutating func receive(_ header: RTPHeader, payload: UnsafeRawBufferPointer) -> UInt8? {
    guard payload.count >= 4 else { return nil }
    let event = Event(ssrc: header.ssrc, timestamp: header.timestamp, code: payload[0])
    let isNews = event != last
    if isNews {
      guard !isStraggler(event) else { return nil }
    }
    let isHeld = isNews && goesOn(event, marker: header.marker)
    last = event
    isEnded = payload[1] & 0x80 != 0 || (!isNews && isEnded)
    duration = isNews ? payload.bigEndian16(at: 2) : max(duration, payload.bigEndian16(at: 2))
    return isNews && !isHeld ? event.code : nil
  }

  /// A packet of the event before the last one, overtaken on the way: its end is repeated three times.
  private func isStraggler(_ event: Event) -> Bool {
    guard let last, last.ssrc == event.ssrc else { return false }
    return (1...Self.memory).contains(last.timestamp &- event.timestamp)
  }

  /// Whether a key that was held for so long that its duration ran full is still held.
  private func goesOn(_ event: Event, marker: Bool) -> Bool {
    guard let last, last.ssrc == event.ssrc, last.code == event.code else { return false }
    return !marker && !isEnded && duration >= Self.nearlyFull
  }
}
