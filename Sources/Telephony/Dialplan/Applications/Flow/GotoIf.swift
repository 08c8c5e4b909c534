/// `GotoIf(condition?[target]:[target])`: a target that is left out is the next priority.
struct GotoIf: Application {
  static let name = "GotoIf"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let choice = Choice(arguments)
    let target = choice.taken(Truth.holds(choice.condition))
    return target.isEmpty ? .next : run.jump(target)
  }
}

/// `condition?one:other`, cut by hand: at the first question mark, then at the first colon.
struct Choice: Hashable {
  var condition: String
  var one: String
  var other: String

  init(_ text: String) { self.init(text) { $0.utf8.firstIndex(of: UInt8(ascii: ":")) } }

  /// The branches, where a colon inside parentheses does not divide.
  init(nested text: String) {
    self.init(text) { branches in
      var depth = 0
      return branches.utf8.firstIndex { octet in
        if octet == UInt8(ascii: "(") { depth += 1 }
        if octet == UInt8(ascii: ")") { depth -= 1 }
        return depth == 0 && octet == UInt8(ascii: ":")
      }
    }
  }

  private init(_ text: String, dividedBy colon: (Substring) -> String.Index?) {
    let (condition, branches) = text[...].cut(at: text.utf8.firstIndex(of: UInt8(ascii: "?")))
    let (one, other) = branches.cut(at: colon(branches))
    self.condition = String(condition)
    self.one = Run.trimmed(one)
    self.other = Run.trimmed(other)
  }

  func taken(_ holds: Bool) -> String { holds ? one : other }
}

extension Substring {
  /// What stands before and behind a byte; all of it and nothing if there is no such byte.
  fileprivate func cut(at index: Index?) -> (Substring, Substring) {
    guard let index else { return (self, "") }
    return (self[..<index], self[utf8.index(after: index)...])
  }
}
