import Wire

/// The %HH escapes of paths and queries (RFC 3986 §2.1).
package enum PercentCoding {
  /// A text as it may stand in a path's segment or a query: all but the unreserved characters (RFC 3986 §2.3) is escaped.
  package static func encode(_ text: some StringProtocol) -> String {
    var encoded: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
        encoded.append(byte)
      default: encoded += Array("%\(Hex.encode([byte]).uppercased())".utf8)
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  /// The text meant; `nil` for a broken escape or bytes that are no UTF-8.
  ///
  /// - Parameter isForm: whether `+` stands for a space, as in queries; in paths it stands for itself.
  package static func decode(_ text: some StringProtocol, isForm: Bool = true) -> String? {
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
