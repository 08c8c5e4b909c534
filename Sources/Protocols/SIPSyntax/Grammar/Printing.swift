extension [UInt8] {
  mutating func append(_ text: String) { append(contentsOf: text.utf8) }

  /// Appends any byte but a control character; a TAB becomes a space.
  mutating func appendVisible(_ byte: UInt8) {
    if byte == 0x09 {
      append(0x20)
    } else if byte >= 0x20, byte != 0x7F {
      append(byte)
    }
  }

  /// Appends text from outside: whatever it holds, it cannot end the line.
  mutating func appendVisible(_ text: some Sequence<UInt8>) {
    for byte in text { appendVisible(byte) }
  }

  /// Appends a quoted-string (§25.1).
  mutating func appendQuoted(_ text: String) {
    append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { append(UInt8(ascii: "\\")) }
      appendVisible(byte)
    }
    append(UInt8(ascii: "\""))
  }
}
