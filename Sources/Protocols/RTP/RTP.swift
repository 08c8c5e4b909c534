/// RTP (RFC 3550): headers, reports, the order of packets and the passing of time, told as values.
///
/// A payload type, the 7-bit number that a session description gives a meaning to.
package struct PayloadType: Hashable, Sendable {
  package var number: UInt8
  package init(_ number: UInt8) { self.number = number & 0x7F }

  // Numbers that mean the same to everybody (RFC 3551 table 4, RFC 3389 §4).
  package static let pcmu = PayloadType(0)
  package static let pcma = PayloadType(8)
  package static let comfortNoise = PayloadType(13)
}

/// A synchronisation source: who speaks on an RTP session (RFC 3550 §3).
package struct SSRC: Hashable, Sendable {
  package var number: UInt32
  package init(_ number: UInt32) { self.number = number }
}

/// The audio encodings that we send and understand.
package enum AudioCodec: Hashable, Sendable {
  case opus
  case pcmu
  case pcma

  /// Ticks a second of the RTP timestamp: Opus always counts at 48 kHz (RFC 7587 §4.1).
  package var clockRate: UInt32 {
    switch self {
    case .opus: 48_000
    case .pcmu, .pcma: 8_000
    }
  }
}

/// The numbers under which telephone-events (RFC 4733) travel beside the audio.
package struct TelephoneEventFormat: Hashable, Sendable {
  package var payloadType: PayloadType
  package var clockRate: UInt32
  package init(payloadType: PayloadType, clockRate: UInt32) {
    self.payloadType = payloadType
    self.clockRate = clockRate
  }
}
