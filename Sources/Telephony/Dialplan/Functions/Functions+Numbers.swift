import Numerics
import Wire

extension Functions {
  /// Numbers.
  static let numbers: [DialplanFunction] = [
    DialplanFunction("MATH", read: reckon), DialplanFunction("RAND", read: random), DialplanFunction("INC", read: increment),
    DialplanFunction("DEC", read: decrement), DialplanFunction("ABS", read: absolute), DialplanFunction("MIN", read: minimum),
    DialplanFunction("MAX", read: maximum), DialplanFunction("SPRINTF", read: print),
  ]

  private static func number(_ text: some StringProtocol) -> Double? {
    let number = Double(Run.trimmed(text))
    return number?.isFinite == true ? number : nil
  }

  /// A number without a fraction where it has none.
  private static func written(_ number: Double) -> String { Extended(number).general(digits: 15) }

  private static func whole(_ number: Double) -> Int64 {
    number.isNaN ? 0 : number >= 9.2e18 ? .max : number <= -9.2e18 ? .min : Int64(number)
  }

  /// `MATH(2 + 3[,type])`: `f` (with six decimals), `i`, `h`, `c`; comparisons give TRUE or FALSE.
  private static func reckon(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments, limit: 2)
    guard let (left, sign, right) = parts(Array(list[0].utf8)) else {
      throw .complaint("“\(list[0])” is not a number, an operator and a number.")
    }
    if let holds = compare(left, sign, right) { return holds ? "TRUE" : "FALSE" }
    guard let value = try result(left, sign, right) else { throw .complaint("it knows no operator \(sign).") }
    switch Run.trimmed(list[1]) {
    case "", "f", "float": return Extended(value).fixed(decimals: 6)
    case "i", "int": return String(whole(value))
    case "h", "hex": return String(UInt32(truncatingIfNeeded: whole(value)), radix: 16)
    case "c", "char": return String(octets: [UInt8(truncatingIfNeeded: whole(value))])
    default: throw .complaint("it knows the types f, i, h and c, not \(list[1]).")
    }
  }

  private static func parts(_ octets: [UInt8]) -> (Double, String, Double)? {
    var position = 0
    func skipBlanks() { while position < octets.count, isBlank(octets[position]) { position += 1 } }
    func numeral() -> Double? {
      skipBlanks()
      let start = position
      if position < octets.count, octets[position] == UInt8(ascii: "-") || octets[position] == UInt8(ascii: "+") {
        position += 1
      }
      while position < octets.count, isDigit(octets[position]) || octets[position] == UInt8(ascii: ".") { position += 1 }
      return Double(String(octets: octets[start..<position]))
    }
    guard let left = numeral() else { return nil }
    skipBlanks()
    let start = position
    // A minus behind an operator is the sign of what follows.
    while position < octets.count, !isDigit(octets[position]), !isBlank(octets[position]), octets[position] != UInt8(ascii: ".")
    {
      if position > start, octets[position] == UInt8(ascii: "-") { break }
      position += 1
    }
    let sign = String(octets: octets[start..<position])
    guard let right = numeral() else { return nil }
    skipBlanks()
    return position == octets.count ? (left, sign, right) : nil
  }

  private static func compare(_ left: Double, _ sign: String, _ right: Double) -> Bool? {
    switch sign {
    case "<": left < right
    case ">": left > right
    case "<=", "=<": left <= right
    case ">=", "=>": left >= right
    case "=", "==": left == right
    default: nil
    }
  }

  private static func result(_ left: Double, _ sign: String, _ right: Double) throws(DialplanFunction.Trouble) -> Double? {
    switch sign.uppercased() {
    case "+": return left + right
    case "-": return left - right
    case "*": return left * right
    case "/":
      guard right != 0 else { throw .complaint("nothing is divided by 0.") }
      return left / right
    case "%":
      guard whole(right) != 0 else { throw .complaint("nothing is divided by 0.") }
      return Double(whole(left).remainderReportingOverflow(dividingBy: whole(right)).partialValue)
    case "^", "**": return Double(Extended.power(Extended(left), Extended(right)))
    case "<<": return Double(whole(left) << min(max(whole(right), 0), 63))
    case ">>": return Double(whole(left) >> min(max(whole(right), 0), 63))
    case "AND", "&": return Double(whole(left) & whole(right))
    case "OR", "|": return Double(whole(left) | whole(right))
    case "XOR": return Double(whole(left) ^ whole(right))
    default: return nil
    }
  }

  /// `RAND([least][,most])`.
  private static func random(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments, limit: 2)
    let (first, second) = (list.given(0).map(number), list.given(1).map(number))
    guard let least = first ?? 0, let most = second ?? Double(Int32.max) else { throw .needs("RAND(least,most)") }
    return String(Int64.random(in: whole(min(least, most))...whole(max(least, most)), using: &run.chance))
  }

  private static func change(_ name: String, by step: Double, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let name = Run.trimmed(name)
    guard !name.isEmpty else { throw .needs("the name of a variable") }
    let old = run.value(ofVariable: name) ?? ""
    guard let number = number(old) else { throw .complaint("the variable \(name) is no number, but “\(old)”.") }
    let value = written(number + step)
    run.set(name, value)
    return value
  }
  private static func increment(_ name: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    try change(name, by: 1, &run)
  }
  private static func decrement(_ name: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    try change(name, by: -1, &run)
  }

  private static func allNumbers(_ arguments: String) throws(DialplanFunction.Trouble) -> [Double] {
    let list = ArgumentList(arguments).arguments
    let numbers = list.compactMap { number($0) }
    guard !numbers.isEmpty, numbers.count == list.count else { throw .complaint("“\(arguments)” are no numbers.") }
    return numbers
  }
  private static func absolute(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    written(try allNumbers(arguments)[0].magnitude)
  }
  private static func minimum(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    written(try allNumbers(arguments).min() ?? 0)
  }
  private static func maximum(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    written(try allNumbers(arguments).max() ?? 0)
  }

  // MARK: SPRINTF

  /// Characters that one `%…` may be padded to.
  package static var maximumPadding: Int { 1024 }

  /// `SPRINTF(format,…)`: `%d %i %u %x %X %o %c %f %g %s`, with flags, width and precision.
  private static func print(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments)
    var (result, next, rest) = ([UInt8](), 1, list[0].utf8[...])
    while let octet = rest.popFirst() {
      guard octet == UInt8(ascii: "%") else {
        result.append(octet)
        continue
      }
      guard result.count <= Variables.maximumLength else { break }
      guard rest.first != octet else {
        result.append(octet)
        rest = rest.dropFirst()
        continue
      }
      let conversion = Conversion(&rest)
      guard let kind = rest.popFirst() else { throw .complaint("the format ends behind its last %.") }
      guard next < list.count else { throw .complaint("the format wants more than \(list.count - 1) values.") }
      guard let text = conversion.text(kind, list[next]) else {
        throw .complaint("it cannot print “\(list[next])” as %\(String(octets: [kind])).")
      }
      result += Array(text.utf8)
      next += 1
    }
    return String(octets: result)
  }

  /// `%-08.3`
  private struct Conversion {
    var flags: Set<UInt8> = []
    var width = 0
    var precision: Int?

    init(_ rest: inout Substring.UTF8View) {
      while let flag = rest.first, "-+ 0#".utf8.contains(flag) {
        flags.insert(flag)
        rest = rest.dropFirst()
      }
      width = Self.integer(&rest)
      guard rest.first == UInt8(ascii: ".") else { return }
      rest = rest.dropFirst()
      precision = Self.integer(&rest)
    }

    private static func integer(_ rest: inout Substring.UTF8View) -> Int {
      var value = 0
      while let digit = rest.first, isDigit(digit) {
        value = min(value * 10 + Int(digit - 48), Functions.maximumPadding)
        rest = rest.dropFirst()
      }
      return value
    }

    func text(_ kind: UInt8, _ value: String) -> String? {
      if kind == UInt8(ascii: "s") { return padded(precision.map { Excerpt(offset: 0, length: $0).of(value) } ?? value, "") }
      guard let number = Functions.number(value.isEmpty ? "0" : value) else { return nil }
      let whole = Functions.whole(number)
      switch kind {
      case UInt8(ascii: "d"), UInt8(ascii: "i"): return padded(String(whole.magnitude), sign(whole < 0))
      case UInt8(ascii: "u"): return padded(String(UInt64(bitPattern: whole)), "")
      case UInt8(ascii: "x"): return padded(String(UInt64(bitPattern: whole), radix: 16), "")
      case UInt8(ascii: "X"): return padded(String(UInt64(bitPattern: whole), radix: 16, uppercase: true), "")
      case UInt8(ascii: "o"): return padded(String(UInt64(bitPattern: whole), radix: 8), "")
      case UInt8(ascii: "c"): return padded(String(octets: [UInt8(truncatingIfNeeded: whole)]), "")
      case UInt8(ascii: "f"), UInt8(ascii: "F"):
        return padded(Extended(number.magnitude).fixed(decimals: min(precision ?? 6, 64)), sign(number < 0))
      case UInt8(ascii: "g"), UInt8(ascii: "G"):
        return padded(Extended(number.magnitude).general(digits: min(max(precision ?? 6, 1), 64)), sign(number < 0))
      default: return nil
      }
    }

    private func sign(_ isNegative: Bool) -> String {
      isNegative ? "-" : flags.contains(UInt8(ascii: "+")) ? "+" : flags.contains(UInt8(ascii: " ")) ? " " : ""
    }

    private func padded(_ text: String, _ sign: String) -> String {
      let missing = max(0, width - text.utf8.count - sign.utf8.count)
      if flags.contains(UInt8(ascii: "-")) { return sign + text + String(repeating: " ", count: missing) }
      if flags.contains(UInt8(ascii: "0")) { return sign + String(repeating: "0", count: missing) + text }
      return String(repeating: " ", count: missing) + sign + text
    }
  }
}
