import Wire

/// `Wait(seconds)`: text that is no number waits for nothing.
struct Wait: Application {
  static let name = "Wait"
  private(set) var deadline: Instant?

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    guard let time = Run.seconds(arguments) else {
      run.log(.warning, "Wait needs seconds, not \(arguments).")
      return .next
    }
    guard time > .zero else { return .next }
    guard !run.channel.isHungUp else { return .end }
    deadline = run.now + time
    return .wait
  }

  mutating func wake(in run: inout Run) -> Progress { .next }
}
