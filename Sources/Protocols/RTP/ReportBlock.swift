/// What a receiver says of one source (RFC 3550 §6.4.1).
package struct ReportBlock: Hashable, Sendable {
  static let size = 24

  package var ssrc: SSRC
  /// Of 256 packets since the last report, how many were lost.
  package var fractionLost: UInt8
  package var cumulativeLost: Int32
  package var extendedHighest: UInt32
  package var jitter: UInt32
  /// The middle 32 bits of the NTP time of the last sender report; 0 if none came.
  package var lastSenderReport: UInt32
  /// Since then, in units of 1/65536 s.
  package var delaySinceLast: UInt32
}

/// What a sender says of itself (RFC 3550 §6.4.1).
package struct SenderStatement: Hashable, Sendable {
  static let size = 20

  package var ntp: UInt64
  package var timestamp: UInt32
  package var packets: UInt32
  package var octets: UInt32

  package init(ntp: UInt64, timestamp: UInt32, packets: UInt32, octets: UInt32) {
    self.ntp = ntp
    self.timestamp = timestamp
    self.packets = packets
    self.octets = octets
  }
}
