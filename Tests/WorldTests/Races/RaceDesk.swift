import Calls
import Wire

/// A browser of an agent's that does what its plan says, over a connection that keeps the order and takes its time, and knows in the end
/// whether it was left ringing or in a call alone.
final class RaceDesk {
  /// What a desk does with one call.
  struct Plan {
    enum Reaction {
      case accept(after: Duration)
      case reject(after: Duration)
      case never
    }
    var reaction = Reaction.never
    /// Hangs up so long after its answer.
    var hangsUp: Duration?
    /// Its connection is gone so long after the call began to ring, with a goodbye or by accident.
    var leaves: (after: Duration, isDeliberate: Bool)?
    /// Comes back so long after an accident.
    var returns: Duration?
    var offersWhenBack = false
  }

  let name: String
  private(set) var session: AgentSessionID
  private(set) var isConnected = false
  private(set) var ringing: CallID?
  private(set) var talk: (call: CallID, token: String)?

  private unowned let world: RaceWorld
  private let agent: String
  private let plan: (RaceDesk) -> Plan
  /// When the last event arrives, and the last request.
  private var arrivals = (event: Instant(), request: Instant())

  init(_ world: RaceWorld, agent: String, number: UInt64, plan: @escaping (RaceDesk) -> Plan) {
    self.world = world
    self.agent = agent
    self.plan = plan
    name = "\(agent)'s desk \(number)"
    session = AgentSessionID(number * 100)
  }

  var isRinging: Bool { isConnected && ringing != nil }
  var isTalking: Bool { isConnected && talk != nil }

  func register() {
    let (result, outputs) = world.exchange.registerAgent(
      session, tenant: world.tenant.description, agent: agent, isAuthorised: false, at: world.now)
    isConnected = true
    world.perform(outputs)
    if case .failure(let refusal) = result { world.fault("\(name) was refused: \(refusal.message)") }
  }

  // MARK: The connection

  /// An event is under way to the desk.
  func isSent(_ event: AgentEvent) {
    let moment = max(world.now + world.milliseconds(1...Int(world.longestDelay.milliseconds)), arrivals.event)
    arrivals.event = moment
    let session = session
    world.after(moment - world.now) { [self] in if self.session == session, isConnected { hear(event) } }
  }

  /// Asks something of the exchange, and takes its answer when that has come back.
  private func ask<Answer>(
    _ request: @escaping (AgentSessionID) -> (Answer, [Exchange.Output]), then take: @escaping (Answer) -> Void
  ) {
    let moment = max(world.now + world.milliseconds(1...Int(world.longestDelay.milliseconds)), arrivals.request)
    arrivals.request = moment
    let session = session
    world.after(moment - world.now) { [self] in
      guard self.session == session, isConnected else { return }
      let (answer, outputs) = request(session)
      // The answer goes before what follows from it, over one connection.
      let back = max(world.now + world.milliseconds(1...Int(world.longestDelay.milliseconds)), arrivals.event)
      arrivals.event = back
      world.after(back - world.now) { [self] in if self.session == session, isConnected { take(answer) } }
      world.perform(outputs)
    }
  }

  // MARK: A call

  private func hear(_ event: AgentEvent) {
    switch event {
    case .incomingCall(let call, _, _):
      if talk != nil { world.fault("\(name) was rung in a call") }
      ringing = call
      begin(call)
    case .incomingCallEnded(let call, let why):
      if talk?.call == call { world.fault("\(name) was told that its own call rings no more") }
      if why == .answeredElsewhere { world.count("answered elsewhere") }
      if ringing == call { ringing = nil }
    case .ended(let call, _, _):
      if talk?.call != call { world.fault("\(name) was told of the end of a call that was not its own") }
      talk = nil
    case .visitorLost, .visitorBack, .troubled, .soundIsWell, .takenOver: break
    }
  }

  private func begin(_ call: CallID) {
    let plan = plan(self)
    switch plan.reaction {
    case .never: break
    case .accept(let after): world.after(after) { [self] in accept(call, plan) }
    case .reject(let after): world.after(after) { [self] in reject(call) }
    }
    if let leaves = plan.leaves {
      world.after(leaves.after) { [self] in leave(isDeliberate: leaves.isDeliberate, plan) }
    }
  }

  private func accept(_ call: CallID, _ plan: Plan) {
    guard isConnected, ringing == call else { return }
    world.note("\(name) accepts")
    ask { [world] in
      world.exchange.accept($0, call, offer: RaceWorld.offer, at: world.now)
    } then: { [self] result in
      ringing = nil
      guard case .success(let accepted) = result else { return world.count("a desk was too late") }
      world.count("a desk answered")
      if world.phones.contains(where: \.isTalking) { world.count("a desk and a phone answered") }
      talk = (call, accepted.resumeToken)
      if let after = plan.hangsUp { world.after(after) { [self] in hangUp(call) } }
    }
  }

  private func reject(_ call: CallID) {
    guard isConnected, ringing == call else { return }
    world.note("\(name) rejects")
    if world.phones.contains(where: { $0.user == agent && $0.isRinging }) { world.count("rejected while a phone rang") }
    ask { [world] in
      ((), world.exchange.reject($0, call, at: world.now))
    } then: {
    }
  }

  private func hangUp(_ call: CallID) {
    guard isConnected, talk?.call == call else { return }
    world.note("\(name) hangs up")
    world.count("a desk hung up")
    ask { [world] in
      ((), world.exchange.hangUp($0, call, at: world.now))
    } then: {
    }
  }

  // MARK: Leaving and coming back

  func leave(isDeliberate: Bool, _ plan: Plan = Plan()) {
    guard isConnected else { return }
    world.note("\(name) leaves\(isDeliberate ? " with a goodbye" : "")")
    world.count(talk != nil ? "a desk left its call" : ringing != nil ? "a desk left while it rang" : "a desk left")
    isConnected = false
    ringing = nil
    if isDeliberate || plan.returns == nil { talk = nil }
    world.perform(world.exchange.sessionGone(session, isDeliberate: isDeliberate, at: world.now))
    if !isDeliberate, let after = plan.returns { world.after(after) { [self] in comeBack(plan) } }
  }

  private func comeBack(_ plan: Plan) {
    session = AgentSessionID(session.number + 1)
    register()
    guard let (call, token) = talk else { return }
    world.note("\(name) wants back")
    let offer = plan.offersWhenBack ? RaceWorld.offer : nil
    ask { [world] session in
      world.exchange.resume(
        session, tenant: world.tenant.description, call, token: token, offer: offer, at: world.now)
    } then: { [self] result in
      guard case .success(let resumed) = result else {
        talk = nil
        return world.count("a desk came back too late")
      }
      world.count("a desk came back")
      talk = (call, resumed.resumeToken)
    }
  }
}
