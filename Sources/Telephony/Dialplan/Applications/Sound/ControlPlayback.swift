/// `ControlPlayback(file[,skipms[,ff[,rew[,stop[,…]]]]])`: a digit of `stop` ends it; `CPLAYBACKSTATUS`, `CPLAYBACKSTOPKEY`.
///
/// Winding, pausing and starting anew are not served.
struct ControlPlayback: Application {
  static let name = "ControlPlayback"
  private var activity: ActivityID?
  private var stopKeys = ""

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let list = ArgumentList(arguments)
    stopKeys = list[4]
    if (1..<list.count).contains(where: { $0 != 4 && !list[$0].isEmpty }) {
      run.log(.warning, "ControlPlayback stops at a key; it does not wind, pause or begin anew yet.")
    }
    run.answer()
    guard let playing = run.play(list[0]) else { return run.conclude("CPLAYBACKSTATUS", "ERROR") }
    activity = playing
    return .wait
  }

  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress {
    switch event {
    case .finished(let id, let outcome) where id == activity:
      return run.conclude("CPLAYBACKSTATUS", outcome == .done ? "SUCCESS" : "ERROR")
    case .digit(let digit) where stopKeys.contains(digit):
      run.stop(activity)
      run.set("CPLAYBACKSTOPKEY", String(digit))
      return run.conclude("CPLAYBACKSTATUS", "USERSTOPPED")
    default: return .wait
    }
  }

  mutating func cutOff(in run: inout Run) {
    run.stop(activity)
    run.set("CPLAYBACKSTATUS", "ERROR")
  }
}
