/// `:offset:length` behind a variable's name: a part of its value, in bytes; negative ones count from the end.
///
/// A cut inside a character falls back to that character's beginning.
struct Excerpt: Hashable, Sendable {
  var offset: Int
  /// `nil` for the rest.
  var length: Int?

  init(offset: Int, length: Int?) {
    self.offset = offset
    self.length = length
  }

  /// Read as C's `%d:%d` reads: an offset that is no number takes the length with it, and everything is left.
  init(_ written: String) {
    var scanner = IntegerScanner(written)
    guard let offset = scanner.integer() else {
      self.init(offset: 0, length: nil)
      return
    }
    self.init(offset: offset, length: scanner.skip(UInt8(ascii: ":")) ? scanner.integer() : nil)
  }

  func of(_ text: String) -> String {
    let octets = text.utf8
    let count = octets.count
    let start = offset < 0 ? max(0, count + offset) : offset
    guard start < count else { return "" }
    let end: Int
    switch length {
    case nil: end = count
    case .some(let length) where length < 0: end = max(start, count + length)
    case .some(let length): end = length < count - start ? start + length : count
    }
    if start == 0, end == count { return text }
    let lower = octets.characterBoundary(at: start)
    let upper = octets.characterBoundary(at: end)
    return lower < upper ? String(Substring(octets[lower..<upper])) : ""
  }
}

extension String.UTF8View {
  /// The byte at an offset, or the first byte of the character that it belongs to.
  func characterBoundary(at offset: Int) -> Index {
    var place = index(startIndex, offsetBy: offset)
    while place > startIndex, place < endIndex, self[place] & 0xC0 == 0x80 { place = index(before: place) }
    return place
  }
}

/// Reads integers as C's `scanf` does: blanks before, a sign, digits; held to 30 digits and to what fits.
struct IntegerScanner {
  private var rest: Substring.UTF8View

  init(_ text: String) { rest = text[...].utf8 }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func skip(_ octet: UInt8) -> Bool {
    guard rest.first == octet else { return false }
    rest = rest.dropFirst()
    return true
  }

  /// `nil` (and nothing but blanks consumed) where no number stands.
  mutating func integer() -> Int? {
    while let octet = rest.first, isBlank(octet) { rest = rest.dropFirst() }
    var octets = rest
    let isNegative = octets.first == UInt8(ascii: "-")
    if isNegative || octets.first == UInt8(ascii: "+") { octets = octets.dropFirst() }
    guard let first = octets.first, isDigit(first) else { return nil }
    var value = 0
    while let octet = octets.first, isDigit(octet) {
      value = min(value &* 10 &+ Int(octet &- 48), Int(Int32.max))
      octets = octets.dropFirst()
    }
    rest = octets
    return isNegative ? -value : value
  }
}

func isDigit(_ octet: UInt8) -> Bool { octet &- 48 < 10 }
/// What C's `isspace` says in the C locale.
func isBlank(_ octet: UInt8) -> Bool { octet == 32 || octet &- 9 < 5 }
