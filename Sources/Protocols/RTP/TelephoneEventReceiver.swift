import Wire

/// Finds digits in telephone-events: each once, however its packets come (RFC 4733 §2.5).
///
/// An event is known by its timestamp. Firefox, and Chromium where only an 8 kHz clock was agreed on, send nothing but end packets; so the
/// first packet of an unknown event counts, whatever it is marked with.
package struct TelephoneEventReceiver: Hashable, Sendable {
  private struct Event: Hashable {
    var ssrc: SSRC
    var timestamp: UInt32
    var code: UInt8
  }
  private var last: Event?

  package init() {}

  /// The event code (0 to 15 are keys) if this packet begins a new event.
  package mutating func receive(_ header: RTPHeader, payload: UnsafeRawBufferPointer) -> UInt8? {
    guard payload.count >= 4 else { return nil }
    let event = Event(ssrc: header.ssrc, timestamp: header.timestamp, code: payload[0])
    guard event != last, !isStraggler(event) else { return nil }
    last = event
    return event.code
  }

  /// A packet of the event before the last one, overtaken on the way: its end is repeated three times.
  private func isStraggler(_ event: Event) -> Bool {
    guard let last, last.ssrc == event.ssrc else { return false }
    let behind = last.timestamp &- event.timestamp
    return behind > 0 && behind < 0x8000_0000
  }
}
