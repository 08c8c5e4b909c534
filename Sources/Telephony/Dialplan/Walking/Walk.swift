import Wire

/// A call without a call: a plan is run in virtual time, and whatever it asks for happens as the scenario says.
///
/// `Local/…` legs are runs of their own, as they are in a real call.
package struct Walk: Sendable {
  /// Things that happen in one walk, whatever the plan.
  package static var maximumEvents: Int { 200_000 }
  package static var longest: Duration { .seconds(86_400) }
  /// Runs of one walk: the call, and the local legs that it rings.
  package static var maximumRuns: Int { 100 }
  /// How long somebody talks who answers.
  package static var conversation: Duration { .seconds(1) }
  /// How long it rings where nobody answers and the plan names no time.
  package static var ringing: Duration { .seconds(30) }

  private struct Actor: Sendable {
    var run: Run
    /// The leg of another run that this one is.
    var parent: Parent?
    var activities: [ActivityID: [Int: Int]] = [:]
    var isAnswered = false
  }
  private struct Parent: Sendable {
    var actor: Int
    var activity: ActivityID
    var leg: Int
  }
  private struct Event: Sendable {
    var at: Instant
    var actor: Int
    var event: Run.Event
  }

  private let scenario: Scenario
  private var actors: [Actor]
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
    actors = [Actor(run: Run(plan: plan, channel: channel))]
    office = Office(globals: [:], facts: Facts(scenario: scenario))
    inputs = scenario.inputs[...]
    hangsUpOn = scenario.hangsUpOn?.lowercased()
    for line in plan.globals { office.globals[line.name] = line.value }
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
    perform(actors[0].run.start(in: &office, at: now), of: 0)
    var happened = 0
    while !actors[0].run.isOver {
      happened += 1
      guard happened <= Self.maximumEvents, now.nanoseconds <= Self.longest.nanoseconds else {
        walked.stopped = "The walk was stopped after \(now.nanoseconds / 1_000_000_000) seconds and \(happened) events."
        break
      }
      if !next() { hangUp() }
    }
    walked.cause = actors[0].run.channel.cause
    return walked
  }

  /// The next thing that happens, if anything does.
  private mutating func next() -> Bool {
    let event = events.indices.min { (events[$0].at, $0) < (events[$1].at, $1) }
    let sleeper = actors.indices.min { deadline($0) < deadline($1) } ?? 0
    let wakes = actors[sleeper].run.deadline
    if let event, events[event].at <= wakes ?? events[event].at {
      let due = events.remove(at: event)
      now = max(now, due.at)
      perform(actors[due.actor].run.receive(due.event, in: &office, at: now), of: due.actor)
      return true
    }
    guard let wakes else { return false }
    now = max(now, wakes)
    perform(actors[sleeper].run.wake(in: &office, at: now), of: sleeper)
    return true
  }

  private func deadline(_ actor: Int) -> Instant { actors[actor].run.deadline ?? Instant(nanoseconds: .max) }

  /// Nothing would happen any more: the caller has waited long enough.
  private mutating func hangUp() { perform(actors[0].run.receive(.hungUp(cause: 16), in: &office, at: now), of: 0) }

  private mutating func schedule(_ event: Run.Event, for actor: Int, in delay: Duration = .zero) {
    events.append(Event(at: now + delay, actor: actor, event: event))
  }

  // MARK: What a run asks for

  private mutating func perform(_ outputs: [Run.Output], of actor: Int) {
    for output in outputs { perform(output, of: actor) }
  }

  private mutating func perform(_ output: Run.Output, of actor: Int) {
    switch output {
    case .step(let position, let application, let arguments) where actor == 0:
      executed(Walked.Step(position: position, application: application, arguments: arguments, at: now - Instant()))
    case .log(let level, let sentence): walked.lines.append(.log(level, sentence))
    case .answer: answered(actor)
    case .indicate(let indication): indicated(indication, by: actor)
    case .play(let id, let sounds, _): schedule(.finished(id, outcome(of: sounds)), for: actor, in: length(of: sounds))
    case .say(let id, let speech, _): schedule(.finished(id, .done), for: actor, in: Self.length(of: speech))
    case .sendDigits(let id, let digits, let gap, let duration):
      schedule(.finished(id, .done), for: actor, in: (gap + duration) * digits.utf8.count)
    case .stop(let id): events.removeAll { $0.actor == actor && $0.event.isEnd(of: id) }
    case .ring(let id, let request): ring(request, id, for: actor)
    case .stopRinging(let id, _): stopRinging(id, of: actor)
    case .queue(let id, let request): queue(id, request, for: actor)
    case .voicemail(let id, _, _):
      schedule(.finished(id, .status(result("voicemail") ?? "SUCCESS")), for: actor, in: .seconds(5))
    case .voicemailMain(let id, _, _): schedule(.finished(id, .done), for: actor, in: .seconds(5))
    case .record(let id, let request):
      let status = result("record") ?? (request.maximum == nil ? "SILENCE" : "TIMEOUT")
      schedule(.finished(id, .status(status)), for: actor, in: request.maximum ?? .seconds(5))
    case .fetch(let fetch): schedule(.fetched(fetch, nil), for: actor, in: .milliseconds(50))
    case .ended: ended(actor)
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

  // MARK: Legs

  private mutating func ring(_ request: Run.RingRequest, _ id: ActivityID, for actor: Int) {
    for (index, destination) in request.destinations.enumerated() {
      if case .local(let exten, let context) = destination {
        ringLocal(exten, context, request, Parent(actor: actor, activity: id, leg: index))
      } else {
        ringPhone(request, Parent(actor: actor, activity: id, leg: index))
      }
    }
  }

  private mutating func ringPhone(_ request: Run.RingRequest, _ leg: Parent) {
    func say(_ event: Run.LegEvent, _ delay: Duration = .zero) {
      schedule(.leg(leg.activity, leg.leg, event), for: leg.actor, in: delay)
    }
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
      schedule(.hungUp(cause: 16), for: leg.actor, in: Scenario.hangUpDelay)
    default: say(.ended(.unavailable, cause: 3))
    }
  }

  private mutating func ringLocal(_ exten: String, _ context: String, _ request: Run.RingRequest, _ parent: Parent) {
    let plan = actors[0].run.plan
    let position = Position(context, exten, 1)
    let inquiry = Inquiry(caller: request.caller.number, epoch: office.facts.epoch(at: now), zones: office.facts)
    guard actors.count < Self.maximumRuns, plan.step(at: position, inquiry) != nil else {
      return schedule(.leg(parent.activity, parent.leg, .ended(.unavailable, cause: 3)), for: parent.actor)
    }
    let index = actors.count
    let channel = Channel(
      name: "Local/\(exten)@\(context)-\(index)", uniqueID: "\(scenario.epoch).\(index + 1)", caller: request.caller,
      position: position, variables: request.inherited)
    actors.append(Actor(run: Run(plan: plan, channel: channel), parent: parent))
    actors[parent.actor].activities[parent.activity, default: [:]][parent.leg] = index
    perform(actors[index].run.start(in: &office, at: now), of: index)
  }

  private mutating func tellParent(of actor: Int, _ event: Run.LegEvent) {
    guard let parent = actors[actor].parent else { return }
    schedule(.leg(parent.activity, parent.leg, event), for: parent.actor)
  }

  private mutating func answered(_ actor: Int) {
    guard !actors[actor].isAnswered else { return }
    actors[actor].isAnswered = true
    tellParent(of: actor, .answered(name: actors[actor].run.channel.name))
    guard let parent = actors[actor].parent else { return }
    // The others of the same Dial are not wanted any more.
    for (leg, other) in (actors[parent.actor].activities[parent.activity] ?? [:]).sorted(by: { $0.key < $1.key })
    where leg != parent.leg {
      schedule(.hungUp(cause: 26), for: other)
      actors[other].parent = nil
    }
  }

  private mutating func indicated(_ indication: Run.Indication, by actor: Int) {
    guard !actors[actor].isAnswered else { return }
    switch indication {
    case .ringing: tellParent(of: actor, .ringing)
    case .progress: tellParent(of: actor, .progress)
    case .proceeding: break
    case .busy:
      tellParent(of: actor, .ended(.busy, cause: 17))
      actors[actor].parent = nil
    case .congestion:
      tellParent(of: actor, .ended(.congestion, cause: 34))
      actors[actor].parent = nil
    }
  }

  private mutating func ended(_ actor: Int) {
    tellParent(of: actor, actors[actor].isAnswered ? .hungUp : .ended(.noAnswer, cause: actors[actor].run.channel.cause))
    actors[actor].parent = nil
  }

  private mutating func stopRinging(_ id: ActivityID, of actor: Int) {
    events.removeAll { $0.actor == actor && $0.event.isLeg(of: id) }
    for (_, leg) in (actors[actor].activities.removeValue(forKey: id) ?? [:]).sorted(by: { $0.key < $1.key }) {
      actors[leg].parent = nil
      schedule(.hungUp(cause: 16), for: leg)
    }
  }

  private mutating func queue(_ id: ActivityID, _ request: Run.QueueRequest, for actor: Int) {
    switch result("queue") ?? "JOINEMPTY" {
    case "ANSWER", "CONTINUE": schedule(.finished(id, .done), for: actor, in: Self.conversation)
    case "TIMEOUT": schedule(.finished(id, .status("TIMEOUT")), for: actor, in: request.timeout ?? Self.ringing)
    case let status: schedule(.finished(id, .status(status)), for: actor)
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
