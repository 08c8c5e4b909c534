/// `EXT/CALLER`: which callers an extension is for; an empty one is for those who tell no number.
package struct CallerPattern: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// As written.
  package let text: String
  private let pattern: ExtensionPattern

  package init(_ text: String) {
    self.text = text
    pattern = ExtensionPattern(Self.shrunk(text))
  }

  package var description: String { text }

  /// Why no caller will ever match, a sentence; `nil` if one may.
  package var trouble: String? { pattern.trouble }

  package func matches(_ caller: String?) -> Bool {
    guard let caller, !caller.isEmpty else { return pattern == ExtensionPattern("") }
    return pattern.matches(caller)
  }

  package static func == (left: CallerPattern, right: CallerPattern) -> Bool { left.pattern == right.pattern }
  package func hash(into hasher: inout Hasher) { hasher.combine(pattern) }
  package static func < (left: CallerPattern, right: CallerPattern) -> Bool { left.pattern < right.pattern }

  /// Numbers are written for the eye: without blanks, parentheses, dashes (outside of sets) and points (but for one at the end).
  private static func shrunk(_ text: String) -> String {
    var isInSet = false
    var shrunk: [UInt8] = []
    for (offset, byte) in text.utf8.enumerated() {
      switch byte {
      case UInt8(ascii: "["): isInSet = true
      case UInt8(ascii: "]"): isInSet = false
      case UInt8(ascii: "-") where !isInSet: continue
      case UInt8(ascii: ".") where offset + 1 < text.utf8.count: continue
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "("), UInt8(ascii: ")"): continue
      default: break
      }
      shrunk.append(byte)
    }
    return String(decoding: shrunk, as: UTF8.self)
  }
}

extension Extension {
  /// Whether both are one: lines of the second are lines of the first.
  package func isSame(as other: Extension) -> Bool { pattern == other.pattern && caller == other.caller }

  /// The order in which extensions of a context are tried: by pattern; of the same, those for certain callers first.
  package func isTried(before other: Extension) -> Bool {
    if pattern != other.pattern { return pattern < other.pattern }
    switch (caller, other.caller) {
    case (let mine?, let yours?): return mine < yours
    case (.some, nil): return true
    case (nil, _): return false
    }
  }
}
