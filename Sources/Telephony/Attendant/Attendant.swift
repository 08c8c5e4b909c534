import Calls
import Dialplan
import Wire

/// Leads the calls of businesses by their dialplans: told what happens to each call, it says what is to be done with it.
///
/// It owns each call's run and what the calls of a business share. It knows no leg and no message: the exchange has those.
package struct Attendant: Sendable {
  package enum Output: Hashable, Sendable {
    case wish(TenantID, CallID, AttendantWish)
    /// For the flight recorder.
    case step(TenantID, CallID, AttendantStep)
    case log(TenantID, CallID, Run.LogLevel, String)
    /// A key of the business's store has changed: make it durable.
    case store(TenantID, KeyStore.Change)
    case fetch(TenantID, CallID, Fetch)
  }

  /// The context in which visitors arrive, and the extension that they dial unless their page says another.
  package static let visitors = "widget"
  package static let start = "s"

  /// Times that one call may ask to ring in one moment: a plan that asks more often rings nobody over and over.
  package static let maximumRingingsAtOnce = 50

  /// What the calls of one business have in common.
  private struct Desk: Sendable {
    var plan: Dialplan
    var office: Office
    var calls: [CallID: Led] = [:]
  }

  /// A call that is led.
  struct Led: Sendable {
    /// What one of the call's runs waits for.
    struct Asker: Hashable, Sendable {
      var run: Int
      var activity: ActivityID
    }
    var tree: RunTree
    var ringings: [RingID: Asker] = [:]
    var echo: Asker?
    /// How the calls to agents went, for the reason of the call's end.
    var lastEnd: EndReason?
    private var latest = (moment: Instant(), ringings: 0)

    init(tree: RunTree) { self.tree = tree }

    /// Whether it may ask to ring once more in this moment.
    mutating func mayRing(at now: Instant) -> Bool {
      if latest.moment != now { latest = (now, 0) }
      latest.ringings += 1
      return latest.ringings <= Attendant.maximumRingingsAtOnce
    }
  }

  private var desks: [TenantID: Desk] = [:]
  private var deadlines = DeadlineQueue<Place>()
  private var lastRing: UInt64 = 0

  private struct Place: Hashable, Sendable {
    var tenant: TenantID
    var call: CallID
  }

  package init() {}

  package var deadline: Instant? { deadlines.next }
  package var callCount: Int { desks.values.reduce(0) { $0 + $1.calls.count } }

  /// The plan by which a business's calls are led from now on; those that are keep theirs.
  package mutating func setPlan(_ plan: Dialplan, of tenant: TenantID, facts: any OfficeFacts) {
    var office = desks[tenant]?.office ?? Office(facts: facts)
    office.take(plan)
    desks[tenant] = Desk(plan: plan, office: office, calls: desks[tenant]?.calls ?? [:])
  }

  /// The business goes; its calls have been told.
  package mutating func forget(_ tenant: TenantID) {
    for call in desks[tenant]?.calls.keys ?? [:].keys { deadlines.remove(Place(tenant: tenant, call: call)) }
    desks[tenant] = nil
  }

  package func leads(_ tenant: TenantID) -> Bool { desks[tenant] != nil }

  // MARK: What happens

  package mutating func receive(
    _ news: AttendantNews, _ tenant: TenantID, _ call: CallID, _ facts: any OfficeFacts, at now: Instant
  ) -> [Output] {
    switch news {
    case .arrived(let arrival): return arrived(arrival, tenant, call, facts, at: now)
    case .over: return over(tenant, call, facts, at: now)
    default: break
    }
    guard let (event, run) = desks[tenant]?.calls[call]?.event(news) else { return [] }
    return act(tenant, call, facts, at: now) { tree, office in tree.receive(event, for: run, in: &office, at: now) }
  }

  /// The page that a call asked for, or nothing.
  package mutating func receive(
    _ page: String?, for fetch: Fetch, _ tenant: TenantID, _ call: CallID, _ facts: any OfficeFacts, at now: Instant
  ) -> [Output] {
    act(tenant, call, facts, at: now) { tree, office in
      (0..<tree.runCount).flatMap { tree.receive(.fetched(fetch, page), for: $0, in: &office, at: now) }
    }
  }

  package mutating func wake(_ facts: (TenantID) -> any OfficeFacts, at now: Instant) -> [Output] {
    var outputs: [Output] = []
    while let place = deadlines.popDue(at: now) {
      outputs += act(place.tenant, place.call, facts(place.tenant), at: now) { tree, office in tree.wake(in: &office, at: now) }
    }
    return outputs
  }

  private mutating func arrived(
    _ arrival: AttendantNews.Arrival, _ tenant: TenantID, _ call: CallID, _ facts: any OfficeFacts, at now: Instant
  ) -> [Output] {
    guard let desk = desks[tenant] else { return [.wish(tenant, call, .hangUp(.failed))] }
    let exten = arrival.extensionDialled.flatMap { $0.isEmpty ? nil : $0 } ?? Self.start
    var channel = Channel(
      name: "WebRTC/\(call)", uniqueID: call.description, caller: Channel.Party(name: arrival.name ?? "Website visitor"),
      position: Position(Self.visitors, exten, 1))
    if let page = arrival.page { _ = channel.variables.set("PAGE", page) }
    desks[tenant]?.calls[call] = Led(tree: RunTree(Run(plan: desk.plan, channel: channel)))
    return act(tenant, call, facts, at: now) { tree, office in tree.start(in: &office, at: now) }
  }

  /// The visitor is gone, or the house ended the call: `h` runs, and nothing that it wants is done.
  private mutating func over(_ tenant: TenantID, _ call: CallID, _ facts: any OfficeFacts, at now: Instant) -> [Output] {
    let outputs = act(tenant, call, facts, at: now) { tree, office in tree.receive(.hungUp(cause: 16), in: &office, at: now) }
    return outputs.filter { if case .wish = $0 { false } else { true } }
  }

  // MARK: What a run asks for

  private mutating func act(
    _ tenant: TenantID, _ call: CallID, _ facts: any OfficeFacts, at now: Instant,
    _ body: (inout RunTree, inout Office) -> [RunTree.Output]
  ) -> [Output] {
    // What is true outside is lent for this moment: kept, it would be copied with each change.
    let resting = desks[tenant]?.office.facts
    desks[tenant]?.office.facts = facts
    defer { if let resting { desks[tenant]?.office.facts = resting } }
    var outputs: [Output] = []
    var replies = turn(tenant, call, at: now, &outputs, body)
    // What cannot be heard yet is over at once, and the run is told so.
    while !replies.isEmpty {
      let reply = replies.removeFirst()
      replies += turn(tenant, call, at: now, &outputs) { tree, office in
        tree.receive(reply.event, for: reply.run, in: &office, at: now)
      }
    }
    let place = Place(tenant: tenant, call: call)
    if desks[tenant]?.calls[call]?.tree.isOver == true { desks[tenant]?.calls[call] = nil }
    if let deadline = desks[tenant]?.calls[call]?.tree.deadline {
      deadlines.set(place, to: deadline)
    } else {
      deadlines.remove(place)
    }
    return outputs
  }

  private typealias Reply = (run: Int, event: Run.Event)

  private mutating func turn(
    _ tenant: TenantID, _ call: CallID, at now: Instant, _ outputs: inout [Output],
    _ body: (inout RunTree, inout Office) -> [RunTree.Output]
  ) -> [Reply] {
    guard var led = desks[tenant]?.calls.removeValue(forKey: call), var office = desks[tenant]?.office else { return [] }
    let asked = body(&led.tree, &office)
    var replies: [Reply] = []
    for output in asked {
      if case .step(let position, let application, _) = output.output {
        let written = led.tree.written(at: position, in: office, at: now) ?? ""
        let step = AttendantStep(
          place: position.description, application: application, arguments: Self.shown(application, written))
        outputs.append(.step(tenant, call, step))
      } else if let reply = perform(output, of: &led, tenant, call, at: now, &outputs) {
        replies.append((output.run, reply))
      }
    }
    desks[tenant]?.calls[call] = led
    desks[tenant]?.office = office
    return replies
  }

  /// A password that a plan asks for is nobody's to read.
  private static func shown(_ application: String, _ arguments: String) -> String {
    application.lowercased() == "authenticate" ? "…" : arguments
  }

  private mutating func perform(
    _ asked: RunTree.Output, of led: inout Led, _ tenant: TenantID, _ call: CallID, at now: Instant,
    _ outputs: inout [Output]
  ) -> Run.Event? {
    switch asked.output {
    case .log(let level, let sentence): outputs.append(.log(tenant, call, level, sentence))
    case .indicate(.ringing) where asked.run == 0: outputs.append(.wish(tenant, call, .indicateRinging))
    case .ring(let activity, let request):
      guard led.mayRing(at: now) else {
        outputs.append(
          .log(
            tenant, call, .warning,
            "The dialplan asks to ring over and over without a pause, and is stopped: let it wait, or end, where nobody is there."
          ))
        outputs.append(.wish(tenant, call, .hangUp(led.lastEnd ?? .dialplan)))
        return nil
      }
      lastRing += 1
      let ring = RingID(lastRing)
      led.ringings[ring] = Led.Asker(run: asked.run, activity: activity)
      let targets = request.destinations.map(RingTarget.init)
      outputs.append(.wish(tenant, call, .ring(ring, targets, within: request.timeout ?? Run.longestRinging)))
    case .stopRinging(let activity, _):
      let asker = Led.Asker(run: asked.run, activity: activity)
      guard let ring = led.ringings.first(where: { $0.value == asker })?.key else { return nil }
      led.ringings[ring] = nil
      if led.lastEnd != .agentHungUp { led.lastEnd = .noAnswer }
      outputs.append(.wish(tenant, call, .stopRinging(ring)))
    case .echo(let activity):
      led.echo = Led.Asker(run: asked.run, activity: activity)
      outputs.append(.wish(tenant, call, .echo(true)))
    case .stop(let activity):
      guard led.echo == Led.Asker(run: asked.run, activity: activity) else { return nil }
      led.echo = nil
      outputs.append(.wish(tenant, call, .echo(false)))
    case .hangUp where asked.run == 0: outputs.append(.wish(tenant, call, .hangUp(led.lastEnd ?? .dialplan)))
    case .stored(let change): outputs.append(.store(tenant, change))
    case .fetch(let fetch): outputs.append(.fetch(tenant, call, fetch))
    default:
      guard let (activity, what) = asked.output.unheard else { return nil }
      outputs.append(.log(tenant, call, .notice, "\(what) is not served to live calls yet, and ends at once."))
      return .finished(activity, .failed)
    }
    return nil
  }
}

