/// Arguments as they are written, before anything is put in: which part stands where, and which parts are known already.
struct WrittenArguments {
  struct Part: Hashable {
    var text: String
    /// Bytes from the beginning of the arguments.
    var offset: Int

    /// Whether it is the same for every call.
    var isStatic: Bool { !zip(text.utf8, text.utf8.dropFirst()).contains { $0 == UInt8(ascii: "$") && "{[".utf8.contains($1) } }

    /// Without the blanks around it.
    var trimmed: Part {
      let octets = Array(text.utf8)
      let inner = octets[...].trimmed
      return Part(text: inner.text, offset: offset + inner.startIndex)
    }
  }

  /// What may stand around a separator without being parted by it, besides `${…}` and `$[…]`.
  enum Protection {
    case nothing
    case parentheses
    /// Parentheses, brackets, quotes and backslashes.
    case everything

    fileprivate var openers: String {
      switch self {
      case .nothing: ""
      case .parentheses: "("
      case .everything: "(["
      }
    }
  }

  /// Parts at each separator, at most so many.
  static func parts(
    of text: String, offset: Int = 0, at separator: Unicode.Scalar, _ protection: Protection, most: Int = .max
  ) -> [Part] {
    let octets = Array(text.utf8)
    var (parts, start, index) = ([Part](), 0, 0)
    // What closes each thing that is open.
    var open: [UInt8] = []
    var isQuoted = false
    while index < octets.count, parts.count < most - 1 {
      let octet = octets[index]
      if octet == UInt8(ascii: "$"), index + 1 < octets.count, let closer = closer(of: octets[index + 1], "{[") {
        open.append(closer)
        index += 1
      } else if let last = open.last {
        if octet == last {
          open.removeLast()
        } else if closer(of: octet, "{[(") == last {
          open.append(last)
        }
      } else if protection == .everything, octet == UInt8(ascii: "\\") {
        index += 1
      } else if protection == .everything, octet == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else if !isQuoted, octet == UInt8(separator.value & 0x7F) {
        parts.append(Part(text: octets[start..<index].text, offset: offset + start))
        start = index + 1
      } else if !isQuoted, let closer = closer(of: octet, protection.openers) {
        open.append(closer)
      }
      index += 1
    }
    return parts + [Part(text: octets[start...].text, offset: offset + start)]
  }

  /// What closes this, if it is one of those that open something.
  private static func closer(of octet: UInt8, _ openers: String) -> UInt8? {
    guard openers.utf8.contains(octet) else { return nil }
    switch octet {
    case UInt8(ascii: "{"): return UInt8(ascii: "}")
    case UInt8(ascii: "["): return UInt8(ascii: "]")
    default: return UInt8(ascii: ")")
    }
  }

  /// A target and what stands in parentheses behind it.
  static func withoutParentheses(_ part: Part) -> Part {
    let parts = parts(of: part.text, offset: part.offset, at: "(", .nothing, most: 2)
    return parts[0].trimmed
  }
}
