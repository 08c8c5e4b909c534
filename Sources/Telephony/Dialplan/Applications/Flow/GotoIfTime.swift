/// `GotoIfTime(times,weekdays,mdays,months[,timezone]?[target]:[target])`.
struct GotoIfTime: Application {
  static let name = "GotoIfTime"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let choice = Choice(arguments)
    let target = choice.taken(run.holds(times: choice.condition))
    return target.isEmpty ? .next : run.jump(target)
  }
}

extension Run {
  /// Whether a time rule holds now; `TESTTIME` replaces the clock.
  mutating func holds(times: String) -> Bool {
    let rule = TimeRule(times)
    let moment = channel.variables["TESTTIME"].flatMap { Int64($0) } ?? epoch
    return rule.holds(at: moment, office.facts)
  }
}
