import Wire

/// Walks over one header value or URI, byte by byte, and says at which offset it broke.
package struct Scanner {
  private let bytes: Bytes
  private(set) var position: Int

  init(_ bytes: Bytes) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  var isAtEnd: Bool { position >= bytes.endIndex }
  var next: UInt8? { position < bytes.endIndex ? bytes[position] : nil }
  var rest: Bytes { bytes[position...] }

  func fails(_ expected: SIPSyntaxError.Expected) -> SIPSyntaxError {
    SIPSyntaxError(.value(expected), at: position)
  }

  mutating func skipWhitespace() {
    while position < bytes.endIndex, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
  }

  mutating func skip(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  /// The byte with whitespace allowed on both sides: SEMI, COMMA, EQUAL, SLASH of §25.1.
  mutating func skipSeparator(_ byte: UInt8) -> Bool {
    let start = position
    skipWhitespace()
    guard skip(byte) else {
      position = start
      return false
    }
    skipWhitespace()
    return true
  }

  mutating func expect(_ byte: UInt8) throws(SIPSyntaxError) {
    guard skip(byte) else { throw fails(.byte(byte)) }
  }

  mutating func expectSeparator(_ byte: UInt8) throws(SIPSyntaxError) {
    guard skipSeparator(byte) else { throw fails(.byte(byte)) }
  }

  mutating func expectEnd() throws(SIPSyntaxError) {
    skipWhitespace()
    guard isAtEnd else { throw fails(.end) }
  }

  mutating func take(while set: ByteSet) -> Bytes {
    let start = position
    while position < bytes.endIndex, set.contains(bytes[position]) { position += 1 }
    return bytes[start..<position]
  }

  /// Everything before `byte`, or before the end.
  mutating func take(upTo byte: UInt8) -> Bytes {
    let start = position
    while position < bytes.endIndex, bytes[position] != byte { position += 1 }
    return bytes[start..<position]
  }

  /// Everything to the end, without the whitespace there.
  mutating func takeRest() -> Bytes {
    defer { position = bytes.endIndex }
    var end = bytes.endIndex
    while end > position, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
    return bytes[position..<end]
  }

  mutating func token() throws(SIPSyntaxError) -> String {
    let token = take(while: .token)
    guard !token.isEmpty else { throw fails(.token) }
    return String(decoding: token, as: UTF8.self)
  }

  /// A decimal number with no sign that fits.
  mutating func number<Number: FixedWidthInteger>(_: Number.Type = Number.self) throws(SIPSyntaxError) -> Number {
    let start = position
    let digits = take(while: .digits)
    var value: Number = 0
    for digit in digits {
      let (scaled, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, carried) = scaled.addingReportingOverflow(Number(digit & 15))
      guard !tooLarge, !carried else { throw SIPSyntaxError(.value(.number), at: start) }
      value = sum
    }
    guard !digits.isEmpty else { throw fails(.number) }
    return value
  }

  /// The text between quotation marks, unescaped; control characters are dropped and a TAB becomes a space.
  mutating func quotedString() throws(SIPSyntaxError) -> String {
    let start = position
    guard skip(UInt8(ascii: "\"")) else { throw fails(.quotedString) }
    var text: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let escaped = next else { throw SIPSyntaxError(.value(.quotedString), at: start) }
        position += 1
        text.appendVisible(escaped)
      default: text.appendVisible(byte)
      }
    }
    throw SIPSyntaxError(.value(.quotedString), at: start)
  }
}
