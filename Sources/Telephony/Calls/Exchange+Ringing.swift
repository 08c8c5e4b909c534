import SDP
import SIPCore
import SIPSyntax
import Wire

/// Ringing: one agent after the other, each on all its phones and browsers at once.
extension Exchange {
  mutating func ring(_ name: AgentName, for place: Place, at now: Instant) -> [Output] {
    guard let agent = tenants[place.tenant]?.agents[name], let call = call(place) else { return [] }
    let forks = agent.phones.all.map { PhoneFork(leg: newLeg(on: call.plane, for: place), binding: $0) }
    let sessions = agent.sessions.filter(\.isAvailable).map(\.id)
    let attempt = Attempt(agent: name, forks: forks, sessions: sessions, giveUpAt: now + Call.ringingTime)
    tenants[place.tenant]?.agents[name]?.call = place.call
    update(place) {
      $0.tried.insert(name)
      $0.phase = .ringing(attempt)
    }
    ringing.set(place, to: attempt.giveUpAt)
    let isFirst = call.tried.isEmpty
    return [
      log(.info, place.tenant, place.call, "Ringing \(forks.count) phones and \(sessions.count) browsers", name.description)
    ]
      + (isFirst ? [.visitor(call.visitor, .trying(place.call))] : [])
      + forks.map { .media(.openPhone($0.leg)) }
      + sessions.map { .agent($0, .incomingCall(place.call, from: call.callerName, page: call.page)) }
      + (sessions.isEmpty ? [] : rang(place, at: now))
  }

  /// A phone's leg has its port: the INVITE can name it.
  mutating func invite(_ leg: LegID, port: UInt16, for place: Place, at now: Instant) -> [Output] {
    guard let call = call(place), case .ringing(var attempt) = call.phase,
      let index = attempt.forks.firstIndex(where: { $0.leg == leg }), case .opening = attempt.forks[index].state
    else { return [.media(.close(leg))] }
    let flow = attempt.forks[index].binding.flow
    let request = inviteRequest(call, attempt, attempt.forks[index], port: port)
    guard let (key, outputs) = layer.send(request, over: flow, at: now) else {
      return forkEnded(leg, of: place, .failed, at: now)
    }
    attempt.forks[index].state = .inviting(key)
    attempt.forks[index].invite = request
    placesByTransaction[key] = place
    update(place) { $0.phase = .ringing(attempt) }
    return outputs.flatMap { perform($0, at: now) }
  }

  private mutating func inviteRequest(_ call: Call, _ attempt: Attempt, _ fork: PhoneFork, port: UInt16) -> SIPRequest {
    let flow = fork.binding.flow
    let domain = Host(call.tenant.description) ?? .address(flow.local.ip)
    var from = NameAddress(SIPURI(user: "visitor", host: domain), displayName: call.callerName)
    from.tag = randomness.token(10)
    var request = SIPRequest(.invite, fork.binding.contact.uri)
    request.headers.append(.via, newVia(flow).description)
    request.headers.append(.maxForwards, "70")
    request.headers.append(.from, from.description)
    request.headers.append(.to, NameAddress(SIPURI(user: attempt.agent.description, host: domain)).description)
    request.headers.append(.callID, randomness.token(24))
    request.headers.append(.cseq, CSeq(1, .invite).description)
    request.headers.append(.contact, contact(flow).description)
    request.headers.append(.allow, Self.allowed)
    request.headers.append(.contentType, "application/sdp")
    request.body = Array(phoneSession(flow, port: port, leg: fork.leg, version: 1).offer.description.utf8)
    return request
  }

  func contact(_ flow: Flow) -> NameAddress { NameAddress(SIPURI(user: "calldocker", at: flow.local)) }

  func phoneSession(_ flow: Flow, port: UInt16, leg: LegID, version: UInt64) -> PhoneSession {
    PhoneSession(
      origin: Origin(session: leg.number, version: version, address: flow.local.ip),
      local: SocketAddress(flow.local.ip, port))
  }

  // MARK: What comes back

  mutating func receive(_ response: SIPResponse, _ key: TransactionKey, _ flow: Flow, at now: Instant) -> [Output] {
    if let (request, flow) = abandoned[key] { return receiveLate(response, to: request, key, flow, at: now) }
    guard let place = placesByTransaction[key], let call = call(place) else { return [] }
    switch call.phase {
    case .ringing(let attempt):
      guard let fork = attempt.forks.first(where: { $0.isInviting(key) }) else { return [] }
      if response.status == .trying { return [] }
      if response.status.isProvisional { return rang(place, at: now) }
      if response.status.isSuccess { return answered(fork, key, response, place, at: now) }
      placesByTransaction[key] = nil
      return refused(fork, of: attempt, response.status, place, at: now)
    case .talking(.phone(let phone), _) where phone.key == key && response.status.isSuccess:
      return receiveAgain(response, phone, at: now)
    default: return []
    }
  }