extension Run.Output {
  /// What needs sound or a queue, and what waits for its end.
  fileprivate var unheard: (ActivityID, String)? {
    switch self {
    case .play(let activity, _, _): (activity, "A prompt")
    case .say(let activity, _, _): (activity, "Speech")
    case .queue(let activity, _): (activity, "Queue")
    case .voicemail(let activity, _, _), .voicemailMain(let activity, _, _): (activity, "VoiceMail")
    case .record(let activity, _): (activity, "Record")
    case .sendDigits(let activity, _, _, _): (activity, "SendDTMF")
    default: nil
    }
  }
}

extension Attendant.Led {
  /// What an exchange's news means, and to which run; `nil` where it means nothing to any.
  fileprivate mutating func event(_ news: AttendantNews) -> (Run.Event, run: Int)? {
    func leg(_ ring: RingID, _ target: Int, _ event: Run.LegEvent) -> (Run.Event, run: Int)? {
      ringings[ring].map { (.leg($0.activity, target, event), $0.run) }
    }
    switch news {
    case .arrived, .over: return nil
    case .pressed(let digit): return (.digit(digit.key), 0)
    case .rang(let ring, let target): return leg(ring, target, .ringing)
    case .answered(let ring, let target, let agent):
      lastEnd = .agentHungUp
      return leg(ring, target, .answered(name: agent.description))
    case .failed(let ring, let target, let failure):
      // That somebody declined says more than that nobody else was there.
      if failure.end != .unavailable || lastEnd == nil { lastEnd = failure.callEnd }
      return leg(ring, target, .ended(failure.legEnd, cause: failure.cause))
    case .parted(let ring, let target): return leg(ring, target, .hungUp)
    }
  }
}

extension RingFailure {
  /// What a visitor is told who reaches nobody in the end.
  fileprivate var callEnd: EndReason {
    switch end {
    case .busy: .declined
    case .congestion, .noAnswer: .noAnswer
    case .unavailable: .unavailable
    }
  }

  fileprivate var legEnd: Run.LegEnd {
    switch end {
    case .busy: .busy
    case .congestion: .congestion
    case .unavailable: .unavailable
    case .noAnswer: .noAnswer
    }
  }
}

extension RingTarget {
  init(_ destination: Run.RingRequest.Destination) {
    switch destination {
    case .agent(let name): self = AgentName(name).map { .agent($0) } ?? .nobody
    case .team(let name): self = .team(name)
    case .next(let team): self = .next(team: team)
    case .local, .unknown: self = .nobody
    }
  }
}
