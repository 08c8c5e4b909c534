import Wire

/// The %HH escapes of paths and queries (RFC 3986 §2.1, and `+` as a space in forms).
package enum PercentCoding {
  /// The text meant; `nil` for a broken escape or bytes that are no UTF-8.
  package static func decode(_ text: some StringProtocol) -> String? {
    let bytes = Array(text.utf8)
    var plain: [UInt8] = []
    var index = 0
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "%"):
        guard index + 2 < bytes.count, let high = Hex.value(bytes[index + 1]), let low = Hex.value(bytes[index + 2]) else {
          return nil
        }
        plain.append(high << 4 | low)
        index += 3
      case UInt8(ascii: "+"):
        plain.append(0x20)
        index += 1
      default:
        plain.append(bytes[index])
        index += 1
      }
    }
    return String(validating: plain, as: UTF8.self)
  }
}

/// Text inside JSON (RFC 8259 §7).
package enum JSONText {
  package static func quote(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
