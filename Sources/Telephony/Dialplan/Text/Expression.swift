import Numerics

/// `$[…]` after everything was put in: read and reckoned in one go, as nothing in it is ever put off.
///
/// Both sides of `|`, `&` and `?` are reckoned. What cannot be read gives what was read so far, or 0; the log says where.
struct Expression {
  /// How deep parentheses, signs and conditions may stand in one another.
  static var maximumDepth: Int { 64 }

  private var tokens: ExpressionTokens
  private var next: ExpressionTokens.Token?
  private var depth = 0

  /// Why it was not read to its end.
  private enum Stop: Error {
    case pending(Pending)
    case unreadable
    case tooDeep
  }

  private init(_ text: String) {
    tokens = ExpressionTokens(text)
    next = tokens.next()
  }

  static func value(of text: String, in world: inout some TemplateWorld) throws(Pending) -> String {
    var expression = Expression(text)
    guard let first = expression.next else { return "" }
    guard first.beginsOperand else {
      world.complain(
        .warning, "The expression $[\(text)] begins with “\(first)”; before it nothing stands, or something empty.")
      return ""
    }
    do throws(Stop) {
      let value = try expression.value(above: .condition, in: &world)
      if let odd = expression.tokens.odd { world.complain(.warning, "In the expression $[\(text)] “\(odd)” means nothing.") }
      if let rest = expression.next {
        world.complain(.warning, "The expression $[\(text)] was read up to “\(rest)”, which cannot stand there.")
      }
      return value.text
    } catch {
      switch error {
      case .pending(let pending): throw pending
      case .unreadable:
        let place = expression.next.map { "at “\($0)”" } ?? "at its end"
        world.complain(.warning, "The expression $[\(text)] cannot be read \(place), and is 0.")
      case .tooDeep: world.complain(.error, "An expression is more than \(maximumDepth) deep, and is 0.")
      }
      return "0"
    }
  }

  private mutating func advance() { next = tokens.next() }

  private mutating func expect(_ token: ExpressionTokens.Token) throws(Stop) {
    guard next == token else { throw .unreadable }
    advance()
  }

  /// An operand and the operators behind it that bind at least so strongly.
  private mutating func value(
    above level: ExpressionTokens.Level, in world: inout some TemplateWorld
  ) throws(Stop) -> ExpressionValue {
    guard depth < Self.maximumDepth else { throw .tooDeep }
    depth += 1
    defer { depth -= 1 }
    var value = try operand(in: &world)
    while case .operator(let sign)? = next, let own = sign.level, own >= level {
      advance()
      if sign == .condition {
        let yes = try self.value(above: .condition, in: &world)
        try expect(.operator(.otherwise))
        let no = try self.value(above: own.stronger, in: &world)
        value = value.decides ? yes : no
      } else {
        value = value.joined(sign, try self.value(above: own.stronger, in: &world), in: &world)
      }
    }
    return value
  }

  private mutating func operand(in world: inout some TemplateWorld) throws(Stop) -> ExpressionValue {
    switch next {
    case .value(let value):
      advance()
      guard case .open? = next else { return value }
      return try call(value.text, in: &world)
    case .open:
      advance()
      let value = try value(above: .condition, in: &world)
      try expect(.close)
      return value
    case .operator(.minus):
      advance()
      return try value(above: .matching, in: &world).negated(in: &world)
    case .operator(.not):
      advance()
      return .number(try value(above: .matching, in: &world).isNothing ? 1 : 0)
    default: throw .unreadable
    }
  }

  /// `NAME(a, b)`: one of the expression's own functions, or one of the dialplan.
  private mutating func call(_ name: String, in world: inout some TemplateWorld) throws(Stop) -> ExpressionValue {
    advance()
    var arguments: [ExpressionValue] = []
    while next != .close {
      arguments.append(next == .comma ? .text("") : try value(above: .condition, in: &world))
      guard next == .comma else { break }
      advance()
    }
    try expect(.close)
    if let function = ExpressionFunction.named(name) {
      let numbers = arguments.compactMap(\.number)
      if let value = function.value(numbers), numbers.count == arguments.count { return .number(value) }
      world.complain(.warning, "\(name)() in an expression takes \(function.count) number\(function.count == 1 ? "" : "s").")
      return .number(0)
    }
    guard let function = Functions.named(name) else {
      world.complain(.warning, Functions.unknown(name))
      return .number(0)
    }
    do throws(Pending) {
      return ExpressionValue(try world.call(name, function, arguments.map(\.text).joined(separator: ",")))
    } catch { throw .pending(error) }
  }
}
