import Wire

/// The 96 bits that tie a response to its request (RFC 8489 §5).
package struct STUNTransactionID: Hashable, Sendable {
  package let high: UInt32
  package let low: UInt64

  package init(high: UInt32, low: UInt64) {
    self.high = high
    self.low = low
  }

  package init(using random: inout Randomness) {
    self.init(high: UInt32(truncatingIfNeeded: random.next()), low: random.next())
  }

  package var octets: [UInt8] { high.octets + low.octets }

  static let cookie: UInt32 = 0x2112_A442
  static let portMask: UInt16 = 0x2112

  /// What XOR-MAPPED-ADDRESS is mixed with: 16 bytes for IPv6, the first four of them for IPv4 (RFC 8489 §14.2).
  var addressMask: [UInt8] { Self.cookie.octets + octets }
}
