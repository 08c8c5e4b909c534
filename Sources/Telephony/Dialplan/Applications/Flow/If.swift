/// `If(condition)` … `ElseIf(condition)` … `Else()` … `EndIf()`, in one extension; they may stand inside each other.
struct If: Application {
  static let name = "If"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress { run.branch(Truth.holds(arguments)) }
}

/// A further condition, asked when those before were false.
struct ElseIf: Application {
  static let name = "ElseIf"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    guard run.seeksBranch else { return run.leave(.choice, from: run.channel.position) }
    return run.branch(Truth.holds(arguments))
  }
}

/// What is left.
struct Else: Application {
  static let name = "Else"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    guard run.seeksBranch else { return run.leave(.choice, from: run.channel.position) }
    return run.branch(true)
  }
}

/// The end of a choice.
struct EndIf: Application {
  static let name = "EndIf"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    run.seeksBranch = false
    return .next
  }
}

/// Out of the choice, from the middle.
struct ExitIf: Application {
  static let name = "ExitIf"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    run.leave(.choice, from: run.channel.position)
  }
}

extension Run {
  /// Into the branch that begins here, or on to the next condition.
  fileprivate mutating func branch(_ holds: Bool) -> Progress {
    seeksBranch = !holds
    if holds { return .next }
    let position = channel.position
    guard let next = search(.choice, from: position, by: 1, { ["elseif", "else", "endif"].contains($0) }) else {
      log(.error, "There is no EndIf after \(position): the call ends.")
      return .end
    }
    return .go(Position(position.context, position.exten, next))
  }
}
