import SDP
import SIPCore
import SIPSyntax
import Wire

/// Requests of a phone that talks. Hold, resume, a moved phone and a late offer end here: the browser's leg never learns of them (RFC 7092).
extension Exchange {
  mutating func receiveInDialog(_ request: SIPRequest, _ key: TransactionKey, _ flow: Flow, at now: Instant) -> [Output] {
    guard let id = DialogID(received: request), let place = placesByDialog[id],
      case .talking(.phone(var phone), let since)? = call(place)?.phase, phone.dialog.id == id
    else { return receiveInEarlyDialog(request, key, flow, at: now) }
    let seen = registrations(flow, phone.flow, place)
    guard isKnown(flow, phone.flow, of: phone.agent, place) else {
      return seen + respond(key, request, .callOrTransactionDoesNotExist, at: now)
    }
    guard phone.dialog.receive(request) == .inOrder else {
      return seen + respond(key, request, .serverInternalError, at: now)
    }
    phone.flow = flow
    update(place) { $0.phase = .talking(.phone(phone), since: since) }
    return seen + serve(request, key, phone, place, at: now)
  }

  private mutating func serve(
    _ request: SIPRequest, _ key: TransactionKey, _ phone: PhoneParty, _ place: Place, at now: Instant
  ) -> [Output] {
    switch request.method {
    case .bye: return respond(key, request, .ok, at: now) + agentLeft(place, at: now)
    case .invite: return renegotiate(request, key, phone, place, at: now)
    case .options: return respond(key, request, .ok, at: now) { $0.headers.append(.allow, Self.allowed) }
    default: return respond(key, request, .methodNotAllowed, at: now) { $0.headers.append(.allow, Self.allowed) }
    }
  }

  /// Whether a request in a dialog comes from where its phone is, or from where a phone of that agent has registered.
  ///
  /// A dialog's tags prove nothing: somebody may have read them on their way, and nobody is asked for a password in a call. A router
  /// may give its phone another port, and a long request may come over TCP; a phone in another network registers there first.
  private func isKnown(_ flow: Flow, _ last: Flow, of agent: AgentName, _ place: Place) -> Bool {
    let source = flow.remote.ip
    return source == last.remote.ip
      || tenants[place.tenant]?.agents[agent]?.phones.all.contains { $0.flow.remote.ip == source } == true
  }

  /// Where the agent's phones are, for whoever runs the call again: nothing else of the call would tell, where a request comes from
  /// another network than the one before.
  private func registrations(_ flow: Flow, _ last: Flow, _ place: Place) -> [Output] {
    flow.remote.ip == last.remote.ip ? [] : [view(place)]
  }

  /// The BYE of a phone that hung up at once can overtake its 2xx; a phone should wait for our ACK (RFC 3261 §15), but not all do.
  private mutating func receiveInEarlyDialog(
    _ request: SIPRequest, _ key: TransactionKey, _ flow: Flow, at now: Instant
  ) -> [Output] {
    guard request.method == .bye, let id = DialogID(received: request),
      let place = placesByDialog[DialogID(callID: id.callID, localTag: id.localTag, remoteTag: "")],
      case .ringing(let attempt)? = call(place)?.phase,
      let fork = attempt.forks.first(where: { $0.invite?.earlyDialog.callID == id.callID })
    else { return respond(key, request, .callOrTransactionDoesNotExist, at: now) }
    let seen = registrations(flow, fork.binding.flow, place)
    guard isKnown(flow, fork.binding.flow, of: fork.agent, place) else {
      return seen + respond(key, request, .callOrTransactionDoesNotExist, at: now)
    }
    abandon(fork, of: place, at: now)
    return seen + respond(key, request, .ok, at: now) + forkEnded(fork.leg, of: place, .declined, at: now)
  }

