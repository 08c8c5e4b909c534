import Numerics

/// What an expression itself can reckon.
enum ExpressionFunction: Sendable {
  case one(@Sendable (Extended) -> Extended)
  case two(@Sendable (Extended, Extended) -> Extended)

  /// How many numbers it takes.
  var count: Int { if case .one = self { 1 } else { 2 } }

  func value(_ numbers: [Extended]) -> Extended? {
    switch self {
    case .one(let function): numbers.count == 1 ? function(numbers[0]) : nil
    case .two(let function): numbers.count == 2 ? function(numbers[0], numbers[1]) : nil
    }
  }

  static func named(_ name: String) -> ExpressionFunction? { all[name] }

  private static let all: [String: ExpressionFunction] = [
    "ABS": .one(\.magnitude), "ROUND": .one { $0.rounded(.toNearestOrAwayFromZero) }, "FLOOR": .one { $0.rounded(.down) },
    "CEIL": .one { $0.rounded(.up) }, "TRUNC": .one { $0.rounded(.towardZero) },
    "RINT": .one { $0.rounded(.toNearestOrEven) }, "SQRT": .one { $0.squareRoot() },
    "POW": .two { .power($0, $1) }, "EXP": .one { .exponential($0) }, "EXP2": .one { .exponential2($0) },
    "EXP10": .one { .exponential10($0) }, "LOG": .one { .logarithm($0) }, "LOG2": .one { .logarithm2($0) },
    "LOG10": .one { .logarithm10($0) }, "SIN": .one { .sine($0) }, "COS": .one { .cosine($0) },
    "TAN": .one { .tangent($0) }, "ASIN": .one { .arcSine($0) }, "ACOS": .one { .arcCosine($0) },
    "ATAN": .one { .arcTangent($0) }, "ATAN2": .two { .arcTangent($0, $1) },
    "REMAINDER": .two { $0.remainder(dividingBy: $1) },
  ]
}
