import Wire

extension JSON {
  /// How deeply lists and objects may stand in each other.
  package static let maximumDepth = 32

  /// A value from its text, to the letter of RFC 8259; `nil` for anything else, for what is nested too deeply, and for an object that
  /// names a member twice, which readers do not agree about.
  package init?(parsing octets: [UInt8]) {
    guard String(validating: octets, as: UTF8.self) != nil else { return nil }
    var text = Text(octets: octets)
    guard let value = text.value(depth: 0), text.isAtEnd else { return nil }
    self = value
  }

  /// What is left of a text that is UTF-8.
  private struct Text {
    let octets: [UInt8]
    var position = 0

    var next: UInt8? { position < octets.count ? octets[position] : nil }

    mutating func skipBlanks() {
      while let next, next == 0x20 || next == 0x09 || next == 0x0A || next == 0x0D { position += 1 }
    }

    var isAtEnd: Bool {
      mutating get {
        skipBlanks()
        return next == nil
      }
    }

    /// Passes over a character, and the blanks before it, if it stands there.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
      skipBlanks()
      guard let next, next == UInt8(ascii: character) else { return false }
      position += 1
      return true
    }

    mutating func take(word: StaticString) -> Bool {
      let bytes = Array(word.description.utf8)
      guard octets[position...].starts(with: bytes) else { return false }
      position += bytes.count
      return true
    }

    mutating func value(depth: Int) -> JSON? {
      guard depth <= JSON.maximumDepth else { return nil }
      skipBlanks()
      switch next {
      case UInt8(ascii: "{"): return object(depth: depth)
      case UInt8(ascii: "["): return array(depth: depth)
      case UInt8(ascii: "\""): return string().map(JSON.string)
      case UInt8(ascii: "n"): return take(word: "null") ? .null : nil
      case UInt8(ascii: "t"): return take(word: "true") ? .bool(true) : nil
      case UInt8(ascii: "f"): return take(word: "false") ? .bool(false) : nil
      default: return number()
      }
    }

    mutating func array(depth: Int) -> JSON? {
      guard take("[") else { return nil }
      if take("]") { return .array([]) }
      var values: [JSON] = []
      repeat {
        guard let value = value(depth: depth + 1) else { return nil }
        values.append(value)
      } while take(",")
      return take("]") ? .array(values) : nil
    }

    mutating func object(depth: Int) -> JSON? {
      guard take("{") else { return nil }
      if take("}") { return .object([]) }
      var members: [Member] = []
      var names: Set<String> = []
      repeat {
        skipBlanks()
        guard let name = string(), names.insert(name).inserted, take(":"), let value = value(depth: depth + 1) else {
          return nil
        }
        members.append(Member(name, value))
      } while take(",")
      return take("}") ? .object(members) : nil
    }

    mutating func string() -> String? {
      guard next == UInt8(ascii: "\"") else { return nil }
      position += 1
      var plain: [UInt8] = []
      while let octet = next {
        position += 1
        switch octet {
        case UInt8(ascii: "\""): return String(validating: plain, as: UTF8.self)
        case UInt8(ascii: "\\"):
          guard let scalar = escape() else { return nil }
          plain += Array(String(scalar).utf8)
        case 0..<0x20: return nil
        default: plain.append(octet)
        }
      }
      return nil
    }

    /// What is meant behind a backslash.
    mutating func escape() -> Unicode.Scalar? {
      guard let letter = next else { return nil }
      position += 1
      switch letter {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
      case UInt8(ascii: "b"): return "\u{8}"
      case UInt8(ascii: "f"): return "\u{C}"
      case UInt8(ascii: "n"): return "\n"
      case UInt8(ascii: "r"): return "\r"
      case UInt8(ascii: "t"): return "\t"
      case UInt8(ascii: "u"):
        guard let unit = codeUnit() else { return nil }
        guard unit & 0xFC00 == 0xD800 else { return Unicode.Scalar(unit) }
        // The other half of a character beyond the first plane (RFC 8259 §7).
        guard take(word: "\\u"), let low = codeUnit(), low & 0xFC00 == 0xDC00 else { return nil }
        return Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF))
      default: return nil
      }
    }

    mutating func codeUnit() -> UInt32? {
      guard octets.count - position >= 4 else { return nil }
      var unit: UInt32 = 0
      for octet in octets[position..<position + 4] {
        guard let digit = Hex.value(octet) else { return nil }
        unit = unit << 4 | UInt32(digit)
      }
      position += 4
      return unit
    }

    mutating func digits() -> Bool {
      let start = position
      while let next, (0x30...0x39).contains(next) { position += 1 }
      return position > start
    }

    /// A whole number where 64 bits hold it, else one with a fraction; one that is too great is none.
    mutating func number() -> JSON? {
      let start = position
      if next == UInt8(ascii: "-") { position += 1 }
      let isZero = next == UInt8(ascii: "0")
      let first = position
      guard digits(), !isZero || position == first + 1 else { return nil }
      var isWhole = true
      if next == UInt8(ascii: ".") {
        isWhole = false
        position += 1
        guard digits() else { return nil }
      }
      if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
        isWhole = false
        position += 1
        if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
        guard digits() else { return nil }
      }
      let text = String(decoding: octets[start..<position], as: UTF8.self)
      if isWhole, let integer = Int64(text) { return .integer(integer) }
      guard let number = Double(text), number.isFinite else { return nil }
      return .number(number)
    }
  }
}
