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

  init(_ text: String) {
    let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let branches = parts.count > 1 ? parts[1].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false) : []
    condition = String(parts.first ?? "")
    one = Run.trimmed(branches.first ?? "")
    other = Run.trimmed(branches.count > 1 ? branches[1] : "")
  }

  /// The branches, where a colon inside parentheses does not divide.
  init(nested text: String) {
    let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    condition = String(parts.first ?? "")
    let branches = parts.count > 1 ? Array(parts[1].utf8) : []
    var depth = 0
    let colon = branches.firstIndex { octet in
      if octet == UInt8(ascii: "(") { depth += 1 }
      if octet == UInt8(ascii: ")") { depth -= 1 }
      return depth == 0 && octet == UInt8(ascii: ":")
    }
    one = Run.trimmed(String(decoding: branches[..<(colon ?? branches.count)], as: UTF8.self))
    other = colon.map { Run.trimmed(String(decoding: branches[($0 + 1)...], as: UTF8.self)) } ?? ""
  }

  func taken(_ holds: Bool) -> String { holds ? one : other }
}
