/// `Background(file[&file…][,options[,language[,context]]])`: a digit ends it and is looked up; `BACKGROUNDSTATUS`.
///
/// Options: `s` skip unless answered, `n` do not answer, `m` only digits that are extensions end it, `p` none does.
struct Background: Application {
  static let name = "Background"
  private var activity: ActivityID?
  private var options = ""
  private var context = ""

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let list = ArgumentList(arguments)
    options = list[1]
    context = list[3].isEmpty ? run.channel.position.context : list[3]
    if options.contains("s"), !run.channel.isAnswered { return run.conclude("BACKGROUNDSTATUS", "SUCCESS") }
    if !options.contains("n") { run.answer() }
    guard let playing = run.play(list[0], language: list[2].isEmpty ? nil : list[2]) else {
      return run.conclude("BACKGROUNDSTATUS", "FAILED")
    }
    activity = playing
    return .wait
  }

  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress {
    switch event {
    case .finished(let id, let outcome) where id == activity:
      return run.conclude("BACKGROUNDSTATUS", outcome == .done ? "SUCCESS" : "FAILED")
    case .digit(let digit): return pressed(digit, in: &run)
    default: return .wait
    }
  }

  private func pressed(_ digit: Character, in run: inout Run) -> Progress {
    let match = run.plan.match(String(digit), in: context, run.inquiry)
    guard !options.contains("p"), match.exists || !options.contains("m") else { return .wait }
    run.stop(activity)
    run.set("BACKGROUNDSTATUS", "SUCCESS")
    if match.exists, !match.mayGrow { return .go(Position(context, String(digit), 1)) }
    return .dialled(String(digit))
  }

  mutating func cutOff(in run: inout Run) { run.stop(activity) }
}
