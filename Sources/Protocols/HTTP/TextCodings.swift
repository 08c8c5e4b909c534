import Wire

/// The %HH escapes of paths and queries (RFC 3986 §2.1).
package enum PercentCoding {
  /// The text meant; `nil` for a broken escape or bytes that are no UTF-8.
  ///
  /// - Parameter isForm: in queries, as forms write them, `+` is a space; in paths it is itself.
  package static func decode(_ text: some StringProtocol, isForm: Bool = false) -> String? {
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
      case UInt8(ascii: "+") where isForm:
        plain.append(0x20)
        index += 1
      default:
        plain.append(bytes[index])
        index += 1
      }
    }
    return String(validating: plain, as: UTF8.self)
  }

  /// A text as one segment of a path (RFC 3986 §3.3).
  package static func encode(_ text: String) -> String {
    let octets = text.utf8.flatMap { octet -> [UInt8] in
      switch octet {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
        UInt8(ascii: "@"):
        [octet]
      default: [UInt8(ascii: "%")] + Array(Hex.encode([octet]).uppercased().utf8)
      }
    }
    return String(decoding: octets, as: UTF8.self)
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
