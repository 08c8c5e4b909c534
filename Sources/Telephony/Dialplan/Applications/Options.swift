/// Option letters as dialplans write them: `gm(class)S(30)`.
struct Options: Hashable, Sendable {
  private var arguments: [Character: String] = [:]
  /// In written order.
  private(set) var letters: [Character] = []

  init(_ text: String) {
    var rest = Substring(text)
    while let letter = rest.popFirst() {
      guard letter != "," && letter != " " else { continue }
      letters.append(letter)
      arguments[letter] = rest.first == "(" ? Self.inside(&rest) : ""
    }
  }

  /// What stands in the parentheses, which may hold parentheses themselves.
  private static func inside(_ rest: inout Substring) -> String {
    var (depth, inside) = (0, "")
    while let character = rest.popFirst() {
      if character == ")" { depth -= 1 }
      if depth == 0, character == ")" { return inside }
      if depth > 0 { inside.append(character) }
      if character == "(" { depth += 1 }
    }
    return inside
  }

  /// `nil` for a letter that is not there, else what follows it in parentheses.
  subscript(letter: Character) -> String? { arguments[letter] }

  /// Letters that a set does not have.
  func others(than served: String) -> [Character] { letters.filter { !served.contains($0) } }
}

extension Run {
  /// Says which options do nothing here yet.
  mutating func complain(of options: Options, servedBy application: String, _ served: String) {
    let others = options.others(than: served)
    guard !others.isEmpty else { return }
    log(
      .warning,
      "\(application) does not serve the option\(others.count > 1 ? "s" : "") \(others.map { String($0) }.joined(separator: ", ")) yet."
    )
  }
}
