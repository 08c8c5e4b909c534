import Wire

/// `Record(name.format[,silence[,maximum[,options]]])`: until a terminator, silence, or its time; `RECORD_STATUS`, `RECORDED_FILE`.
///
/// Options: `a` append, `k` keep at a hang-up, `n` do not answer, `o` 0 ends it as OPERATOR, `q` no beep, `s` skip unless answered,
/// `t` ended by `*`, `x` by no key, `y` by any, `u` do not truncate silence.
struct Record: Application {
  static let name = "Record"
  private var activity: ActivityID?
  private var options = Options("")

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let list = ArgumentList(arguments)
    guard let dot = list[0].utf8.lastIndex(of: UInt8(ascii: ".")), dot != list[0].startIndex else {
      run.log(.warning, "Record needs a name and a format (greeting.wav), not \(list[0]).")
      return run.conclude("RECORD_STATUS", "ERROR")
    }
    options = Options(list[3])
    run.complain(of: options, servedBy: Self.name, "aknoqstxyu")
    guard !run.channel.isHungUp else { return run.conclude("RECORD_STATUS", "HANGUP") }
    if options["s"] != nil, !run.channel.isAnswered { return run.conclude("RECORD_STATUS", "SKIP") }
    if options["n"] == nil { run.answer() }
    var request = Run.RecordRequest(name: String(list[0][..<dot]), format: String(list[0][list[0].index(after: dot)...]))
    request.silence = Run.seconds(list[1]).flatMap { $0 > .zero ? $0 : nil }
    request.maximum = Run.seconds(list[2]).flatMap { $0 > .zero ? $0 : nil }
    request.options = list[3]
    let recording = run.newActivity()
    activity = recording
    run.set("RECORDED_FILE", request.name)
    run.put(.record(recording, request))
    return .wait
  }

  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress {
    switch event {
    case .finished(let id, let outcome) where id == activity:
      switch outcome {
      case .done: return run.conclude("RECORD_STATUS", "TIMEOUT")
      case .failed: return run.conclude("RECORD_STATUS", "ERROR")
      case .status(let status): return run.conclude("RECORD_STATUS", status)
      }
    case .digit("0") where options["o"] != nil: return ended("OPERATOR", in: &run)
    case .digit(let digit) where ends(digit): return ended("DTMF", in: &run)
    default: return .wait
    }
  }

  private func ends(_ digit: Character) -> Bool {
    if options["x"] != nil { return false }
    if options["y"] != nil { return true }
    return digit == (options["t"] != nil ? "*" : "#")
  }

  private func ended(_ status: String, in run: inout Run) -> Progress {
    run.stop(activity)
    return run.conclude("RECORD_STATUS", status)
  }

  mutating func cutOff(in run: inout Run) {
    run.stop(activity)
    run.set("RECORD_STATUS", run.channel.isHungUp ? "HANGUP" : "TIMEOUT")
  }
}
