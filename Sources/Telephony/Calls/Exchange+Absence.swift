import Cryptography
import SDP
import Wire

/// Browsers whose connection stumbles, the visitor's or an agent's: a lost socket, a network that changed, a page that was loaded anew.
extension Exchange {
  /// Whose browser a call waits for.
  struct Absentee: Hashable {
    var place: Place
    var side: Side
  }

  /// What a visitor who came back must know.
  package struct Resumed: Hashable, Sendable {
    package var event: VisitorEvent
    package var answer: String?
    /// Good for the next time.
    package var resumeToken: String
    /// Since both began to talk.
    package var seconds: Int
  }

  /// What an agent who came back must know.
  package struct DeskResumed: Hashable, Sendable {
    package var event: AgentEvent
    /// Who calls, and from which page.
    package var from: String
    package var page: String?
    package var answer: String?
    package var resumeToken: String
    package var seconds: Int
  }

  // MARK: Leaving

  /// The visitor's connection is gone.
  ///
  /// - Parameter isDeliberate: whether the client said goodbye; else the call waits a minute for it to come back.
  package mutating func visitorGone(_ visitor: VisitorID, isDeliberate: Bool, at now: Instant) -> [Output] {
    guard let place = placesByVisitor[visitor], let call = call(place) else { return [] }
    // Without a leg there was never anything to come back to.
    let told = input(place, .gone(isDeliberate: isDeliberate))
    guard !isDeliberate, call.leg != nil else { return [told] + end(place, .visitorHungUp, at: now) }
    placesByVisitor[visitor] = nil
    return [told, flight(place, .visitorLost)] + waitFor(.visitor, place, at: now)
  }

  /// An agent's browser is gone that talked on this call.
  mutating func deskGone(_ place: Place, isDeliberate: Bool, at now: Instant) -> [Output] {
    guard !isDeliberate, let agent = call(place)?.desk?.agent else { return agentLeft(place, at: now) }
    return [flight(place, .agentLost(agent, waits: Call.absenceTime))] + waitFor(.agent, place, at: now)
  }

  private mutating func waitFor(_ side: Side, _ place: Place, at now: Instant) -> [Output] {
    let until = now + Call.absenceTime
    update(place) { $0[side]?.presence = .absent(until: until) }
    absences.set(Absentee(place: place, side: side), to: until)
    return [log(.info, place.tenant, place.call, "The \(side)'s connection is lost; the call waits for it")]
  }

  // MARK: Coming back

  /// A visitor comes back into its call, over a new connection and perhaps in a page that was loaded anew.
  ///
  /// - Parameter offer: a restart of ICE, or the first description of a new page; `nil` where the sound never stopped.
  package mutating func resume(
    _ visitor: VisitorID, tenant: String, _ id: CallID, token: String, offer: String?, at now: Instant
  ) -> (Result<Resumed, Refusal>, [Output]) {
    guard placesByVisitor[visitor] == nil else {
      return (.failure(Refusal(.badRequest, "This connection has a call already.")), [])
    }
    let place: Place
    let isTakenOver: Bool
    var comeback: Comeback
    do throws(Refusal) {
      place = try find(.visitor, tenant: tenant, id, token: token)
      isTakenOver = call(place)?[.visitor]?.isAbsent == false
      comeback = try takeSeat(.visitor, place, offer: offer) { .resume(visitor, $0) }
    } catch {
      return (.failure(error), [])
    }
    if let former = call(place)?.visitor {
      placesByVisitor[former] = nil
      if isTakenOver { comeback.outputs.append(.visitor(former, .takenOver(id))) }
    }
    placesByVisitor[visitor] = place
    update(place) { $0.visitor = visitor }
    comeback.outputs.append(flight(place, .visitorBack(hasOffer: offer != nil)))
    if comeback.isNewLeg { comeback.outputs += join(.visitor, place, at: now) }
    comeback.outputs.append(log(.info, place.tenant, place.call, "The visitor is back"))
    guard let call = call(place) else { return (.failure(Refusal(.unknownCall)), comeback.outputs) }
    let resumed = Resumed(
      event: call.event, answer: comeback.answer, resumeToken: call.seat.resumeToken, seconds: call.secondsTalked(at: now))
    return (.success(resumed), comeback.outputs)
  }

  /// An agent comes back into its call, in a browser that has registered as this agent's again.
  package mutating func resume(
    _ session: AgentSessionID, tenant: String, _ id: CallID, token: String, offer: String?, at now: Instant
  ) -> (Result<DeskResumed, Refusal>, [Output]) {
    guard let address = placesBySession[session] else {
      return (.failure(Refusal(.unauthorised, "register-agent comes before call-resume.")), [])
    }
    let place: Place
    let isTakenOver: Bool
    var comeback: Comeback
    do throws(Refusal) {
      place = try find(.agent, tenant: tenant, id, token: token)
      isTakenOver = call(place)?[.agent]?.isAbsent == false
      guard place.tenant == address.tenant, call(place)?.desk?.agent == address.agent else { throw Refusal(.unknownCall) }
      comeback = try takeSeat(.agent, place, offer: offer) { .deskResume(session, address.agent, $0) }
    } catch {
      return (.failure(error), [])
    }
    if let former = call(place)?.desk?.session, former != session, isTakenOver {
      comeback.outputs.append(.agent(former, .takenOver(id)))
    }
    update(place) { $0.desk?.session = session }
    comeback.outputs.append(flight(place, .agentBack(address.agent, hasOffer: offer != nil)))
    if comeback.isNewLeg { comeback.outputs += join(.agent, place, at: now) }
    comeback.outputs.append(log(.info, place.tenant, place.call, "The agent is back", address.agent.description))
    guard let call = call(place), let seat = call[.agent] else { return (.failure(Refusal(.unknownCall)), comeback.outputs) }
    let resumed = DeskResumed(
      event: call.deskEvent, from: call.callerName, page: call.page, answer: comeback.answer, resumeToken: seat.resumeToken,
      seconds: call.secondsTalked(at: now))
    return (.success(resumed), comeback.outputs)
  }

