/// `SayDigits(digits)`.
struct SayDigits: Speaking {
  static let name = "SayDigits"
  var saying = Saying()

  func speech(_ arguments: String, in run: inout Run) -> Run.Speech? { arguments.isEmpty ? nil : .digits(arguments) }
}

/// `SayNumber(number[,gender])`.
struct SayNumber: Speaking {
  static let name = "SayNumber"
  var saying = Saying()

  func speech(_ arguments: String, in run: inout Run) -> Run.Speech? {
    let list = ArgumentList(arguments)
    guard let number = Int64(list[0]) else {
      run.log(.warning, "SayNumber needs a whole number, not \(arguments).")
      return nil
    }
    return .number(number, gender: list.given(1))
  }
}

/// `SayAlpha(text)`: letter by letter.
struct SayAlpha: Speaking {
  static let name = "SayAlpha"
  var saying = Saying()

  func speech(_ arguments: String, in run: inout Run) -> Run.Speech? { arguments.isEmpty ? nil : .alpha(arguments) }
}

/// `SayUnixTime([epoch[,zone[,format[,j]]]])`; `j` lets a digit end it.
struct SayUnixTime: Speaking {
  static let name = "SayUnixTime"
  var saying = Saying()

  mutating func speech(_ arguments: String, in run: inout Run) -> Run.Speech? {
    let list = ArgumentList(arguments)
    saying.isInterruptible = list[3].contains("j")
    return .time(epoch: Int64(list[0]) ?? run.epoch, zone: list[1], format: list.given(2) ?? "ABdY 'digits/at' IMp")
  }
}

/// Speaks what its arguments say, and goes on; without anything to say it goes on at once.
protocol Speaking: Application {
  var saying: Saying { get set }
  mutating func speech(_ arguments: String, in run: inout Run) -> Run.Speech?
}

extension Speaking {
  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    guard let speech = speech(arguments, in: &run), !run.channel.isHungUp else { return .next }
    return saying.begin(speech, in: &run)
  }
  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress { saying.receive(event, in: &run) }
  mutating func cutOff(in run: inout Run) { saying.cutOff(in: &run) }
}

/// Something is spoken; a digit ends it, and is looked up, only where `SAY_DTMF_INTERRUPT` says so.
struct Saying {
  var isInterruptible = false
  private var activity: ActivityID?

  mutating func begin(_ speech: Run.Speech, in run: inout Run) -> Progress {
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
