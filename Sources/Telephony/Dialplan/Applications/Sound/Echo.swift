/// `Echo()`: the caller hears itself, until `#` or the end.
struct Echo: Application {
  static let name = "Echo"
  private var activity: ActivityID?

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    guard !run.channel.isHungUp else { return .end }
    let activity = run.newActivity()
    self.activity = activity
    run.put(.echo(activity))
    return .wait
  }

  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress {
    guard case .digit("#") = event else { return .wait }
    run.stop(activity)
    return .next
  }

  mutating func cutOff(in run: inout Run) { run.stop(activity) }
}