  private struct Comeback {
    var answer: String?
    var isNewLeg = false
    var outputs: [Output] = []
  }

  /// Who does not know the token learns nothing, not even whether there is such a call.
  private func find(_ side: Side, tenant: String, _ id: CallID, token: String) throws(Refusal) -> Place {
    guard let place = TenantID(tenant).map({ Place(tenant: $0, call: id) }), let seat = call(place)?[side],
      constantTimeEquals(Array(seat.resumeToken.utf8), Array(token.utf8))
    else { throw Refusal(.unknownCall) }
    return place
  }

  private mutating func takeSeat(
    _ side: Side, _ place: Place, offer: String?, as told: (FlightOffer?) -> FlightInput
  ) throws(Refusal) -> Comeback {
    guard var call = call(place), var seat = call[side] else { throw Refusal(.unknownCall) }
    guard offer != nil || !seat.hasLostConsent else {
      throw Refusal(.badRequest, "The sound of this call is lost: an offer (sdp) must bring it back.")
    }
    let offered = try offer.map(Self.read)
    var comeback = Comeback(outputs: [input(place, told(offered.map(FlightOffer.init)))])
    if let offered {
      let former = call.leg(of: side)
      let opened = openLeg(offered, in: &seat, former: former, as: call.party(side), on: call.plane, place)
      comeback.answer = opened.answer
      comeback.isNewLeg = opened.isNew
      comeback.outputs += opened.outputs
      call.set(opened.leg, of: side)
    }
    seat.presence = .present
    seat.resumeToken = randomness.token(32)
    absences.remove(Absentee(place: place, side: side))
    call[side] = seat
    tenants[place.tenant]?.calls[place.call] = call
    return comeback
  }

  // MARK: What the other one hears, and is told

  /// A browser's leg brings nothing any more: whoever talks with it hears a soft tone instead of nothing.
  mutating func fellSilent(_ leg: LegID, at now: Instant) -> [Output] {
    guard let place = placesByLeg[leg], let call = call(place), let side = call.side(of: leg), let seat = call[side],
      !seat.isUnheard
    else { return [] }
    update(place) { $0[side]?.isUnheard = true }
    let note = log(.info, place.tenant, place.call, "The \(side) is not heard any more")
    guard case .talking = call.phase else { return [note] }
    let telling: [Output] = side == .visitor ? call.desk.map { [.agent($0.session, .visitorLost(place.call))] } ?? [] : []
    return [note] + hear(place, at: now) + telling + changeSound(place) { $0[side].nothingArrives() }
  }

  mutating func heardAgain(_ leg: LegID, at now: Instant) -> [Output] {
    guard let place = placesByLeg[leg], let call = call(place) else { return [] }
    guard let side = call.side(of: leg) else { return phoneHeardAgain(leg, place) }
    guard call[side]?.isUnheard == true else { return [] }
    return [log(.info, place.tenant, place.call, "The \(side) is heard again")] + join(side, place, at: now)
  }

  /// Lets a browser's leg into what the call is doing, and ends the tone that stood in for it.
  mutating func join(_ side: Side, _ place: Place, at now: Instant) -> [Output] {
    let wasUnheard = call(place)?[side]?.isUnheard == true
    update(place) { $0[side]?.isUnheard = false }
    let joining = hear(place, at: now)
    guard wasUnheard, let call = call(place), case .talking = call.phase else { return joining }
    let telling: [Output] = side == .visitor ? call.desk.map { [.agent($0.session, .visitorBack(place.call))] } ?? [] : []
    return joining + telling + changeSound(place) { $0[side].arrivesAgain() }
  }

  /// A browser's media is gone for good: that ends the call, unless the browser is away and may still come back.
  mutating func consentLost(_ leg: LegID, at now: Instant) -> [Output] {
    guard let place = placesByLeg[leg], let call = call(place) else { return [] }
    guard let side = call.side(of: leg), call[side]?.isAbsent == true else { return end(place, .connectionLost, at: now) }
    update(place) { $0[side]?.hasLostConsent = true }
    return fellSilent(leg, at: now)
  }
}

extension Call {
  /// Where the call stands, as the visitor is told.
  var event: VisitorEvent {
    switch phase {
    case .attended, .ringing: hasRung ? .ringing(id) : .trying(id)
    case .talking(.phone(let phone), _) where phone.isHolding: .held(id)
    case .talking(let party, _):
      sound.visitorTrouble.map { .troubled(id, agent: party.agent.description, $0) }
        ?? .talking(id, agent: party.agent.description)
    case .echo: .talking(id, agent: "Echo")
    }
  }

  /// Where it stands, as an agent who talks in a browser is told.
  fileprivate var deskEvent: AgentEvent {
    if seat.isUnheard { return .visitorLost(id) }
    return sound.agentTrouble.map { .troubled(id, $0) } ?? .soundIsWell(id)
  }

  fileprivate func secondsTalked(at now: Instant) -> Int {
    switch phase {
    case .attended, .ringing: 0
    case .talking(_, let since), .echo(let since): Int((now - since).milliseconds / 1000)
    }
  }
}