  private mutating func renegotiate(
    _ request: SIPRequest, _ key: TransactionKey, _ phone: PhoneParty, _ place: Place, at now: Instant
  ) -> [Output] {
    // While our own offer waits for its answer, another one would cross it (RFC 3261 §14.2).
    guard phone.renegotiation?.isOurOffer != true, !phone.refresh.isAsking else {
      return respond(key, request, .requestPending, at: now)
    }
    var phone = phone
    phone.sessionVersion &+= 1
    let session = phoneSession(phone.flow, port: phone.port, leg: phone.leg, version: phone.sessionVersion)
    let answer: SessionDescription
    var outputs: [Output] = []
    if request.body.isEmpty {
      answer = session.offer
    } else {
      // What cannot be agreed on leaves the call as it was (RFC 3261 §14.2).
      guard let offer = Self.description(request.body), let agreed = try? session.answer(to: offer) else {
        return respond(key, request, .notAcceptableHere, at: now)
      }
      answer = agreed
      outputs = take(offer, from: &phone, place)
    }
    if let former = phone.renegotiation { placesByTransaction[former.key] = nil }
    let number = (try? request.headers.cseq.number) ?? 0
    phone.renegotiation = .init(key: key, number: number, isOurOffer: request.body.isEmpty)
    placesByTransaction[key] = place
    keep(phone, of: place)
    outputs += tellSound(place)
    let contact = contact(phone.flow).description
    return respond(key, request, .ok, at: now) {
      $0.headers.append(.contact, contact)
      $0.headers.append(.allow, Self.allowed)
      $0.headers.append(.contentType, "application/sdp")
      $0.body = Array(answer.description.utf8)
    } + outputs
  }

  /// The ACK of our 2xx to a re-INVITE, with the phone's answer if the offer was ours.
  mutating func acknowledged(_ request: SIPRequest, _ flow: Flow, at now: Instant) -> [Output] {
    guard let id = DialogID(received: request), let place = placesByDialog[id],
      case .talking(.phone(var phone), _)? = call(place)?.phase, let renegotiation = phone.renegotiation,
      (try? request.headers.cseq.number) == renegotiation.number
    else { return [] }
    let seen = registrations(flow, phone.flow, place)
    guard isKnown(flow, phone.flow, of: phone.agent, place) else { return seen }
    layer.acknowledged(renegotiation.key)
    placesByTransaction[renegotiation.key] = nil
    phone.renegotiation = nil
    var outputs = seen
    if renegotiation.isOurOffer, let answer = Self.description(request.body) { outputs = take(answer, from: &phone, place) }
    keep(phone, of: place)
    return outputs + tellSound(place)
  }

  /// Nobody acknowledged our 2xx for half a minute: the phone cannot be there any more (RFC 3261 §13.3.1.4).
  mutating func unacknowledged(_ key: TransactionKey, at now: Instant) -> [Output] {
    guard let place = placesByTransaction.removeValue(forKey: key) else { return [] }
    return end(place, .connectionLost, at: now)
  }

  mutating func keep(_ phone: PhoneParty, of place: Place) {
    update(place) { call in
      guard case .talking(_, let since) = call.phase else { return }
      call.phase = .talking(.phone(phone), since: since)
    }
  }

  static func description(_ body: [UInt8]) -> PhoneDescription? {
    try? PhoneDescription(SessionDescription(parsing: String(decoding: body, as: UTF8.self)))
  }

  /// Applies what the phone now says of itself to its leg, and tells the visitor of a hold and its end.
  mutating func take(_ description: PhoneDescription, from phone: inout PhoneParty, _ place: Place) -> [Output] {
    guard let audio = NegotiatedAudio(description) else { return [] }
    // A hold in the old way names no address (RFC 3264 §8.4): the phone stays where it was.
    phone.remote = description.remote.map { Self.reachable($0, over: phone.flow) } ?? phone.remote
    let isHolding = !description.direction.receives
    defer { phone.isHolding = isHolding }
    let leg = PhoneLeg(remote: phone.remote, audio: audio, home: phone.flow.remote.ip)
    var outputs = [Output.media(.connectPhone(phone.leg, leg))]
    // Nothing need come from a phone that holds, and one that is back is listened to anew.
    if isHolding { outputs += changeSound(place) { ($0.agent, $0.isUndelivered) = (SoundGuard.Side(), false) } }
    if isHolding != phone.isHolding, let visitor = call(place)?.visitor {
      outputs.append(
        .visitor(visitor, isHolding ? .held(place.call) : .talking(place.call, agent: phone.agent.description)))
    }
    return outputs
  }
}
