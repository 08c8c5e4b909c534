import Wire

/// `Authenticate(password[,options[,maxdigits[,prompt[&…]]]])`: three tries at a number, then the call ends.
struct Authenticate: Application {
  static let name = "Authenticate"
  static let tries = 3

  private enum Phase: Hashable { case asking, wrong, right }
  private var password = ""
  private var prompt = ""
  private var maximum = Run.maximumDigits
  private var typed = ""
  private var failures = 0
  private var phase = Phase.asking
  private var activity: ActivityID?
  private(set) var deadline: Instant?

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let list = ArgumentList(arguments)
    password = list[0]
    guard !password.isEmpty, !password.hasPrefix("/") else {
      run.log(.warning, "Authenticate needs a password; a file of passwords is not served. The call ends.")
      return .end
    }
    run.complain(of: Options(list[1]), servedBy: Self.name, "")
    guard !run.channel.isHungUp else { return .end }
    maximum = Int(list[2]).flatMap { $0 > 0 ? min($0, Run.maximumDigits) : nil } ?? Run.maximumDigits
    prompt = list[3].isEmpty ? "agent-pass" : list[3]
    run.answer()
    return ask(prompt, in: &run)
  }

  private mutating func ask(_ sound: String, in run: inout Run) -> Progress {
    typed = ""
    phase = .asking
    activity = run.play(sound)
    deadline = nil
    return .wait
  }

  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress {
    switch event {
    case .finished(let id, _) where id == activity: return played(in: &run)
    case .digit(let digit) where phase == .asking: return pressed(digit, in: &run)
    default: return .wait
    }
  }

  private mutating func played(in run: inout Run) -> Progress {
    activity = nil
    switch phase {
    case .asking:
      deadline = run.now + run.channel.patience.response
      return .wait
    case .wrong: return failures < Self.tries ? ask(prompt, in: &run) : .end
    case .right: return .next
    }
  }

  private mutating func pressed(_ digit: Character, in run: inout Run) -> Progress {
    run.stop(activity)
    activity = nil
    if digit == "#" { return judge(in: &run) }
    typed.append(digit)
    if typed.utf8.count >= maximum { return judge(in: &run) }
    deadline = run.now + run.channel.patience.response
    return .wait
  }

  mutating func wake(in run: inout Run) -> Progress { judge(in: &run) }

  private mutating func judge(in run: inout Run) -> Progress {
    deadline = nil
    let isRight = typed == password
    if !isRight { failures += 1 }
    phase = isRight ? .right : .wrong
    activity = run.play(isRight ? "auth-thankyou" : "auth-incorrect")
    return .wait
  }

  mutating func cutOff(in run: inout Run) { run.stop(activity) }
}
