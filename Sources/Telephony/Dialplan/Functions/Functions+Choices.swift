extension Functions {
  /// One text or another.
  static let choices: [DialplanFunction] = [
    DialplanFunction("IF", read: choose), DialplanFunction("IFTIME", read: chooseByTime),
    DialplanFunction("REGEX", read: matches),
    DialplanFunction("EVAL", read: evaluate),
  ]

  /// `condition?yes:no`, blanks around them dropped.
  private static func branches(_ arguments: String) -> (condition: String, yes: String, no: String) {
    let parts = ArgumentList(arguments, limit: 2, separator: UInt8(ascii: "?"))
    let branches = ArgumentList(parts[1], limit: 2, separator: UInt8(ascii: ":"))
    return (Run.trimmed(parts[0]), Run.trimmed(branches[0]), Run.trimmed(branches[1]))
  }

  private static func choose(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    guard arguments.utf8.contains(UInt8(ascii: "?")) else { throw .needs("IF(condition?yes:no)") }
    let (condition, yes, no) = branches(arguments)
    return Truth.holds(condition) ? yes : no
  }

  private static func chooseByTime(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    guard arguments.utf8.contains(UInt8(ascii: "?")) else {
      throw .needs("IFTIME(times,weekdays,days,months[,timezone]?yes:no)")
    }
    // The times have colons of their own.
    let parts = ArgumentList(arguments, limit: 2, separator: UInt8(ascii: "?"))
    let branches = ArgumentList(parts[1], limit: 2, separator: UInt8(ascii: ":"))
    let holds = TimeRule(Run.trimmed(parts[0])).holds(at: run.epoch, run.office.facts)
    return Run.trimmed(branches[holds ? 0 : 1])
  }

  /// `REGEX("expression" text)`: one blank behind the quotes is not part of the text.
  private static func matches(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let octets = Array(arguments.utf8)
    let quote = UInt8(ascii: "\"")
    var position = octets.firstIndex { !isBlank($0) } ?? 0
    guard position < octets.count, octets[position] == quote else { throw .needs("REGEX(\"expression\" text)") }
    var pattern: [UInt8] = []
    position += 1
    while position < octets.count, octets[position] != quote {
      if octets[position] == UInt8(ascii: "\\"), position + 1 < octets.count {
        if octets[position + 1] != quote { pattern.append(octets[position]) }
        position += 1
      }
      pattern.append(octets[position])
      position += 1
    }
    guard position < octets.count else { throw .needs("a second quotation mark: REGEX(\"expression\" text)") }
    var text = octets[(position + 1)...]
    if let first = text.first, first == 32 || first == 9 { text = text.dropFirst() }
    switch run.regularExpression(String(octets: pattern)) {
    case .success(let expression):
      let text = String(octets: text)
      guard !expression.isTooMuch(text) else { throw .complaint("the text is too long for so large an expression.") }
      return expression.match(text) == nil ? "0" : "1"
    case .failure(let flaw): throw .complaint("the expression \(String(octets: pattern)) is none: \(flaw)")
    }
  }

  /// `EVAL(text)`: a value that has `${…}` in it is expanded once more.
  private static func evaluate(_ text: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    do throws(Pending) { return try Template(text).expanded(in: &run) } catch { throw .pending(error) }
  }
}
