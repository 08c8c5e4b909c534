/// What a regular expression is made of.
indirect enum RegularSyntax: Hashable, Sendable {
  case nothing
  case byte(ByteSet)
  case assertion(Assertion)
  case sequence([RegularSyntax])
  case choice([RegularSyntax])
  /// `most` is `nil` where there is no end.
  case repetition(RegularSyntax, least: Int, most: Int?)
  /// Parentheses, counted from 1 by their opening.
  case group(RegularSyntax, number: Int)

  /// What holds between two bytes.
  enum Assertion: Hashable, Sendable {
    case beginning, end, wordEdge, noWordEdge, wordBeginning, wordEnd

    func holds(_ octets: [UInt8], at position: Int) -> Bool {
      let before = position > 0 && Self.isOfWord(octets[position - 1])
      let after = position < octets.count && Self.isOfWord(octets[position])
      return switch self {
      case .beginning: position == 0
      case .end: position == octets.count
      case .wordEdge: before != after
      case .noWordEdge: before == after
      case .wordBeginning: !before && after
      case .wordEnd: before && !after
      }
    }

    private static func isOfWord(_ octet: UInt8) -> Bool { RegularSyntaxReader.word.contains(octet) }
  }

  /// The same, read from its end.
  var reversed: RegularSyntax {
    switch self {
    case .nothing, .byte, .assertion: self
    case .sequence(let parts): .sequence(parts.reversed().map(\.reversed))
    case .choice(let parts): .choice(parts.map(\.reversed))
    case .repetition(let part, let least, let most): .repetition(part.reversed, least: least, most: most)
    case .group(let part, let number): .group(part.reversed, number: number)
    }
  }

  var hasFirstGroup: Bool {
    switch self {
    case .nothing, .byte, .assertion: false
    case .sequence(let parts), .choice(let parts): parts.contains(where: \.hasFirstGroup)
    case .repetition(let part, _, _): part.hasFirstGroup
    case .group(let part, let number): number == 1 || part.hasFirstGroup
    }
  }
}

/// Reads an expression as the C library does under `REG_EXTENDED` in the C locale.
struct RegularSyntaxReader {
  private let octets: [UInt8]
  private var position = 0
  private(set) var groups = 0
  private var open = 0

  init(_ pattern: String) { octets = Array(pattern.utf8) }

  mutating func read() throws(RegularExpression.Flaw) -> RegularSyntax { try choice() }

  private var octet: UInt8? { position < octets.count ? octets[position] : nil }

  private mutating func choice() throws(RegularExpression.Flaw) -> RegularSyntax {
    var parts = [try sequence()]
    while octet == UInt8(ascii: "|") {
      position += 1
      parts.append(try sequence())
    }
    return parts.count == 1 ? parts[0] : .choice(parts)
  }

