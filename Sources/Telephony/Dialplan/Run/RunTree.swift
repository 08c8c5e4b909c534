import Wire

/// A call's run and the runs of its local legs (`Dial(Local/exten@context)`), each a dialplan of its own.
///
/// It answers to the verbs of a run. What it cannot do by itself it puts out with the number of the run that asked, 0 for the call's own.
package struct RunTree: Sendable {
  /// Runs of one call.
  package static var maximumRuns: Int { 100 }

  package struct Output: Hashable, Sendable {
    package var run: Int
    package var output: Run.Output
  }

  private struct Parent: Sendable {
    var run: Int
    var activity: ActivityID
    var leg: Int
  }
  private struct Member: Sendable {
    var run: Run
    /// The leg of another run that this one is; `nil` once that does not want it any more.
    var parent: Parent?
    /// The local legs of each `Dial`, by their places among its destinations.
    var locals: [ActivityID: [Int: Int]] = [:]
    /// Which destinations of a `Dial` were put out, in the order in which they were.
    var others: [ActivityID: [Int]] = [:]
    var isAnswered = false
  }
  private var members: [Member]
  private var waiting: [(run: Int, event: Run.Event)] = []

  package init(_ run: Run) { members = [Member(run: run)] }

  package var isOver: Bool { members[0].run.isOver }
  package var channel: Channel { members[0].run.channel }
  package var plan: Dialplan { members[0].run.plan }
  package var runCount: Int { members.count }
  package var deadline: Instant? { members.lazy.compactMap(\.run.deadline).min() }

  /// The arguments of a step as its file has them: what stands for a variable may be somebody's secret.
  package func written(at position: Position, in office: Office, at now: Instant) -> String? {
    plan.step(
      at: position, Inquiry(caller: channel.caller.number, epoch: office.facts.epoch(at: now), zones: office.facts))?
      .arguments.text
  }

  package mutating func start(in office: inout Office, at now: Instant) -> [Output] {
    let outputs = members[0].run.start(in: &office, at: now)
    return settle(outputs, of: 0, &office, now)
  }

  /// - Parameter run: whom it concerns; what a caller does concerns the call's own.
  package mutating func receive(
    _ event: Run.Event, for run: Int = 0, in office: inout Office, at now: Instant
  ) -> [Output] {
    guard members.indices.contains(run) else { return [] }
    let outputs = members[run].run.receive(outward(event, run), in: &office, at: now)
    return settle(outputs, of: run, &office, now)
  }

  package mutating func wake(in office: inout Office, at now: Instant) -> [Output] {
    var outputs: [Output] = []
    for run in members.indices where members[run].run.deadline.map({ $0 <= now }) == true {
      let asked = members[run].run.wake(in: &office, at: now)
      outputs += settle(asked, of: run, &office, now)
    }
    return outputs
  }

  /// A leg's number as its `Dial` knows it.
  private func outward(_ event: Run.Event, _ run: Int) -> Run.Event {
    guard case .leg(let activity, let index, let news) = event, let others = members[run].others[activity],
      others.indices.contains(index)
    else { return event }
    return .leg(activity, others[index], news)
  }

  // MARK: Among each other

  private mutating func settle(
    _ asked: [Run.Output], of run: Int, _ office: inout Office, _ now: Instant
  ) -> [Output] {
    var outputs = asked.flatMap { perform($0, of: run, &office, now) }
    while !waiting.isEmpty {
      let next = waiting.removeFirst()
      let asked = members[next.run].run.receive(next.event, in: &office, at: now)
      outputs += asked.flatMap { perform($0, of: next.run, &office, now) }
    }
    return outputs
  }

  private mutating func perform(_ output: Run.Output, of run: Int, _ office: inout Office, _ now: Instant) -> [Output] {
    switch output {
    case .ring(let activity, let request): return ring(request, activity, for: run, &office, now)
    case .stopRinging(let activity, _):
      stopLocals(activity, of: run)
      return members[run].others.removeValue(forKey: activity) == nil ? [] : [Output(run: run, output: output)]
    case .answer: answered(run)
    case .indicate(let indication): indicated(indication, by: run)
    case .ended: ended(run)
    default: break
    }
    return [Output(run: run, output: output)]
  }

  private mutating func ring(
    _ request: Run.RingRequest, _ activity: ActivityID, for run: Int, _ office: inout Office, _ now: Instant
  ) -> [Output] {
    var outward = request
    outward.destinations = []
    var others: [Int] = []
    var outputs: [Output] = []
    for (leg, destination) in request.destinations.enumerated() {
      guard case .local(let exten, let context) = destination else {
        outward.destinations.append(destination)
        others.append(leg)
        continue
      }
      let parent = Parent(run: run, activity: activity, leg: leg)
      outputs += ringLocal(Position(context, exten, 1), request, parent, &office, now)
    }
    guard !others.isEmpty else { return outputs }
    members[run].others[activity] = others
    return outputs + [Output(run: run, output: .ring(activity, outward))]
  }

  private mutating func ringLocal(
    _ position: Position, _ request: Run.RingRequest, _ parent: Parent, _ office: inout Office, _ now: Instant
  ) -> [Output] {
    let inquiry = Inquiry(caller: request.caller.number, epoch: office.facts.epoch(at: now), zones: office.facts)
    guard members.count < Self.maximumRuns, plan.step(at: position, inquiry) != nil else {
      tell(parent, .ended(.unavailable, cause: 3))
      return []
    }
    let index = members.count
    let channel = Channel(
      name: "Local/\(position.exten)@\(position.context)-\(index)", uniqueID: "\(self.channel.uniqueID).\(index)",
      caller: request.caller, position: position, variables: request.inherited)
    members.append(Member(run: Run(plan: plan, channel: channel), parent: parent))
    members[parent.run].locals[parent.activity, default: [:]][parent.leg] = index
    return members[index].run.start(in: &office, at: now).flatMap { perform($0, of: index, &office, now) }
  }

  private mutating func tell(_ parent: Parent?, _ news: Run.LegEvent) {
    guard let parent else { return }
    waiting.append((parent.run, .leg(parent.activity, parent.leg, news)))
  }

  private mutating func answered(_ run: Int) {
    guard !members[run].isAnswered, let parent = members[run].parent else { return }
    members[run].isAnswered = true
    tell(parent, .answered(name: members[run].run.channel.name))
    // The other local legs of the same Dial are not wanted any more.
    for (leg, other) in locals(parent.activity, of: parent.run) where leg != parent.leg { dismiss(other, cause: 26) }
  }

  private mutating func indicated(_ indication: Run.Indication, by run: Int) {
    guard !members[run].isAnswered, let parent = members[run].parent else { return }
    switch indication {
    case .ringing: tell(parent, .ringing)
    case .progress: tell(parent, .progress)
    case .proceeding: break
    case .busy, .congestion:
      tell(parent, indication == .busy ? .ended(.busy, cause: 17) : .ended(.congestion, cause: 34))
      members[run].parent = nil
    }
  }

  private mutating func ended(_ run: Int) {
    tell(members[run].parent, members[run].isAnswered ? .hungUp : .ended(.noAnswer, cause: members[run].run.channel.cause))
    members[run].parent = nil
  }

  private mutating func stopLocals(_ activity: ActivityID, of run: Int) {
    for (_, local) in locals(activity, of: run) { dismiss(local, cause: 16) }
    members[run].locals[activity] = nil
  }

  private mutating func dismiss(_ run: Int, cause: Int) {
    members[run].parent = nil
    waiting.append((run, .hungUp(cause: cause)))
  }

  /// In the order of the destinations.
  private func locals(_ activity: ActivityID, of run: Int) -> [(leg: Int, run: Int)] {
    (members[run].locals[activity] ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}
