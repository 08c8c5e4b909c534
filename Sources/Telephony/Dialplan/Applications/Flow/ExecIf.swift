import Wire

/// `ExecIf(condition?App(args)[:App(args)])`: what it executes is no step of its own.
struct ExecIf: Application {
  static let name = "ExecIf"
  private var inner: (any Application)?

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let choice = Choice(nested: arguments)
    return execute(choice.taken(Truth.holds(choice.condition)), in: &run)
  }

  /// `App(args)`, `App`, or nothing.
  fileprivate mutating func execute(_ text: String, in run: inout Run) -> Progress {
    guard !text.isEmpty else { return .next }
    let open = text.utf8.firstIndex(of: UInt8(ascii: "("))
    let name = Run.trimmed(open.map { text[..<$0] } ?? text[...])
    guard var application = run.make(name) else { return .end }
    let progress = application.begin(open.map { Run.inside(text[$0...]) } ?? "", in: &run)
    inner = application
    return progress
  }

  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress { inner?.receive(event, in: &run) ?? .next }
  var deadline: Instant? { inner?.deadline }
  mutating func wake(in run: inout Run) -> Progress { inner?.wake(in: &run) ?? .next }
  mutating func cutOff(in run: inout Run) { inner?.cutOff(in: &run) }
}

/// `ExecIfTime(times,weekdays,mdays,months[,timezone]?App(args)[:App(args)])`.
struct ExecIfTime: Application {
  static let name = "ExecIfTime"
  private var inner = ExecIf()

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let choice = Choice(nested: arguments)
    return inner.execute(choice.taken(run.holds(times: choice.condition)), in: &run)
  }

  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress { inner.receive(event, in: &run) }
  var deadline: Instant? { inner.deadline }
  mutating func wake(in run: inout Run) -> Progress { inner.wake(in: &run) }
  mutating func cutOff(in run: inout Run) { inner.cutOff(in: &run) }
}