  private mutating func sequence() throws(RegularExpression.Flaw) -> RegularSyntax {
    var parts: [RegularSyntax] = []
    while let octet, octet != UInt8(ascii: "|"), octet != UInt8(ascii: ")") || open == 0 {
      let part = try atom(octet)
      if case .assertion = part { parts.append(part) } else { parts.append(try repeated(part)) }
    }
    return parts.isEmpty ? .nothing : parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func atom(_ octet: UInt8) throws(RegularExpression.Flaw) -> RegularSyntax {
    position += 1
    switch UnicodeScalar(octet) {
    case "(":
      guard open < RegularExpression.maximumDepth else {
        throw .init("its parentheses stand more than \(RegularExpression.maximumDepth) deep.")
      }
      groups += 1
      open += 1
      let number = groups
      let inside = try choice()
      guard self.octet == UInt8(ascii: ")") else { throw .init("a ( is never closed.") }
      open -= 1
      position += 1
      return .group(inside, number: number)
    case "*", "+", "?", "{": throw .init("in front of \(UnicodeScalar(octet)) stands nothing that could be repeated.")
    case "^": return .assertion(.beginning)
    case "$": return .assertion(.end)
    case ".": return .byte(ByteSet(1...255))
    case "[": return try bracket()
    case "\\": return try escape()
    default:
      position -= 1
      return character()
    }
  }

  /// One character as it stands, which is one part also where it is several bytes.
  private mutating func character() -> RegularSyntax {
    let start = position
    position += 1
    while let octet, octet & 0xC0 == 0x80 { position += 1 }
    let parts = octets[start..<position].map { RegularSyntax.byte(ByteSet($0...$0)) }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func escape() throws(RegularExpression.Flaw) -> RegularSyntax {
    guard let octet else { throw .init("it ends with a backslash.") }
    position += 1
    switch UnicodeScalar(octet) {
    case "w": return .byte(Self.word)
    case "W": return .byte(Self.word.inverted)
    case "s": return .byte(Self.blank)
    case "S": return .byte(Self.blank.inverted)
    case "b": return .assertion(.wordEdge)
    case "B": return .assertion(.noWordEdge)
    case "<": return .assertion(.wordBeginning)
    case ">": return .assertion(.wordEnd)
    case "`": return .assertion(.beginning)
    case "'": return .assertion(.end)
    case "1"..."9": throw .init("it refers back to what it matched (\\\(UnicodeScalar(octet))), which is not served.")
    default: return .byte(ByteSet(octet...octet))
    }
  }

  // MARK: Repetition

  private mutating func repeated(_ part: RegularSyntax) throws(RegularExpression.Flaw) -> RegularSyntax {
    var part = part
    var stacked = 0
    while let octet {
      let bounds: (least: Int, most: Int?)
      switch octet {
      case UInt8(ascii: "*"): bounds = (0, nil)
      case UInt8(ascii: "+"): bounds = (1, nil)
      case UInt8(ascii: "?"): bounds = (0, 1)
      case UInt8(ascii: "{"): bounds = try self.bounds()
      default: return part
      }
      if octet != UInt8(ascii: "{") { position += 1 }
      stacked += 1
      guard stacked <= RegularExpression.maximumDepth else { throw .init("one part is repeated again and again.") }
      part = .repetition(part, least: bounds.least, most: bounds.most)
    }
    return part
  }

  /// `{m}`, `{m,}`, `{m,n}`, `{,n}`.
  private mutating func bounds() throws(RegularExpression.Flaw) -> (least: Int, most: Int?) {
    position += 1
    let first = try number()
    var last = first
    if octet == UInt8(ascii: ",") {
      position += 1
      last = try number()
      guard octet == UInt8(ascii: "}"), first != nil || last != nil else { throw .init("its {…} is not {m}, {m,} or {m,n}.") }
    } else if first == nil {
      throw .init("its {…} is not {m}, {m,} or {m,n}.")
    }
    guard octet == UInt8(ascii: "}") else { throw .init("a { is never closed.") }
    position += 1
    if let last, let first, last < first { throw .init("in its {\(first),\(last)} the second number is the smaller one.") }
    return (first ?? 0, last)
  }

  private mutating func number() throws(RegularExpression.Flaw) -> Int? {
    var value: Int?
    while let digit = octet, isDigit(digit) {
      value = (value ?? 0) * 10 + Int(digit - 48)
      position += 1
      guard (value ?? 0) <= RegularExpression.maximumRepetition else {
        throw .init("it repeats a part more than \(RegularExpression.maximumRepetition) times.")
      }
    }
    return value
  }

  // MARK: Brackets

  static let word = ByteSet(where: { isDigit($0) || isLetter($0) || $0 == UInt8(ascii: "_") })
  static let blank = ByteSet(where: isBlank)

  private static func isLetter(_ octet: UInt8) -> Bool { (octet | 0x20) &- 97 < 26 }

  private static let classes: [String: ByteSet] = [
    "alpha": ByteSet(where: isLetter), "digit": ByteSet(48...57), "alnum": ByteSet(where: { isLetter($0) || isDigit($0) }),
    "upper": ByteSet(65...90), "lower": ByteSet(97...122), "space": blank, "blank": ByteSet(where: { $0 == 32 || $0 == 9 }),
    "punct": ByteSet(where: { $0 > 32 && $0 < 127 && !isLetter($0) && !isDigit($0) }), "print": ByteSet(32...126),
    "graph": ByteSet(33...126), "cntrl": ByteSet(where: { $0 < 32 || $0 == 127 }),
    "xdigit": ByteSet(where: { isDigit($0) || ($0 | 0x20) &- 97 < 6 }),
  ]

  /// `[…]`, a `]` that stands first being one of its members.
  ///
  /// Characters of several bytes are members as a whole; behind `[^` they are no more than their bytes.
  private mutating func bracket() throws(RegularExpression.Flaw) -> RegularSyntax {
    let isInverted = octet == UInt8(ascii: "^")
    if isInverted { position += 1 }
    var set = ByteSet()
    var characters: [RegularSyntax] = []
    var isFirst = true
    while let octet, octet != UInt8(ascii: "]") || isFirst {
      isFirst = false
      if octet == UInt8(ascii: "["), let name = named(UInt8(ascii: ":")) {
        guard let members = Self.classes[name] else { throw .init("there is no class [:\(name):].") }
        set.formUnion(members)
        continue
      }
      if octet >= 0xC0, !isInverted, position + 1 < octets.count, octets[position + 1] & 0xC0 == 0x80 {
        characters.append(character())
        continue
      }
      let first = try member()
      guard self.octet == UInt8(ascii: "-"), position + 1 < octets.count, octets[position + 1] != UInt8(ascii: "]") else {
        set.insert(first)
        continue
      }
      position += 1
      let last = try member()
      guard first <= last else {
        throw .init("in its […] the range \(String(octets: [first]))-\(String(octets: [last])) goes backwards.")
      }
      set.formUnion(ByteSet(first...last))
    }
    guard octet != nil else { throw .init("a [ is never closed.") }
    position += 1
    if isInverted { return .byte(set.inverted) }
    return characters.isEmpty ? .byte(set) : .choice([.byte(set)] + characters)
  }

  /// One byte, also as `[.x.]` or `[=x=]`.
  private mutating func member() throws(RegularExpression.Flaw) -> UInt8 {
    guard let octet else { throw .init("a [ is never closed.") }
    for sign in [UInt8(ascii: "."), UInt8(ascii: "=")] where octet == UInt8(ascii: "[") {
      guard let name = named(sign) else { continue }
      guard name.utf8.count == 1, let only = name.utf8.first else { throw .init("[.\(name).] is no single character.") }
      return only
    }
    position += 1
    return octet
  }

  /// What stands between `[:` and `:]`.
  private mutating func named(_ sign: UInt8) -> String? {
    guard position + 1 < octets.count, octets[position + 1] == sign else { return nil }
    let start = position + 2
    var end = start
    while end + 1 < octets.count {
      if octets[end] == sign, octets[end + 1] == UInt8(ascii: "]") {
        position = end + 2
        return String(octets: octets[start..<end])
      }
      end += 1
    }
    return nil
  }
}

extension ByteSet {
  init(where isMember: (UInt8) -> Bool) {
    self.init()
    for octet in UInt8.min...UInt8.max where isMember(octet) { insert(octet) }
  }
  var inverted: ByteSet { ByteSet(where: { !contains($0) }) }
  mutating func formUnion(_ other: ByteSet) { for octet in other.members { insert(octet) } }
}
