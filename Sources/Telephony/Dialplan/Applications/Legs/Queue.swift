import Wire

/// `Queue(name[,options[,URL[,announce[,timeout[,AGI[,gosub[,rule[,position]]]]]]]])`: waits for an agent; `QUEUESTATUS`.
struct Queue: Application {
  static let name = "Queue"
  private var activity: ActivityID?
  private var options = Options("")

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let list = ArgumentList(arguments)
    guard !list[0].isEmpty else {
      run.log(.warning, "Queue needs a name.")
      return .end
    }
    guard !run.channel.isHungUp else { return .end }
    options = Options(list[1])
    guard run.office.facts.queue(list[0]) != nil else {
      run.log(.warning, "There is no queue \(list[0]).")
      return run.conclude("QUEUESTATUS", "UNKNOWN")
    }
    run.complain(of: options, servedBy: Self.name, "ncrRm")
    for (index, what) in [(2, "a URL"), (3, "an announcement"), (5, "AGI"), (6, "a subroutine"), (7, "a rule")]
    where !list[index].isEmpty {
      run.log(.warning, "Queue does not serve \(what) yet.")
    }
    var request = Run.QueueRequest(queue: list[0])
    request.options = list[1]
    request.timeout = Run.seconds(list[4]).flatMap { $0 > .zero ? $0 : nil }
    request.position = Int(list[8])
    let activity = run.newActivity()
    self.activity = activity
    run.put(.queue(activity, request))
    return .wait
  }

  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress {
    switch event {
    case .finished(let id, let outcome) where id == activity: return left(outcome, in: &run)
    case .digit(let digit): return pressed(digit, in: &run)
    default: return .wait
    }
  }

  /// `done` is a caller who was served, and whose agent hung up.
  private func left(_ outcome: Run.Outcome, in run: inout Run) -> Progress {
    switch outcome {
    case .done: options["c"] == nil ? .end : run.conclude("QUEUESTATUS", "CONTINUE")
    case .failed: run.conclude("QUEUESTATUS", "JOINEMPTY")
    case .status(let status): run.conclude("QUEUESTATUS", status)
    }
  }

  /// A digit that is an extension of the queue's context leaves.
  private func pressed(_ digit: Character, in run: inout Run) -> Progress { .wait }

  mutating func cutOff(in run: inout Run) {
    run.stop(activity)
    run.set("ABANDONED", "TRUE")
  }
}
