import Cryptography
import Wire

/// MESSAGE-INTEGRITY: HMAC-SHA1 over everything before it (RFC 8489 §14.5).
enum STUNIntegrity {
  static let codeOctets = 20
  static let attributeOctets = 4 + codeOctets

  /// `octets` must already carry the length that includes this attribute.
  static func code(over octets: [UInt8], password: String) -> [UInt8] {
    HMACSHA1.authenticate(octets, key: Array(password.utf8))
  }

  static func isValid(_ octets: [UInt8], at offset: Int, password: String) -> Bool {
    guard offset >= STUNMessage.headerOctets, offset + attributeOctets <= octets.count else { return false }
    var covered = Array(octets[..<offset])
    // The sender computed its code before it added FINGERPRINT, so the length must end with this attribute.
    covered.replaceSubrange(2..<4, with: UInt16(truncatingIfNeeded: offset - STUNMessage.headerOctets + attributeOctets).octets)
    let claimed = Array(octets[(offset + 4)..<(offset + attributeOctets)])
    return constantTimeEquals(claimed, code(over: covered, password: password))
  }
}

/// FINGERPRINT: a CRC-32 that tells STUN from other protocols on the same port (RFC 8489 §14.7).
enum STUNFingerprint {
  static let attributeOctets = 8

  static func code(over octets: ArraySlice<UInt8>) -> UInt32 {
    crc32(octets) ^ 0x5354_554E
  }

  /// The CRC of ITU V.42, reflected, as Ethernet has it.
  static func crc32(_ octets: some Sequence<UInt8>) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for octet in octets {
      crc = table[Int(UInt8(truncatingIfNeeded: crc) ^ octet)] ^ (crc >> 8)
    }
    return ~crc
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
  }
}
