import Wire

/// `Answer([delay_ms[,options]])`: the caller's call is answered; the delay passes before the next step.
struct Answer: Application {
  static let name = "Answer"
  private(set) var deadline: Instant?

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let list = ArgumentList(arguments)
    let wasAnswered = run.channel.isAnswered
    run.answer()
    guard !wasAnswered, !run.channel.isHungUp, let delay = Int64(list[0]), delay > 0, !list[1].contains("i") else {
      return .next
    }
    deadline = run.now + .milliseconds(min(delay, 3_600_000))
    return .wait
  }

  mutating func wake(in run: inout Run) -> Progress { .next }
}
