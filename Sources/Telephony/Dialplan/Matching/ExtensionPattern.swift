/// An extension as written: plain, or a pattern that begins with `_`.
///
/// In a pattern `X` is a digit, `Z` one of 1 to 9, `N` one of 2 to 9, `[…]` one of a set with ranges, `.` at least one more of anything and
/// `!` any number of anything; the rest is meant literally. Dashes are for the eye: they are left out here and in what is dialled.
/// Two that mean the same (`_NX`, `_[2-9]X`) are equal, and the order is the one in which they are tried.
package struct ExtensionPattern: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// Longer ones match nothing.
  package static var maximumLength: Int { 256 }

  /// As written, dashes included.
  package let text: String
  let kind: Kind

  enum Kind: Hashable, Sendable {
    /// Without dashes.
    case plain(String)
    case pattern([Element])
  }

  /// One place of a pattern.
  enum Element: Hashable, Sendable {
    case one(ByteSet)
    /// `.`
    case some
    /// `!`
    case any
    /// A set without its end, always the last: nothing fits the whole pattern.
    case broken
  }

  package init(_ text: String) {
    self.text = text
    guard text.utf8.count <= Self.maximumLength else {
      kind = .pattern([.broken])
      return
    }
    kind = text.utf8.first == UInt8(ascii: "_") ? .pattern(Self.elements(text.utf8.dropFirst())) : .plain(Self.undashed(text))
  }

  package var description: String { text }

  package var isPattern: Bool {
    if case .pattern = kind { true } else { false }
  }

  var isBroken: Bool {
    if case .pattern(let elements) = kind { elements.last == .broken } else { false }
  }

  /// Why it will never match, a sentence; `nil` if it may.
  package var trouble: String? {
    guard text.utf8.count <= Self.maximumLength else {
      return "This extension is longer than \(Self.maximumLength) bytes and will never match."
    }
    if isBroken {
      return "A set of characters begins with “[” in “\(text)” and has no “]”: this pattern will never match."
    }
    return nil
  }

  /// What was dialled, or written, without its dashes.
  static func undashed(_ text: String) -> String {
    let dash = UInt8(ascii: "-")
    return text.utf8.contains(dash) ? String(decoding: text.utf8.filter { $0 != dash }, as: UTF8.self) : text
  }

  private static func elements(_ pattern: Substring.UTF8View) -> [Element] {
    var elements: [Element] = []
    var rest = pattern
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "-"): continue
      case UInt8(ascii: "X"), UInt8(ascii: "x"): elements.append(.one(digits))
      case UInt8(ascii: "Z"), UInt8(ascii: "z"): elements.append(.one(digitsFromOne))
      case UInt8(ascii: "N"), UInt8(ascii: "n"): elements.append(.one(digitsFromTwo))
      case UInt8(ascii: "."): elements.append(.some)
      case UInt8(ascii: "!"): elements.append(.any)
      case UInt8(ascii: "["):
        guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return elements + [.broken] }
        let set = members(Array(rest[..<end]))
        if !set.isEmpty { elements.append(.one(set)) }
        rest = rest[rest.index(after: end)...]
      default: elements.append(.one(ByteSet(byte...byte)))
      }
    }
    return elements
  }

  /// What stands between `[` and `]`; a range that goes backwards has nothing in it.
  private static func members(_ written: [UInt8]) -> ByteSet {
    var set = ByteSet()
    var index = 0
    while index < written.count {
      let first = written[index]
      if index + 2 < written.count, written[index + 1] == UInt8(ascii: "-") {
        let last = written[index + 2]
        if first <= last { for byte in first...last { set.insert(byte) } }
        index += 3
      } else {
        set.insert(first)
        index += 1
      }
    }
    return set
  }

  private static let digits = ByteSet(UInt8(ascii: "0")...UInt8(ascii: "9"))
  private static let digitsFromOne = ByteSet(UInt8(ascii: "1")...UInt8(ascii: "9"))
  private static let digitsFromTwo = ByteSet(UInt8(ascii: "2")...UInt8(ascii: "9"))

  // MARK: Order

  package static func == (left: ExtensionPattern, right: ExtensionPattern) -> Bool {
    switch (left.kind, right.kind) {
    // Strings compare by what is read; extensions by their bytes.
    case (.plain(let mine), .plain(let yours)): mine.utf8.elementsEqual(yours.utf8)
    case (.pattern(let mine), .pattern(let yours)): mine == yours
    case (.plain, .pattern), (.pattern, .plain): false
    }
  }

  package func hash(into hasher: inout Hasher) {
    switch kind {
    case .plain(let text):
      for byte in text.utf8 { hasher.combine(byte) }
    case .pattern(let elements): hasher.combine(elements)
    }
  }

  /// Plain ones first, by their bytes; then patterns, place by place, the one that fits less before the one that fits more.
  package static func < (left: ExtensionPattern, right: ExtensionPattern) -> Bool {
    switch (left.kind, right.kind) {
    case (.plain(let mine), .plain(let yours)): return mine.utf8.lexicographicallyPrecedes(yours.utf8)
    case (.plain, .pattern): return true
    case (.pattern, .plain): return false
    case (.pattern(let mine), .pattern(let yours)):
      for (one, other) in zip(mine, yours) where one != other { return one < other }
      // The end of a pattern comes after whatever could stand there, but for a set without end.
      if mine.count == yours.count { return false }
      return mine.count > yours.count ? mine[yours.count] != .broken : yours[mine.count] == .broken
    }
  }

  // MARK: Matching

  /// What was dialled, seen from one extension.
  enum Fit: Hashable, Sendable {
    /// Nothing that begins like this is it.
    case none
    /// It may become it.
    case begun
    /// It is it.
    case whole
    /// It is it, and with more it still is (`.`).
    case open
    /// It is it, and no more is waited for (`!`).
    case final

    var matches: Bool {
      switch self {
      case .none, .begun: false
      case .whole, .open, .final: true
      }
    }
  }

  /// Whether this is what was dialled. A name that begins with `_` is first taken for a pattern: it matches the one that means the same.
  package func matches(_ dialled: String) -> Bool {
    if fit(dialled).matches { return true }
    return isPattern && !isBroken && dialled.utf8.first == UInt8(ascii: "_") && self == ExtensionPattern(dialled)
  }

  /// How what was dialled fits; dashes in it do not count.
  func fit(_ dialled: String) -> Fit {
    var bytes = Self.undashed(dialled).utf8.makeIterator()
    switch kind {
    case .plain(let text):
      for expected in text.utf8 {
        guard let byte = bytes.next() else { return .begun }
        guard byte == expected else { return .none }
      }
    case .pattern(let elements):
      guard elements.last != .broken else { return .none }
      for element in elements {
        guard element != .any else { return .final }
        guard let byte = bytes.next() else { return .begun }
        switch element {
        case .one(let set) where !set.contains(byte): return .none
        case .some: return .open
        case .one, .any, .broken: continue
        }
      }
    }
    return bytes.next() == nil ? .whole : .none
  }
}

extension ExtensionPattern.Element {
  /// Places with fewer characters first; then `.`, then `!`.
  static func < (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.one(let mine), .one(let yours)): mine < yours
    default: left.rank < right.rank
    }
  }

  private var rank: Int {
    switch self {
    case .one: 0
    case .some: 1
    case .any: 2
    case .broken: 3
    }
  }
}
