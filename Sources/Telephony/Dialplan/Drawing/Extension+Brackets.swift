/// Loops and choices as they are written, whatever a call would do.
extension Extension {
  /// Where the `EndWhile` or `EndIf` stands that closes what is open here, or something before it in the same bracket.
  func closing(of bracket: Bracket, behind priority: Int, or isIt: (String) -> Bool = { _ in false }) -> Int? {
    end(bracket.closing, beyond: bracket.opening, from: priority, by: 1, isIt)
  }

  /// Where the `While` or `If` stands that a priority is inside of.
  func opening(of bracket: Bracket, before priority: Int) -> Int? {
    end(bracket.opening, beyond: bracket.closing, from: priority, by: -1) { _ in false }
  }

  private func end(
    _ sought: String, beyond other: String, from priority: Int, by direction: Int, _ isIt: (String) -> Bool
  ) -> Int? {
    var (depth, next) = (0, priority + direction)
    for _ in 0..<MenuReader.maximumSteps {
      guard let name = steps[next]?.application.lowercased() else { return nil }
      if depth == 0, name == sought || isIt(name) { return next }
      if name == other { depth += 1 }
      if name == sought { depth -= 1 }
      next += direction
    }
    return nil
  }
}
