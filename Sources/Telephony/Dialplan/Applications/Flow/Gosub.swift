/// `Gosub([[context,]exten,]priority[(arg1[,…])])`: a subroutine, with `ARG1`…, `ARGC` and what it declares `LOCAL`.
struct Gosub: Application {
  static let name = "Gosub"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress { run.call(arguments) }
}

/// `GosubIf(condition?target[(args)]:target[(args)])`.
struct GosubIf: Application {
  static let name = "GosubIf"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let choice = Choice(nested: arguments)
    let target = choice.taken(Truth.holds(choice.condition))
    return target.isEmpty ? .next : run.call(target)
  }
}

/// `Return([value])`: back behind the `Gosub`, with `GOSUB_RETVAL`.
struct Return: Application {
  static let name = "Return"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    guard let position = run.leaveSubroutine() else {
      run.log(.error, "Return without a Gosub: the call ends.")
      return .end
    }
    run.set("GOSUB_RETVAL", arguments)
    run.channel.position = position
    return .next
  }
}

/// `StackPop()`: the last `Gosub` is forgotten, the call goes on where it is.
struct StackPop: Application {
  static let name = "StackPop"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    if run.leaveSubroutine() == nil { run.log(.warning, "StackPop without a Gosub does nothing.") }
    return .next
  }
}

extension Run {
  fileprivate mutating func call(_ text: String) -> Progress {
    let open = text.utf8.firstIndex(of: UInt8(ascii: "("))
    let target = open.map { String(text[..<$0]) } ?? text
    let arguments = open.map { Self.inside(text[$0...]) } ?? ""
    guard let position = position(of: target) else { return .end }
    guard plan.step(at: position, inquiry) != nil else {
      log(.error, "Gosub leads to \(position), which does not exist: the call ends.")
      return .end
    }
    guard channel.depth < Self.maximumDepth else {
      log(.error, "Subroutines call each other \(Self.maximumDepth) deep without a Return: the call ends.")
      return .end
    }
    enterSubroutine(open == nil ? [] : ArgumentList.raw(arguments))
    return .go(position)
  }

  /// What stands in parentheses that the text begins with, up to the last that closes.
  static func inside(_ text: Substring) -> String {
    let inner = text.dropFirst()
    let close = inner.utf8.lastIndex(of: UInt8(ascii: ")")) ?? inner.endIndex
    return String(inner[..<close])
  }

  private mutating func enterSubroutine(_ arguments: [String]) {
    let outer = channel.variables["ARGC"].flatMap { Int($0) } ?? 0
    channel.stack.append(Channel.Frame(returnsTo: channel.position))
    setLocal("ARGC", String(arguments.count))
    for (index, argument) in arguments.enumerated() { setLocal("ARG\(index + 1)", argument) }
    // What the outer subroutine was given is not seen in here.
    guard outer > arguments.count else { return }
    for index in arguments.count..<min(outer, Variables.maximumNames) { setLocal("ARG\(index + 1)", "") }
  }

  fileprivate mutating func leaveSubroutine() -> Position? {
    guard let frame = channel.stack.last else { return nil }
    channel.variables.leave(depth: channel.depth)
    channel.stack.removeLast()
    return frame.returnsTo
  }

  /// Sets a variable that the present subroutine takes with it when it returns.
  mutating func setLocal(_ name: String, _ value: String) {
    guard !channel.variables.setLocal(name, value, depth: channel.depth) else { return }
    log(
      .warning,
      "The variable \(name) was not set: a call has room for \(Variables.maximumNames) of \(Variables.maximumLength) bytes.")
  }
}