  /// Tells the visitor, once, that it rings over there, and lets it hear so.
  private mutating func rang(_ place: Place, at now: Instant) -> [Output] {
    guard let call = call(place), !call.hasRung else { return [] }
    update(place) { $0.hasRung = true }
    return [.visitor(call.visitor, .ringing(place.call))] + (call.leg.map { [.media(.play($0, .ringback))] } ?? [])
  }

  private mutating func refused(
    _ fork: PhoneFork, of attempt: Attempt, _ status: StatusCode, _ place: Place, at now: Instant
  ) -> [Output] {
    let note = log(.info, place.tenant, place.call, "A phone answered \(status)", attempt.agent.description)
    guard status == .decline || status == .busyEverywhere else {
      return [note] + forkEnded(fork.leg, of: place, status == .busyHere ? .declined : .noAnswer, at: now)
    }
    // A 6xx speaks for the agent, not for one phone (RFC 3261 §21.6).
    update(place) { $0.disappointment = .declined }
    return [note, .media(.close(fork.leg))] + nextAgent(place, dropping: fork.leg, .timeout, at: now)
  }

  /// One phone is out; the agent is, when it was the last.
  mutating func forkEnded(_ leg: LegID, of place: Place, _ reason: EndReason, at now: Instant) -> [Output] {
    guard let call = call(place), case .ringing(var attempt) = call.phase else { return [] }
    attempt.forks.removeAll { $0.leg == leg }
    placesByLeg[leg] = nil
    update(place) {
      $0.phase = .ringing(attempt)
      if reason == .declined { $0.disappointment = .declined }
    }
    let closing: [Output] = reason == .failed ? [] : [.media(.close(leg))]
    return closing + (attempt.isOver ? nextAgent(place, dropping: leg, .timeout, at: now) : [])
  }

  mutating func ringingEnded(_ place: Place, at now: Instant) -> [Output] {
    guard case .ringing = call(place)?.phase else { return [] }
    return nextAgent(place, dropping: nil, .timeout, at: now)
  }

  /// The agent's chance is over; the next one rings, or the visitor learns that nobody answers.
  mutating func nextAgent(
    _ place: Place, dropping leg: LegID?, _ why: AgentEvent.IncomingEnd, at now: Instant
  ) -> [Output] {
    var outputs = stopRinging(place, except: leg, why, reason: nil, at: now)
    guard let call = call(place) else { return outputs }
    if let next = tenants[place.tenant]?.nextAgent(except: call.tried) {
      outputs += ring(next, for: place, at: now)
    } else {
      outputs += end(place, call.disappointment, at: now)
    }
    return outputs
  }

  /// Silences every phone and browser of the present attempt but one leg.
  mutating func stopRinging(
    _ place: Place, except kept: LegID?, _ why: AgentEvent.IncomingEnd, reason: Reason?, at now: Instant
  ) -> [Output] {
    guard let call = call(place), case .ringing(let attempt) = call.phase else { return [] }
    ringing.remove(place)
    if kept == nil || why != .answeredElsewhere { free(attempt.agent, of: place, at: now) }
    var outputs: [Output] = []
    for fork in attempt.forks where fork.leg != kept {
      placesByLeg[fork.leg] = nil
      outputs.append(.media(.close(fork.leg)))
      guard case .inviting(let key) = fork.state, let invite = fork.invite else { continue }
      placesByTransaction[key] = nil
      abandoned.insert(key, invite, fork.binding.flow, at: now)
      outputs += layer.cancel(key, reason: reason, at: now).flatMap { perform($0, at: now) }
    }
    outputs += attempt.sessions.map { .agent($0, .incomingCallEnded(place.call, why)) }
    update(place) { $0.phase = .ringing(Attempt(agent: attempt.agent, forks: [], sessions: [], giveUpAt: now)) }
    return outputs
  }

  mutating func free(_ name: AgentName, of place: Place, at now: Instant) {
    guard tenants[place.tenant]?.agents[name]?.call == place.call else { return }
    tenants[place.tenant]?.agents[name]?.call = nil
    tenants[place.tenant]?.agents[name]?.idleSince = now
  }

  mutating func timedOut(_ key: TransactionKey, at now: Instant) -> [Output] {
    abandoned.remove(key)
    guard let place = placesByTransaction.removeValue(forKey: key), case .ringing(let attempt)? = call(place)?.phase,
      let fork = attempt.forks.first(where: { $0.isInviting(key) })
    else { return [] }
    let note = log(.warning, place.tenant, place.call, "A phone did not react to the call", attempt.agent.description)
    return [note] + forkEnded(fork.leg, of: place, .noAnswer, at: now)
  }
}

extension PhoneFork {
  func isInviting(_ key: TransactionKey) -> Bool {
    if case .inviting(key) = state { true } else { false }
  }
}
