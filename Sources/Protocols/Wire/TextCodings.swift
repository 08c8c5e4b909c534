/// Base 16 (RFC 4648 §8), lower case.
package enum Hex {
  package static func encode(_ octets: some Sequence<UInt8>) -> String {
    String(decoding: octets.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The bytes that `text` names, either case; `nil` if its length is odd or a character is no digit.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    let characters = Array(text.utf8)
    guard characters.count.isMultiple(of: 2) else { return nil }
    var octets: [UInt8] = []
    octets.reserveCapacity(characters.count / 2)
    for index in stride(from: 0, to: characters.count, by: 2) {
      guard let high = value(characters[index]), let low = value(characters[index + 1]) else { return nil }
      octets.append(high << 4 | low)
    }
    return octets
  }

  /// The value of one hexadecimal digit.
  package static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x41...0x46: digit - 0x41 + 10
    case 0x61...0x66: digit - 0x61 + 10
    default: nil
    }
  }

  private static let digits = Array("0123456789abcdef".utf8)
}

/// Base 64 (RFC 4648 §4), and its alphabet for URLs and tokens without padding (§5).
package enum Base64 {
  package static func encode(_ octets: [UInt8]) -> String { encode(octets, alphabet: standard, padded: true) }
  package static func encodeForURL(_ octets: [UInt8]) -> String { encode(octets, alphabet: url, padded: false) }

  /// The bytes that `text` names in either alphabet, padded or not; `nil` if a character or the length is wrong.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var characters = Array(text.utf8)
    while characters.last == UInt8(ascii: "="), !characters.isEmpty { characters.removeLast() }
    guard characters.count % 4 != 1 else { return nil }
    var octets: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for character in characters {
      guard let value = value(character) else { return nil }
      bits = bits << 6 | value
      count += 6
      if count >= 8 {
        count -= 8
        octets.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return octets
  }

  private static func value(_ character: UInt8) -> UInt32? {
    switch character {
    case 0x41...0x5A: UInt32(character) - 0x41
    case 0x61...0x7A: UInt32(character) - 0x61 + 26
    case 0x30...0x39: UInt32(character) - 0x30 + 52
    case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
    default: nil
    }
  }

  private static func encode(_ octets: [UInt8], alphabet: [UInt8], padded: Bool) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: octets.count, by: 3) {
      let group = octets[start..<min(start + 3, octets.count)]
      let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for position in 0...group.count { text.append(alphabet[Int(bits >> UInt32(18 - 6 * position) & 63)]) }
      if padded { text += Array(repeating: UInt8(ascii: "="), count: 3 - group.count) }
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
  private static let standard = Array((letters + "+/").utf8)
  private static let url = Array((letters + "-_").utf8)
}
