import Wire

/// `Read(variable[,file[&file…][,maxdigits[,options[,attempts[,timeout]]]]])`: digits into a variable; `READSTATUS`.
///
/// Options: `s` skip unless answered, `n` do not answer, `i` the file is the name of a tone, `t(chars)` other terminators than `#`,
/// `e` a terminator alone is kept.
struct Read: Application {
  static let name = "Read"
  /// Digits where none are named.
  static let standardDigits = 255

  private var variable = ""
  private var files = ""
  private var maximum = standardDigits
  private var options = Options("")
  private var terminators = "#"
  private var attempts = 1
  private var patience = Duration.seconds(10)
  private var typed = ""
  private var activity: ActivityID?
  private(set) var deadline: Instant?

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let list = ArgumentList(arguments)
    variable = list[0]
    guard !variable.isEmpty else {
      run.log(.warning, "Read needs the name of a variable.")
      return run.conclude("READSTATUS", "ERROR")
    }
    files = list[1]
    options = Options(list[3])
    maximum = Int(list[2]).flatMap { (1...Self.standardDigits).contains($0) ? $0 : nil } ?? Self.standardDigits
    terminators = options["t"] ?? "#"
    attempts = max(1, Int(list[4]) ?? 1)
    patience = Run.seconds(list[5]).flatMap { $0 > .zero ? $0 : nil } ?? run.channel.patience.response
    guard !run.channel.isHungUp else { return conclude("HANGUP", in: &run) }
    if options["s"] != nil, !run.channel.isAnswered { return conclude("SKIPPED", in: &run) }
    if options["n"] == nil { run.answer() }
    return ask(in: &run)
  }

  /// Plays, and listens meanwhile.
  private mutating func ask(in run: inout Run) -> Progress {
    if options["i"] != nil, !files.isEmpty {
      run.put(.tones(files))
    } else if let playing = run.play(files) {
      activity = playing
      return .wait
    }
    deadline = run.now + patience
    return .wait
  }

  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress {
    switch event {
    case .finished(let id, .failed) where id == activity: return conclude("ERROR", in: &run)
    case .finished(let id, _) where id == activity:
      activity = nil
      deadline = run.now + patience
      return .wait
    case .digit(let digit): return pressed(digit, in: &run)
    default: return .wait
    }
  }

  private mutating func pressed(_ digit: Character, in run: inout Run) -> Progress {
    silence(in: &run)
    if terminators.contains(digit) {
      if typed.isEmpty, options["e"] != nil { typed = String(digit) }
      return attemptOver("OK", in: &run)
    }
    typed.append(digit)
    if typed.utf8.count >= maximum { return conclude("OK", in: &run) }
    deadline = run.now + patience
    return .wait
  }

  mutating func wake(in run: inout Run) -> Progress { attemptOver("TIMEOUT", in: &run) }

  private mutating func attemptOver(_ status: String, in run: inout Run) -> Progress {
    attempts -= 1
    guard typed.isEmpty, attempts > 0 else { return conclude(status, in: &run) }
    deadline = nil
    return ask(in: &run)
  }

  private mutating func conclude(_ status: String, in run: inout Run) -> Progress {
    silence(in: &run)
    if !variable.isEmpty { Functions.assign(variable, typed, in: &run) }
    return run.conclude("READSTATUS", status)
  }

  private mutating func silence(in run: inout Run) {
    run.stop(activity)
    activity = nil
    if options["i"] != nil, !files.isEmpty { run.put(.stopTones) }
  }

  mutating func cutOff(in run: inout Run) { _ = conclude(run.channel.isHungUp ? "HANGUP" : "INTERRUPTED", in: &run) }
}
