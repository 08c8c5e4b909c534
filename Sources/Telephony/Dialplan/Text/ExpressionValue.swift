import Numerics

/// What an expression reckons with.
enum ExpressionValue: Hashable {
  case number(Extended)
  /// A number that nothing was done to yet: it stays as it was written (`007`).
  case numeral(String, Extended)
  /// Quotes are part of it.
  case text(String)

  init(_ text: String) {
    let octets = text.utf8
    let isNumeral = octets.first.map { isDigit($0) || $0 == UInt8(ascii: "-") } ?? false
    self = (isNumeral ? Self.number(of: text) : nil).map { .numeral(text, $0) } ?? .text(text)
  }

  private static func number(of numeral: String) -> Extended? {
    guard numeral.utf8.first == UInt8(ascii: "-") else { return Extended(numeral: numeral) }
    return Extended(numeral: String(numeral.dropFirst())).map { -$0 }
  }

  var text: String {
    switch self {
    case .number(let number): number.general()
    case .numeral(let text, _), .text(let text): text
    }
  }

  /// `nil` for a text that is no number.
  var number: Extended? {
    switch self {
    case .number(let number), .numeral(_, let number): number
    case .text(let text): text.isEmpty ? 0 : nil
    }
  }

  private var bare: String {
    let octets = text.utf8
    guard octets.first == UInt8(ascii: "\""), octets.last == UInt8(ascii: "\"") else { return text }
    return text.filter { $0 != "\"" }
  }

  // MARK: Truth

  /// For `|` and `&`: empty or zero.
  private var isEmptyOrZero: Bool {
    if case .text(let text) = self { text.isEmpty } else { number == 0 }
  }

  /// For `?`.
  var decides: Bool {
    if case .text(let text) = self { text != "" && text != "\"\"" && text != "0" } else { number != 0 }
  }

  /// For `!`: a text is nothing unless a number other than 0 stands at its beginning.
  var isNothing: Bool {
    guard case .text(let text) = self else { return number == 0 }
    var scanner = IntegerScanner(text)
    return (scanner.integer() ?? 0) == 0
  }

  // MARK: Operators

  func negated(in world: inout some TemplateWorld) -> ExpressionValue {
    guard let number else {
      world.complain(.warning, "“\(text)” is no number; - makes it 0.")
      return .number(0)
    }
    return .number(-number)
  }

  func joined(
    _ sign: ExpressionTokens.Operator, _ other: ExpressionValue, in world: inout some TemplateWorld
  ) -> ExpressionValue {
    switch sign {
    case .or: isEmptyOrZero ? other : self
    case .and: isEmptyOrZero || other.isEmptyOrZero ? .number(0) : self
    case .equal, .unequal, .less, .greater, .lessOrEqual, .greaterOrEqual: .number(compares(sign, other) ? 1 : 0)
    case .plus, .minus, .times, .over, .modulo: .number(reckoned(sign, other, in: &world))
    case .beside: ExpressionValue(bare + other.bare)
    case .begins, .contains: matched(other, isAnchored: sign == .begins, in: &world)
    case .condition, .otherwise, .not: self
    }
  }

  /// Numbers as numbers, texts by their bytes.
  private func compares(_ sign: ExpressionTokens.Operator, _ other: ExpressionValue) -> Bool {
    if case .text = self { return Self.holds(sign, bytes: text, other.text) }
    if case .text = other { return Self.holds(sign, bytes: text, other.text) }
    return Self.holds(sign, number ?? 0, other.number ?? 0)
  }

  private static func holds(_ sign: ExpressionTokens.Operator, bytes left: String, _ right: String) -> Bool {
    if left.utf8.elementsEqual(right.utf8) { return holds(sign, 0, 0) }
    return left.utf8.lexicographicallyPrecedes(right.utf8) ? holds(sign, 0, 1) : holds(sign, 1, 0)
  }

  private static func holds(_ sign: ExpressionTokens.Operator, _ left: Extended, _ right: Extended) -> Bool {
    switch sign {
    case .equal: left == right
    case .unequal: left != right
    case .less: left < right
    case .greater: left > right
    case .lessOrEqual: left <= right
    default: left >= right
    }
  }

  /// What C's largest `int` stands for here: infinity.
  private static let unbounded: Extended = 2_147_483_647

  private func reckoned(
    _ sign: ExpressionTokens.Operator, _ other: ExpressionValue, in world: inout some TemplateWorld
  ) -> Extended {
    let (left, right) = (number, other.number)
    for (number, value) in [(left, self), (right, other)] where number == nil {
      world.complain(.warning, "“\(value.text)” in $[… \(sign.rawValue) …] is no number.")
    }
    switch sign {
    case .plus: return (left ?? 0) + (right ?? 0)
    case .minus: return (left ?? 0) - (right ?? 0)
    default: break
    }
    guard let left else { return 0 }
    switch sign {
    case .times: return right.map { left * $0 } ?? 0
    case .over:
      guard let right else { return Self.unbounded }
      guard right == 0 else { return left / right }
      world.complain(.warning, "\(text) is divided by 0.")
      return Self.unbounded
    default:
      guard let right else { return 0 }
      guard right == 0 else { return left.truncatingRemainder(dividingBy: right) }
      world.complain(.warning, "\(text) is divided by 0.")
      return 0
    }
  }

  /// The first group if it took part, else how many bytes matched.
  private func matched(_ pattern: ExpressionValue, isAnchored: Bool, in world: inout some TemplateWorld) -> ExpressionValue {
    let (text, written) = (bare, pattern.bare)
    switch world.regularExpression(written) {
    case .failure(let flaw):
      world.complain(.warning, "The expression “\(written)” cannot be read: \(flaw)")
      return .text("")
    case .success(let expression) where expression.isTooMuch(text):
      world.complain(.warning, "The text is too long to be matched by so large an expression: “\(written)”.")
      return .text("")
    case .success(let expression):
      guard let match = expression.match(text), !isAnchored || match.range.lowerBound == 0 else {
        return expression.hasGroup ? .text("") : .number(0)
      }
      guard let group = match.group else { return .number(Extended(match.range.count)) }
      return ExpressionValue(Excerpt(offset: group.lowerBound, length: group.count).of(text))
    }
  }
}
