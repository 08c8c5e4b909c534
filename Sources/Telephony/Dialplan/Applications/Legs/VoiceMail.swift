/// `VoiceMail(box[@context][&…][,options])`: takes a message; `VMSTATUS`.
///
/// `*` leaves to `a` of the context, 0 to `o`, each where it exists. Options: `u` and `b` greetings, `s` without instructions.
struct VoiceMail: Application {
  static let name = "VoiceMail"
  private var activity: ActivityID?

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let list = ArgumentList(arguments)
    run.complain(of: Options(list[1]), servedBy: Self.name, "ubs")
    let boxes = list[0].split(separator: "&").map { Run.trimmed($0) }
    let known = boxes.filter { run.office.facts.hasMailbox($0) }
    for box in boxes where !known.contains(box) { run.log(.warning, "There is no mailbox \(box).") }
    guard !known.isEmpty, !run.channel.isHungUp else { return run.conclude("VMSTATUS", "FAILED") }
    run.answer()
    let activity = run.newActivity()
    self.activity = activity
    run.put(.voicemail(activity, boxes: known, options: list[1]))
    return .wait
  }

  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress {
    switch event {
    case .finished(let id, let outcome) where id == activity: return run.conclude("VMSTATUS", Self.status(outcome))
    case .digit("*"): return leave(to: "a", in: &run)
    case .digit("0"): return leave(to: "o", in: &run)
    default: return .wait
    }
  }

  private func leave(to exten: String, in run: inout Run) -> Progress {
    let context = run.channel.position.context
    guard run.plan.has(exten, in: context, run.inquiry) else { return .wait }
    run.stop(activity)
    run.set("VMSTATUS", "USEREXIT")
    return .go(Position(context, exten, 1))
  }

  private static func status(_ outcome: Run.Outcome) -> String {
    switch outcome {
    case .done: "SUCCESS"
    case .failed: "FAILED"
    case .status(let status): status
    }
  }

  mutating func cutOff(in run: inout Run) {
    run.stop(activity)
    run.set("VMSTATUS", "SUCCESS")
  }
}

/// `VoiceMailMain([box[@context]][,options])`: listens to messages.
struct VoiceMailMain: Application {
  static let name = "VoiceMailMain"
  private var activity: ActivityID?

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    guard !run.channel.isHungUp else { return .end }
    let list = ArgumentList(arguments)
    run.complain(of: Options(list[1]), servedBy: Self.name, "s")
    run.answer()
    let activity = run.newActivity()
    self.activity = activity
    run.put(.voicemailMain(activity, box: list[0].isEmpty ? nil : list[0], options: list[1]))
    return .wait
  }

  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress {
    if case .finished(activity, _) = event { .next } else { .wait }
  }

  mutating func cutOff(in run: inout Run) { run.stop(activity) }
}
