/// A slice of a datagram, or of a value that we built.
package typealias Bytes = ArraySlice<UInt8>

/// A set of ASCII characters: the character classes of RFC 3261 §25.1.
struct ByteSet: Sendable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  init(_ characters: some Sequence<UInt8>) {
    for character in characters where character < 128 {
      if character < 64 { low |= 1 << UInt64(character) } else { high |= 1 << UInt64(character & 63) }
    }
  }

  func contains(_ byte: UInt8) -> Bool {
    if byte < 64 { return low >> UInt64(byte) & 1 != 0 }
    return byte < 128 && high >> UInt64(byte & 63) & 1 != 0
  }

  func containsAll(_ bytes: some Sequence<UInt8>) -> Bool { bytes.allSatisfy(contains) }

  static func + (left: ByteSet, right: ByteSet) -> ByteSet {
    var union = left
    union.low |= right.low
    union.high |= right.high
    return union
  }

  static func + (left: ByteSet, right: String) -> ByteSet { left + ByteSet(right.utf8) }

  func subtracting(_ characters: String) -> ByteSet {
    var rest = self
    let removed = ByteSet(characters.utf8)
    rest.low &= ~removed.low
    rest.high &= ~removed.high
    return rest
  }

  static let digits = ByteSet(UInt8(ascii: "0")...UInt8(ascii: "9"))
  static let alphanumeric =
    digits + ByteSet(UInt8(ascii: "a")...UInt8(ascii: "z")) + ByteSet(UInt8(ascii: "A")...UInt8(ascii: "Z"))
  static let visible = ByteSet(0x21...0x7E)
  static let token = alphanumeric + "-.!%*_+`'~"
  static let scheme = alphanumeric + "+-."
  /// Underscores are no part of a host name, but of names that containers and Windows machines have.
  static let hostName = alphanumeric + "-._"
  static let unreserved = alphanumeric + "-_.!~*'()"
  static let user = unreserved + "&=+$,;?/"
  static let password = unreserved + "&=+$,"
  static let uriParameter = unreserved + "[]/:&+$"
  static let uriHeader = unreserved + "[]/?:+$"
  /// Besides tokens, a parameter's value may be a host, with brackets and colons (`gen-value`), and phones leave more unquoted.
  static let parameterValue = visible.subtracting("\"\\;,<>")
}
