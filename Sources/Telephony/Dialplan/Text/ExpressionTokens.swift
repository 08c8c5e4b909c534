/// The words and signs of an expression, one after the other.
struct ExpressionTokens {
  enum Token: Hashable, CustomStringConvertible {
    case value(ExpressionValue)
    case `operator`(Operator)
    case open
    case close
    case comma

    var beginsOperand: Bool {
      switch self {
      case .value, .open, .operator(.minus), .operator(.not): true
      default: false
      }
    }

    var description: String {
      switch self {
      case .value(let value): value.text
      case .operator(let sign): sign.rawValue
      case .open: "("
      case .close: ")"
      case .comma: ","
      }
    }
  }

  enum Operator: String, Hashable {
    case condition = "?"
    case otherwise = "::"
    case or = "|"
    case and = "&"
    case equal = "="
    case unequal = "!="
    case less = "<"
    case greater = ">"
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case plus = "+"
    case minus = "-"
    case times = "*"
    case over = "/"
    case modulo = "%"
    case not = "!"
    case begins = ":"
    case contains = "=~"
    case beside = "~~"

    /// `nil` for what cannot stand between two operands.
    var level: Level? {
      switch self {
      case .condition: .condition
      case .or: .or
      case .and: .and
      case .equal, .unequal, .less, .greater, .lessOrEqual, .greaterOrEqual: .comparing
      case .plus, .minus: .adding
      case .times, .over, .modulo: .multiplying
      case .begins, .contains, .beside: .matching
      case .otherwise, .not: nil
      }
    }
  }

  /// How strongly operators bind; signs before an operand stand between `multiplying` and `matching`.
  enum Level: Int, Comparable {
    case condition, or, and, comparing, adding, multiplying, matching, tightest

    var stronger: Level { Level(rawValue: rawValue + 1) ?? .tightest }
    static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  private let octets: [UInt8]
  private var position = 0
  /// The first character that no token can have; it is passed over.
  private(set) var odd: String?

  init(_ text: String) { octets = Array(text.utf8) }

  private func octet(_ position: Int) -> UInt8 { position < octets.count ? octets[position] : 0 }

  mutating func next() -> Token? {
    while position < octets.count {
      let first = octets[position]
      if isDigit(first) || Self.isOfWord(first) { return word() }
      switch first {
      case UInt8(ascii: "\""):
        guard let end = octets[(position + 1)...].firstIndex(of: first) else { break }
        return .value(.text(take(to: end + 1)))
      case UInt8(ascii: "$") where octet(position + 1) == UInt8(ascii: "{"): return .value(.text(take(to: endOfBraces)))
      default: break
      }
      if let token = sign(first) { return token }
      if !isBlank(first), odd == nil { odd = String(UnicodeScalar(first)) }
      position += 1
    }
    return nil
  }

  private mutating func take(to end: Int) -> String {
    defer { position = end }
    return String(decoding: octets[position..<end], as: UTF8.self)
  }

  private mutating func word() -> Token {
    var end = position
    while end < octets.count, isDigit(octets[end]) || Self.isOfWord(octets[end]) { end += 1 }
    return .value(ExpressionValue(take(to: end)))
  }

  /// `${…}` that a value brought along is one word.
  private var endOfBraces: Int {
    var open = 0
    for position in position..<octets.count {
      if octets[position] == UInt8(ascii: "{") { open += 1 }
      if octets[position] == UInt8(ascii: "}") { open -= 1 }
      if open == 0, octets[position] == UInt8(ascii: "}") { return position + 1 }
    }
    return octets.count
  }

  private static func isOfWord(_ octet: UInt8) -> Bool {
    switch octet {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x80...0xFF: true
    case UInt8(ascii: "."), UInt8(ascii: "'"), UInt8(ascii: ";"), UInt8(ascii: "\\"), UInt8(ascii: "_"): true
    case UInt8(ascii: "^"), UInt8(ascii: "#"), UInt8(ascii: "@"): true
    default: false
    }
  }

  private mutating func sign(_ first: UInt8) -> Token? {
    let second = octet(position + 1)
    let (token, length): (Token, Int)
    switch (UnicodeScalar(first), UnicodeScalar(second)) {
    case ("|", "|"): (token, length) = (.operator(.or), 2)
    case ("&", "&"): (token, length) = (.operator(.and), 2)
    case ("=", "="): (token, length) = (.operator(.equal), 2)
    case ("=", "~"): (token, length) = (.operator(.contains), 2)
    case ("~", "~"): (token, length) = (.operator(.beside), 2)
    case (">", "="): (token, length) = (.operator(.greaterOrEqual), 2)
    case ("<", "="): (token, length) = (.operator(.lessOrEqual), 2)
    case ("!", "="): (token, length) = (.operator(.unequal), 2)
    case (":", ":"): (token, length) = (.operator(.otherwise), 2)
    case ("|", _): (token, length) = (.operator(.or), 1)
    case ("&", _): (token, length) = (.operator(.and), 1)
    case ("=", _): (token, length) = (.operator(.equal), 1)
    case (">", _): (token, length) = (.operator(.greater), 1)
    case ("<", _): (token, length) = (.operator(.less), 1)
    case ("+", _): (token, length) = (.operator(.plus), 1)
    case ("-", _): (token, length) = (.operator(.minus), 1)
    case ("*", _): (token, length) = (.operator(.times), 1)
    case ("/", _): (token, length) = (.operator(.over), 1)
    case ("%", _): (token, length) = (.operator(.modulo), 1)
    case ("?", _): (token, length) = (.operator(.condition), 1)
    case ("!", _): (token, length) = (.operator(.not), 1)
    case (":", _): (token, length) = (.operator(.begins), 1)
    case ("(", _): (token, length) = (.open, 1)
    case (")", _): (token, length) = (.close, 1)
    case (",", _): (token, length) = (.comma, 1)
    default: return nil
    }
    position += length
    return token
  }
}
