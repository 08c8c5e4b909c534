import Wire

/// The %HH escapes of URIs (RFC 3261 §19.1.2, RFC 3986 §2).
///
/// URIs keep their parts in one canonical escaped form: unreserved characters plain, everything that is not `allowed`
/// escaped, digits in upper case. Equal parts are then equal text, and no byte that could end a line ever stands in one.
enum PercentEscaping {
  /// The canonical form of text as received.
  static func canonical(_ text: Bytes, allowed: ByteSet) throws(SIPSyntaxError) -> String {
    if allowed.containsAll(text) { return String(decoding: text, as: UTF8.self) }
    var escaped: [UInt8] = []
    var position = text.startIndex
    while position < text.endIndex {
      let byte = text[position]
      position += 1
      guard byte == UInt8(ascii: "%") else {
        guard byte > 0x20, byte != 0x7F else { throw SIPSyntaxError(.value(.uri), at: position - 1) }
        append(byte, to: &escaped, plain: allowed)
        continue
      }
      guard position + 1 < text.endIndex, let high = Hex.value(text[position]), let low = Hex.value(text[position + 1]) else {
        throw SIPSyntaxError(.value(.percentEscape), at: position - 1)
      }
      append(high << 4 | low, to: &escaped, plain: .unreserved)
      position += 2
    }
    return String(decoding: escaped, as: UTF8.self)
  }

  /// The canonical form of text that may hold anything.
  static func escape(_ text: String, allowed: ByteSet) -> String { escape(text.utf8, allowed: allowed) }

  static func escape(_ bytes: some Sequence<UInt8>, allowed: ByteSet) -> String {
    var escaped: [UInt8] = []
    for byte in bytes { append(byte, to: &escaped, plain: allowed) }
    return String(decoding: escaped, as: UTF8.self)
  }

  /// What canonical text stands for; bytes that are no UTF-8 become U+FFFD.
  static func unescape(_ text: String) -> String {
    let bytes = Array(text.utf8)
    guard bytes.contains(UInt8(ascii: "%")) else { return text }
    var plain: [UInt8] = []
    var position = 0
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "%"), position + 2 < bytes.count,
        let high = Hex.value(bytes[position + 1]), let low = Hex.value(bytes[position + 2])
      {
        plain.append(high << 4 | low)
        position += 3
      } else {
        plain.append(bytes[position])
        position += 1
      }
    }
    return String(decoding: plain, as: UTF8.self)
  }

  private static func append(_ byte: UInt8, to text: inout [UInt8], plain: ByteSet) {
    if plain.contains(byte) {
      text.append(byte)
    } else {
      text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }

  private static let digits = Array("0123456789ABCDEF".utf8)
}
