import Cryptography
import Wire

/// Visitors whose connection stumbles: a lost socket, a network that changed, a page that was loaded anew.
extension Exchange {
  /// What a visitor who came back must know.
  package struct Resumed: Hashable, Sendable {
    package var event: VisitorEvent
    package var answer: String?
    /// Good for the next time.
    package var resumeToken: String
    /// Since both began to talk.
    package var seconds: Int
  }

  /// The visitor's connection is gone.
  ///
  /// - Parameter isDeliberate: whether the client said goodbye; else the call waits a minute for it to come back.
  package mutating func visitorGone(_ visitor: VisitorID, isDeliberate: Bool, at now: Instant) -> [Output] {
    guard let place = placesByVisitor[visitor], let call = call(place) else { return [] }
    // Without a leg there was never anything to come back to.
    guard !isDeliberate, call.leg != nil else { return end(place, .visitorHungUp, at: now) }
    placesByVisitor[visitor] = nil
    let until = now + Call.absenceTime
    update(place) { $0.presence = .absent(until: until) }
    absences.set(place, to: until)
    return [
      flight(place, .visitorLost),
      log(.info, place.tenant, place.call, "The visitor's connection is lost; the call waits for it"),
    ]
  }

  /// A visitor comes back into its call, over a new connection and perhaps in a page that was loaded anew.
  ///
  /// - Parameter offer: a restart of ICE, or the first description of a new page; `nil` where the sound never stopped.
  package mutating func resume(
    _ visitor: VisitorID, tenant: String, _ id: CallID, token: String, offer: String?, at now: Instant
  ) -> (Result<Resumed, Refusal>, [Output]) {
    guard placesByVisitor[visitor] == nil else {
      return (.failure(Refusal(.badRequest, "This connection has a call already.")), [])
    }
    // Who does not know the token learns nothing, not even whether there is such a call.
    guard let place = TenantID(tenant).map({ Place(tenant: $0, call: id) }), var call = call(place),
      constantTimeEquals(Array(call.resumeToken.utf8), Array(token.utf8))
    else { return (.failure(Refusal(.unknownCall)), []) }
    guard offer != nil || !call.hasLostConsent else {
      return (.failure(Refusal(.badRequest, "The sound of this call is lost: an offer (sdp) must bring it back.")), [])
    }
    var outputs: [Output] = []
    var answer: String?
    var isNewLeg = false
    if let offer {
      switch openVisitorLeg(offer, of: &call, place, at: now) {
      case .failure(let refusal): return (.failure(refusal), [])
      case .success(let opened):
        answer = opened.answer
        outputs = opened.outputs
        isNewLeg = opened.isNew
      }
    }
    placesByVisitor[call.visitor] = nil
    placesByVisitor[visitor] = place
    call.visitor = visitor
    call.presence = .present
    call.resumeToken = randomness.token(32)
    absences.remove(place)
    tenants[place.tenant]?.calls[place.call] = call
    outputs.append(flight(place, .visitorBack(hasOffer: offer != nil)))
    if isNewLeg { outputs += join(place, at: now) }
    outputs.append(log(.info, place.tenant, place.call, "The visitor is back"))
    let resumed = Resumed(
      event: self.call(place)?.event ?? call.event, answer: answer, resumeToken: call.resumeToken,
      seconds: call.secondsTalked(at: now))
    return (.success(resumed), outputs)
  }

  // MARK: What the agent is told

  /// The visitor's leg brings nothing any more: whoever talks with it hears a soft tone instead of nothing.
  mutating func fellSilent(_ leg: LegID, at now: Instant) -> [Output] {
    guard let place = placesByLeg[leg], let call = call(place) else { return [] }
    guard call.leg == leg else { return agentFellSilent(leg, place) }
    guard !call.isUnheard else { return [] }
    update(place) { $0.isUnheard = true }
    let note = log(.info, place.tenant, place.call, "The visitor is not heard any more")
    guard case .talking(let party, _) = call.phase else { return [note] }
    return [note] + hear(place, at: now) + (party.session.map { [.agent($0, .visitorLost(place.call))] } ?? [])
      + changeSound(place) { $0.visitor.nothingArrives() }
  }

  mutating func heardAgain(_ leg: LegID, at now: Instant) -> [Output] {
    guard let place = placesByLeg[leg], let call = call(place) else { return [] }
    guard call.leg == leg else { return agentHeardAgain(leg, place) }
    guard call.isUnheard else { return [] }
    return [log(.info, place.tenant, place.call, "The visitor is heard again")] + join(place, at: now)
  }

  /// Lets the visitor's leg into what the call is doing, and ends the tone that stood in for it.
  mutating func join(_ place: Place, at now: Instant) -> [Output] {
    let wasUnheard = call(place)?.isUnheard == true
    update(place) { $0.isUnheard = false }
    let joining = hear(place, at: now)
    guard wasUnheard, case .talking(let party, _)? = call(place)?.phase else { return joining }
    return joining + (party.session.map { [.agent($0, .visitorBack(place.call))] } ?? [])
      + changeSound(place) { $0.visitor.arrivesAgain() }
  }

  /// A browser's media is gone for good: the agent's ends the call, the visitor's too unless it may still come back.
  mutating func consentLost(_ leg: LegID, at now: Instant) -> [Output] {
    guard let place = placesByLeg[leg], let call = call(place) else { return [] }
    if call.leg == leg, case .absent = call.presence {
      update(place) { $0.hasLostConsent = true }
      return fellSilent(leg, at: now)
    }
    return end(place, .connectionLost, at: now)
  }
}

extension Call {
  /// Where the call stands, as the visitor is told.
  var event: VisitorEvent {
    switch phase {
    case .ringing: hasRung ? .ringing(id) : .trying(id)
    case .talking(.phone(let phone), _) where phone.isHolding: .held(id)
    case .talking(let party, _):
      sound.visitorTrouble.map { .troubled(id, agent: party.agent.description, $0) }
        ?? .talking(id, agent: party.agent.description)
    case .echo: .talking(id, agent: "Echo")
    }
  }

  fileprivate func secondsTalked(at now: Instant) -> Int {
    switch phase {
    case .ringing: 0
    case .talking(_, let since), .echo(let since): Int((now - since).milliseconds / 1000)
    }
  }
}

extension Party {
  /// The browser in which the agent talks; `nil` for a phone.
  fileprivate var session: AgentSessionID? { if case .browser(_, let session, _) = self { session } else { nil } }
}
