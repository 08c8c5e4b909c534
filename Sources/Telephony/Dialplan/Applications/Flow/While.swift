/// `While(condition)` … `EndWhile()`, in one extension; they may stand inside each other.
struct While: Application {
  static let name = "While"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    Truth.holds(arguments) ? .next : run.leave(.loop, from: run.channel.position)
  }
}

/// Back to the test.
struct EndWhile: Application {
  static let name = "EndWhile"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress { run.repeatLoop() }
}

/// Back to the test, from the middle.
struct ContinueWhile: Application {
  static let name = "ContinueWhile"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress { run.repeatLoop() }
}

/// Out of the loop.
struct ExitWhile: Application {
  static let name = "ExitWhile"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    run.leave(.loop, from: run.channel.position)
  }
}

/// The two kinds of brackets that priorities of one extension can be.
enum Bracket {
  case loop, choice

  var opening: String { self == .loop ? "while" : "if" }
  var closing: String { self == .loop ? "endwhile" : "endif" }
}

extension Run {
  /// Priorities that a search for the other end of a bracket looks at.
  static var maximumBracketLength: Int { 10_000 }

  /// Behind the end of the bracket in which a position is (or which it opens).
  mutating func leave(_ bracket: Bracket, from position: Position) -> Progress {
    guard let end = search(bracket, from: position, by: 1, { $0 == bracket.closing }) else {
      log(.error, "There is no \(bracket == .loop ? "EndWhile" : "EndIf") after \(position): the call ends.")
      return .end
    }
    channel.position.priority = end
    return .next
  }

  fileprivate mutating func repeatLoop() -> Progress {
    guard let start = search(.loop, from: channel.position, by: -1, { $0 == "while" }) else {
      log(.error, "There is no While before \(channel.position): the call ends.")
      return .end
    }
    return .go(Position(channel.position.context, channel.position.exten, start))
  }

  /// The first priority in a direction, outside brackets of the same kind that open and close on the way, where a name is what is looked for.
  func search(_ bracket: Bracket, from position: Position, by step: Int, _ isWanted: (String) -> Bool) -> Int? {
    let (inward, outward) = step > 0 ? (bracket.opening, bracket.closing) : (bracket.closing, bracket.opening)
    var (priority, depth) = (position.priority, 0)
    for _ in 0..<Self.maximumBracketLength {
      priority += step
      guard priority > 0,
        let name = plan.step(at: Position(position.context, position.exten, priority), inquiry)?.application.lowercased()
      else { return nil }
      if depth == 0, isWanted(name) { return priority }
      if name == inward { depth += 1 }
      if name == outward { depth -= 1 }
      if depth < 0 { return nil }
    }
    return nil
  }
}
