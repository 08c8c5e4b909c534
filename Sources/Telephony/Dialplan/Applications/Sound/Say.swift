/// `SayDigits(digits)`.
struct SayDigits: Application {
  static let name = "SayDigits"
  private var saying = Saying()

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    saying.begin(arguments.isEmpty ? nil : .digits(arguments), in: &run)
  }
  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress { saying.receive(event, in: &run) }
  mutating func cutOff(in run: inout Run) { saying.cutOff(in: &run) }
}

/// `SayNumber(number[,gender])`.
struct SayNumber: Application {
  static let name = "SayNumber"
  private var saying = Saying()

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let list = ArgumentList(arguments)
    guard let number = Int64(list[0]) else {
      run.log(.warning, "SayNumber needs a whole number, not \(arguments).")
      return .next
    }
    return saying.begin(.number(number, gender: list[1].isEmpty ? nil : list[1]), in: &run)
  }
  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress { saying.receive(event, in: &run) }
  mutating func cutOff(in run: inout Run) { saying.cutOff(in: &run) }
}

/// `SayAlpha(text)`: letter by letter.
struct SayAlpha: Application {
  static let name = "SayAlpha"
  private var saying = Saying()

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    saying.begin(arguments.isEmpty ? nil : .alpha(arguments), in: &run)
  }
  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress { saying.receive(event, in: &run) }
  mutating func cutOff(in run: inout Run) { saying.cutOff(in: &run) }
}

/// `SayUnixTime([epoch[,zone[,format[,j]]]])`; `j` lets a digit end it.
struct SayUnixTime: Application {
  static let name = "SayUnixTime"
  private var saying = Saying()

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let list = ArgumentList(arguments)
    saying.isInterruptible = list[3].contains("j")
    return saying.begin(
      .time(epoch: Int64(list[0]) ?? run.epoch, zone: list[1], format: list[2].isEmpty ? "ABdY 'digits/at' IMp" : list[2]),
      in: &run)
  }
  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress { saying.receive(event, in: &run) }
  mutating func cutOff(in run: inout Run) { saying.cutOff(in: &run) }
}

/// Something is spoken; a digit ends it, and is looked up, only where `SAY_DTMF_INTERRUPT` says so.
private struct Saying {
  var isInterruptible = false
  private var activity: ActivityID?

  mutating func begin(_ speech: Run.Speech?, in run: inout Run) -> Progress {
    guard let speech, !run.channel.isHungUp else { return .next }
    if let word = run.channel.variables["SAY_DTMF_INTERRUPT"]?.lowercased(), ["true", "yes", "1", "on"].contains(word) {
      isInterruptible = true
    }
    let activity = run.newActivity()
    self.activity = activity
    run.put(.say(activity, speech, language: run.channel.language))
    return .wait
  }

  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress {
    switch event {
    case .finished(let id, _) where id == activity: return .next
    case .digit(let digit) where isInterruptible:
      run.stop(activity)
      return .dialled(String(digit))
    default: return .wait
    }
  }

  mutating func cutOff(in run: inout Run) { run.stop(activity) }
}
