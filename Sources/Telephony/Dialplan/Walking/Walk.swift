import Wire

/// A call without a call: a plan is run in virtual time, and whatever it asks for happens as the scenario says.
package struct Walk: Sendable {
  /// Things that happen in one walk, whatever the plan.
  package static var maximumEvents: Int { 200_000 }
  package static var longest: Duration { .seconds(86_400) }
  /// How long somebody talks who answers.
  package static var conversation: Duration { .seconds(1) }
  /// How long it rings where nobody answers and the plan names no time.
  package static var ringing: Duration { .seconds(30) }

  private struct Event: Sendable {
    var at: Instant
    var run: Int
    var event: Run.Event
  }

  private let scenario: Scenario
  private var call: RunTree
  private var office: Office
  private var now = Instant()
  private var events: [Event] = []
  private var inputs: ArraySlice<String>
  private var hangsUpOn: String?
  private var counts: [String: Int] = [:]
  private var walked = Walked()

  /// Walks a plan once.
  package static func walk(_ plan: Dialplan, _ scenario: Scenario) -> Walked {
    var walk = Walk(plan, scenario)
    return walk.toTheEnd()
  }

  private init(_ plan: Dialplan, _ scenario: Scenario) {
    self.scenario = scenario
    let channel = Channel(
      name: "PJSIP/caller-00000001", uniqueID: "\(scenario.epoch).1", caller: scenario.caller,
      position: Position(scenario.context, scenario.exten, 1))
    call = RunTree(Run(plan: plan, channel: channel))
    office = Office(facts: Facts(scenario: scenario))
    office.take(plan)
    inputs = scenario.inputs[...]
    hangsUpOn = scenario.hangsUpOn?.lowercased()
  }

  private struct Facts: OfficeFacts {
    var scenario: Scenario
    func epoch(at now: Instant) -> Int64 { scenario.epoch &+ now.nanoseconds / 1_000_000_000 }
    func state(ofDevice device: String) -> DeviceState { .unknown }
    func queue(_ name: String) -> QueueFacts? { scenario.queues.contains(name) ? QueueFacts() : nil }
    func hasMailbox(_ box: String) -> Bool { scenario.mailboxes?.contains(box) ?? true }
    func offset(ofZone name: String, at epoch: Int64) -> Int64? { scenario.zones.offset(ofZone: name, at: epoch) }
  }

  // MARK: Time

  private mutating func toTheEnd() -> Walked {
    perform(call.start(in: &office, at: now))
    var happened = 0
    while !call.isOver {
      happened += 1
      guard happened <= Self.maximumEvents, now.nanoseconds <= Self.longest.nanoseconds else {
        walked.stopped = "The walk was stopped after \(now.nanoseconds / 1_000_000_000) seconds and \(happened) events."
        break
      }
      // Where nothing would happen any more, the caller has waited long enough.
      if !next() { perform(call.receive(.hungUp(cause: 16), in: &office, at: now)) }
    }
    walked.cause = call.channel.cause
    return walked
  }

  /// The next thing that happens, if anything does.
  private mutating func next() -> Bool {
    let event = events.indices.min { (events[$0].at, $0) < (events[$1].at, $1) }
    if let event, events[event].at <= call.deadline ?? events[event].at {
      let due = events.remove(at: event)
      now = max(now, due.at)
      perform(call.receive(due.event, for: due.run, in: &office, at: now))
      return true
    }
    guard let deadline = call.deadline else { return false }
    now = max(now, deadline)
    perform(call.wake(in: &office, at: now))
    return true
  }

  private mutating func schedule(_ event: Run.Event, for run: Int, in delay: Duration = .zero) {
    events.append(Event(at: now + delay, run: run, event: event))
  }

  // MARK: What a run asks for

  private mutating func perform(_ outputs: [RunTree.Output]) {
    for output in outputs { perform(output.output, of: output.run) }
  }

  private mutating func perform(_ output: Run.Output, of run: Int) {
    switch output {
    case .step(let position, let application, let arguments) where run == 0:
      executed(Walked.Step(position: position, application: application, arguments: arguments, at: now - Instant()))
    case .log(let level, let sentence): walked.lines.append(.log(level, sentence))
    case .play(let id, let sounds, _): schedule(.finished(id, outcome(of: sounds)), for: run, in: length(of: sounds))
    case .say(let id, let speech, _): schedule(.finished(id, .done), for: run, in: Self.length(of: speech))
    case .sendDigits(let id, let digits, let gap, let duration):
      schedule(.finished(id, .done), for: run, in: (gap + duration) * digits.utf8.count)
    case .stop(let id): events.removeAll { $0.run == run && $0.event.isEnd(of: id) }
    case .ring(let id, let request): for leg in request.destinations.indices { ring(leg, request, id, for: run) }
    case .stopRinging(let id, _): events.removeAll { $0.run == run && $0.event.isLeg(of: id) }
    case .queue(let id, let request): queue(id, request, for: run)
    case .voicemail(let id, _, _):
      schedule(.finished(id, .status(result("voicemail") ?? "SUCCESS")), for: run, in: .seconds(5))
    case .voicemailMain(let id, _, _): schedule(.finished(id, .done), for: run, in: .seconds(5))
    case .record(let id, let request):
      let status = result("record") ?? (request.maximum == nil ? "SILENCE" : "TIMEOUT")
      schedule(.finished(id, .status(status)), for: run, in: request.maximum ?? .seconds(5))
    case .fetch(let fetch): schedule(.fetched(fetch, nil), for: run, in: .milliseconds(50))
    default: break
    }
  }

  private mutating func executed(_ step: Walked.Step) {
    walked.lines.append(.step(step))
    let name = step.application.lowercased()
    counts[name, default: 0] += 1
    if Scenario.listening.contains(name), let input = inputs.popFirst() {
      for (index, digit) in input.enumerated() {
        schedule(.digit(digit), for: 0, in: Scenario.firstDigit + Scenario.nextDigit * index)
      }
    }
    if name == hangsUpOn {
      hangsUpOn = nil
      schedule(.hungUp(cause: 16), for: 0, in: Scenario.hangUpDelay)
    }
  }

  /// What the scenario says of the step of an application that is being executed.
  private func result(_ application: String) -> String? {
    guard let results = scenario.results[application], let last = results.last else { return nil }
    let index = counts[application, default: 1] - 1
    return results.indices.contains(index) ? results[index] : last
  }

  private func length(of sounds: [String]) -> Duration {
    sounds.reduce(.zero) { sum, name in
      if name.hasPrefix("say:") { return sum + .milliseconds(60) * name.utf8.count }
      return sum + (scenario.sounds.map { $0[name] ?? .zero } ?? .seconds(1))
    }
  }

  private func outcome(of sounds: [String]) -> Run.Outcome {
    guard let known = scenario.sounds else { return .done }
    return sounds.allSatisfy { known[$0] != nil || $0.hasPrefix("say:") } ? .done : .failed
  }

  private static func length(of speech: Run.Speech) -> Duration {
    switch speech {
    case .digits(let text), .alpha(let text): .milliseconds(500) * text.utf8.count
    case .number: .milliseconds(800)
    case .time: .seconds(3)
    }
  }

  private mutating func ring(_ leg: Int, _ request: Run.RingRequest, _ id: ActivityID, for run: Int) {
    func say(_ event: Run.LegEvent, _ delay: Duration = .zero) { schedule(.leg(id, leg, event), for: run, in: delay) }
    switch result("dial") ?? "CHANUNAVAIL" {
    case "ANSWER":
      say(.ringing)
      say(.answered(name: ""), .milliseconds(100))
      say(.hungUp, .milliseconds(100) + Self.conversation)
    case "BUSY": say(.ended(.busy, cause: 17))
    case "CONGESTION": say(.ended(.congestion, cause: 34))
    case "NOANSWER":
      say(.ringing)
      if request.timeout == nil { say(.ended(.noAnswer, cause: 19), Self.ringing) }
    case "CANCEL":
      say(.ringing)
      schedule(.hungUp(cause: 16), for: 0, in: Scenario.hangUpDelay)
    default: say(.ended(.unavailable, cause: 3))
    }
  }

  private mutating func queue(_ id: ActivityID, _ request: Run.QueueRequest, for run: Int) {
    switch result("queue") ?? "JOINEMPTY" {
    case "ANSWER", "CONTINUE": schedule(.finished(id, .done), for: run, in: Self.conversation)
    case "TIMEOUT": schedule(.finished(id, .status("TIMEOUT")), for: run, in: request.timeout ?? Self.ringing)
    case let status: schedule(.finished(id, .status(status)), for: run)
    }
  }
}

extension Run.Event {
  fileprivate func isEnd(of activity: ActivityID) -> Bool {
    if case .finished(activity, _) = self { true } else { false }
  }
  fileprivate func isLeg(of activity: ActivityID) -> Bool {
    if case .leg(activity, _, _) = self { true } else { false }
  }
}
