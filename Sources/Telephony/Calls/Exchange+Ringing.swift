import SDP
import SIPCore
import SIPSyntax
import Wire

/// Ringing: an agent, or several together, each on all its phones and browsers at once.
extension Exchange {
  /// - Parameter time: how long they ring at most.
  mutating func ring(
    _ names: [AgentName], for place: Place, within time: Duration = Call.ringingTime, at now: Instant
  ) -> [Output] {
    guard let call = call(place) else { return [] }
    let isFirst = call.tried.isEmpty
    var attempt = Attempt(agents: [], forks: [], desks: [], giveUpAt: now + time)
    if case .ringing(let present) = call.phase, !present.isOver {
      attempt = Attempt(
        agents: present.agents, forks: present.forks, desks: present.desks, giveUpAt: max(present.giveUpAt, now + time))
    }
    update(place) { $0.phase = .ringing(attempt) }
    ringing.set(place, to: attempt.giveUpAt)
    var outputs: [Output] = []
    for (index, name) in names.enumerated() { outputs += ring(name, isFirst: isFirst && index == 0, for: place, at: now) }
    return outputs
  }

  /// Lets one agent more ring for a call that rings.
  private mutating func ring(_ name: AgentName, isFirst: Bool, for place: Place, at now: Instant) -> [Output] {
    guard let agent = tenants[place.tenant]?.agents[name], let call = call(place), case .ringing(var attempt) = call.phase
    else {
      return []
    }
    let forks = agent.phones.phones.map { PhoneFork(agent: name, leg: newLeg(on: call.plane, for: place), binding: $0) }
    let sessions = agent.sessions
    attempt.agents.append(name)
    attempt.forks += forks
    attempt.desks += sessions.map { DeskFork(agent: name, session: $0) }
    willChange(AddressOfRecord(tenant: place.tenant, agent: name), at: now)
    tenants[place.tenant]?.agents[name]?.call = place.call
    update(place) {
      $0.tried.insert(name)
      $0.phase = .ringing(attempt)
    }
    return [
      flight(place, .rings(name, phones: forks.count, browsers: sessions.count)),
      log(.info, place.tenant, place.call, "Ringing \(forks.count) phones and \(sessions.count) browsers", name.description),
    ]
      + (isFirst ? [.visitor(call.visitor, .trying(place.call))] : [])
      + forks.flatMap { [flight(place, .leg($0.leg, .phone(name, $0.binding.flow))), .media(.openPhone($0.leg))] }
      + sessions.map { .agent($0, .incomingCall(place.call, from: call.callerName, page: call.page)) }
      + (sessions.isEmpty ? [] : rang(place, at: now) + tellRang(name, place))
  }

  /// A phone's leg has its port: the INVITE can name it.
  mutating func invite(_ leg: LegID, port: UInt16, for place: Place, at now: Instant) -> [Output] {
    guard let call = call(place), case .ringing(var attempt) = call.phase,
      let index = attempt.forks.firstIndex(where: { $0.leg == leg }), case .opening = attempt.forks[index].state
    else { return [.media(.close(leg))] }
    let flow = attempt.forks[index].binding.flow
    let request = inviteRequest(call, attempt.forks[index], port: port, ringing: attempt.giveUpAt - now)
    guard connections.carries(flow), let (key, outputs) = layer.send(request, over: flow, at: now) else {
      return [flight(place, .unsendable(leg))] + forkEnded(leg, of: place, .noAnswer, at: now)
    }
    attempt.forks[index].state = .inviting(key)
    attempt.forks[index].invite = request
    placesByTransaction[key] = place
    placesByDialog[request.earlyDialog] = place
    update(place) { $0.phase = .ringing(attempt) }
    return [flight(place, .invites(leg, callID: request.earlyDialog.callID))] + outputs.flatMap { perform($0, at: now) }
  }

  /// Seconds by which a phone's own end of ringing comes after ours.
  private static let expiryMargin: Int64 = 5

  /// - Parameter time: how long we let it ring at most.
  private mutating func inviteRequest(
    _ call: Call, _ fork: PhoneFork, port: UInt16, ringing time: Duration
  ) -> SIPRequest {
    let flow = fork.binding.flow
    let domain = Host(call.tenant.description) ?? .address(flow.local.ip)
    var from = NameAddress(SIPURI(user: "visitor", host: domain), displayName: call.callerName)
    let place = Place(tenant: call.tenant, call: call.id)
    from.tag = token(10, for: .call(place))
    var request = SIPRequest(.invite, fork.binding.contact.uri)
    request.headers.append(.via, newVia(flow, for: .call(place)).description)
    request.headers.append(.maxForwards, "70")
    for hop in fork.binding.path { request.headers.append(.route, hop) }
    request.headers.append(.from, from.description)
    request.headers.append(.to, NameAddress(SIPURI(user: fork.agent.description, host: domain)).description)
    request.headers.append(.callID, token(Self.callIDLength, for: .call(place)))
    request.headers.append(.cseq, CSeq(1, .invite).description)
    request.headers.append(.contact, contact(flow).description)
    request.headers.append(.allow, Self.allowed)
    // A phone that our CANCEL cannot reach stops by itself (§13.3.1.1).
    request.headers.append(.expires, String(max(0, time.components.seconds) + Self.expiryMargin))
    request.headers.append(.contentType, "application/sdp")
    request.body = Array(phoneSession(flow, port: port, leg: fork.leg, version: 1).offer.description.utf8)
    return request
  }

  func contact(_ flow: Flow) -> NameAddress { flow.contact(user: "calldocker") }

  func phoneSession(_ flow: Flow, port: UInt16, leg: LegID, version: UInt64) -> PhoneSession {
    PhoneSession(
      origin: Origin(session: leg.number, version: version, address: flow.local.ip),
      local: SocketAddress(flow.local.ip, port))
  }

  // MARK: What comes back

  mutating func receive(_ response: SIPResponse, _ key: TransactionKey, _ flow: Flow, at now: Instant) -> [Output] {
    if let invite = abandoned[key] {
      guard answers(response, flow, invite.request, askedOf: invite.peer) else { return [] }
      return receiveLate(response, to: invite.request, key, flow, for: .abandoned(key), at: now)
    }
    guard let place = placesByTransaction[key], let call = call(place) else {
      layer.strays.note(.transaction)
      return []
    }
    switch call.phase {
    case .ringing(let attempt):
      guard let fork = attempt.forks.first(where: { $0.isInviting(key) }) else { return [] }
      if response.status == .trying { return [] }
      if response.status.isProvisional { return rang(place, at: now) + tellRang(fork.agent, place) }
      if response.status.isSuccess { return answered(fork, key, response, flow, place, at: now) }
      placesByTransaction[key] = nil
      if let invite = fork.invite { placesByDialog[invite.earlyDialog] = nil }
      return refused(fork, response.status, place, at: now)
    case .talking(.phone(let phone), _) where phone.key == key && response.status.isSuccess:
      guard answers(response, flow, phone.invite, askedOf: phone.flow.remote.ip) else { return [] }
      return receiveAgain(response, phone, flow, at: now)
    case .talking(.phone(let phone), _) where phone.refresh.key == key:
      guard flow.remote.ip == phone.flow.remote.ip else {
        layer.strays.note(.address)
        return []
      }
      return refreshed(phone, response, flow, place, at: now)
    default: return []
    }
  }

  /// Judges a response whose transaction is over by the same rules as the transaction would.
  private mutating func answers(
    _ response: SIPResponse, _ flow: Flow, _ request: SIPRequest, askedOf peer: IPAddress
  ) -> Bool {
    guard let why = StrayResponse(response, from: flow.remote.ip, to: request, askedOf: peer) else { return true }
    layer.strays.note(why)
    return false
  }

  /// Tells the visitor, once, that it rings over there, and lets it hear so.
  mutating func rang(_ place: Place, at now: Instant) -> [Output] {
    guard let call = call(place), !call.hasRung else { return [] }
    update(place) { $0.hasRung = true }
    return [.visitor(call.visitor, .ringing(place.call))] + (call.leg.map { [.media(.play($0, .ringback))] } ?? [])
  }

  private mutating func refused(
    _ fork: PhoneFork, _ status: StatusCode, _ place: Place, at now: Instant
  ) -> [Output] {
    let note = log(.info, place.tenant, place.call, "A phone answered \(status)", fork.agent.description)
    update(place) { $0.led?.note(RingFailure(status), of: fork.agent) }
    guard status == .decline || status == .busyEverywhere else {
      return [note] + forkEnded(fork.leg, of: place, status == .busyHere ? .declined : .noAnswer, at: now)
    }
    // A 6xx speaks for the agent, not for one phone (RFC 3261 §21.6).
    update(place) { $0.disappointment = .declined }
    placesByLeg[fork.leg] = nil
    return [note, .media(.close(fork.leg))] + drop(fork.agent, from: place, except: fork.leg, at: now)
  }

  /// An agent's chance is over, whatever of it still rings; the call goes on with the others who ring, or with the next.
  mutating func drop(_ agent: AgentName, from place: Place, except leg: LegID? = nil, at now: Instant) -> [Output] {
    guard case .ringing(var attempt)? = call(place)?.phase, attempt.agents != [agent] else {
      return nextAgent(place, dropping: leg, .timeout, at: now)
    }
    let told = tellFailed(agent, place)
    let forks = attempt.forks.filter { $0.agent == agent && $0.leg != leg }
    let desks = attempt.desks.filter { $0.agent == agent }
    attempt.agents.removeAll { $0 == agent }
    attempt.forks.removeAll { $0.agent == agent }
    attempt.desks.removeAll { $0.agent == agent }
    update(place) { $0.phase = .ringing(attempt) }
    free(agent, of: place, at: now)
    return forks.flatMap { silence($0, of: place, reason: nil, at: now) }
      + desks.map { .agent($0.session, .incomingCallEnded(place.call, .timeout)) } + told
  }

  private mutating func silence(_ fork: PhoneFork, of place: Place, reason: Reason?, at now: Instant) -> [Output] {
    placesByLeg[fork.leg] = nil
    return [.media(.close(fork.leg))] + takeBack(fork, of: place, reason: reason, at: now)
  }

  /// One phone is out; the agent is, when it was the last.
  mutating func forkEnded(_ leg: LegID, of place: Place, _ reason: EndReason, at now: Instant) -> [Output] {
    guard let call = call(place), case .ringing(var attempt) = call.phase else { return [] }
    let ended = attempt.forks.first { $0.leg == leg }
    attempt.forks.removeAll { $0.leg == leg }
    placesByLeg[leg] = nil
    update(place) {
      $0.phase = .ringing(attempt)
      if reason == .declined { $0.disappointment = .declined }
    }
    var outputs: [Output] = [.media(.close(leg))]
    if let ended { outputs += takeBack(ended, of: place, reason: nil, at: now) }
    guard let ended, attempt.isOver(for: ended.agent) else { return outputs }
    return outputs + drop(ended.agent, from: place, except: leg, at: now)
  }

  mutating func ringingEnded(_ place: Place, at now: Instant) -> [Output] {
    guard case .ringing = call(place)?.phase else { return [] }
    return nextAgent(place, dropping: nil, .timeout, at: now)
  }

  /// The agent's chance is over; the next one rings, or the visitor learns that nobody answers.
  mutating func nextAgent(
    _ place: Place, dropping leg: LegID?, _ why: AgentEvent.IncomingEnd, at now: Instant
  ) -> [Output] {
    if call(place)?.led != nil { return ringingIsOver(place, dropping: leg, at: now) }
    var outputs = [view(place)] + stopRinging(place, except: leg, why, reason: nil, at: now)
    guard let call = call(place) else { return outputs }
    let choice = tenants[place.tenant]?.choice(except: call.tried, at: now)
    if let choice { outputs.append(flight(place, .chose(choice))) }
    if let next = choice?.chosen {
      outputs += ring([next], for: place, at: now)
    } else {
      outputs += end(place, call.disappointment, at: now)
    }
    return outputs
  }

  /// Silences every phone and browser of the present attempt but one leg.
  mutating func stopRinging(
    _ place: Place, except kept: LegID?, answering: AgentName? = nil, _ why: AgentEvent.IncomingEnd, reason: Reason?,
    at now: Instant
  ) -> [Output] {
    guard let call = call(place), case .ringing(let attempt) = call.phase else { return [] }
    ringing.remove(place)
    for agent in attempt.agents where agent != answering { free(agent, of: place, at: now) }
    var outputs: [Output] = []
    for fork in attempt.forks where fork.leg != kept { outputs += silence(fork, of: place, reason: reason, at: now) }
    outputs += attempt.desks.map { .agent($0.session, .incomingCallEnded(place.call, why)) }
    update(place) { $0.phase = .ringing(Attempt(agents: attempt.agents, forks: [], desks: [], giveUpAt: now)) }
    return outputs
  }

  /// Cancels a phone's INVITE if it was sent and may still be answered.
  private mutating func takeBack(_ fork: PhoneFork, of place: Place, reason: Reason?, at now: Instant) -> [Output] {
    guard case .inviting(let key) = fork.state, placesByTransaction[key] != nil else { return [] }
    abandon(fork, of: place, at: now)
    return layer.cancel(key, reason: reason, at: now).flatMap { perform($0, at: now) }
  }

  mutating func free(_ name: AgentName, of place: Place, at now: Instant) {
    guard tenants[place.tenant]?.agents[name]?.call == place.call else { return }
    willChange(AddressOfRecord(tenant: place.tenant, agent: name), at: now)
    tenants[place.tenant]?.agents[name]?.call = nil
    tenants[place.tenant]?.agents[name]?.idleSince = now
  }

  /// An INVITE of ours had no answer, and will have none by its transaction.
  mutating func unanswered(_ key: TransactionKey, _ why: String, at now: Instant) -> [Output] {
    guard let place = placesByTransaction[key], case .ringing(let attempt)? = call(place)?.phase,
      let fork = attempt.forks.first(where: { $0.isInviting(key) })
    else { return refreshUnanswered(key) }
    abandon(fork, of: place, at: now)
    update(place) { $0.led?.note(RingFailure(.unavailable, cause: 18), of: fork.agent) }
    let note = log(.warning, place.tenant, place.call, why, fork.agent.description)
    let isConnectionGone = fork.binding.flow.connection.map { !connections.isOpen($0) } ?? false
    let event = flight(place, .unanswered(fork.leg, isConnectionGone: isConnectionGone))
    return [event, note] + forkEnded(fork.leg, of: place, .noAnswer, at: now)
  }

  /// Nobody waits for the answer to a fork's INVITE any more.
  mutating func abandon(_ fork: PhoneFork, of place: Place, at now: Instant) {
    guard case .inviting(let key) = fork.state, let invite = fork.invite else { return }
    forget(invite, key, askedOf: fork.binding.flow.remote.ip, of: place, at: now)
  }

  mutating func forget(
    _ invite: SIPRequest, _ key: TransactionKey, askedOf peer: IPAddress, of place: Place, at now: Instant
  ) {
    placesByTransaction[key] = nil
    placesByDialog[invite.earlyDialog] = nil
    var chance = tenants[place.tenant]?.calls[place.call]?.chance ?? randomness
    let own = Randomness.keyed(ChanceKey(using: &chance))
    tenants[place.tenant]?.calls[place.call]?.chance = chance
    abandoned.insert(key, AbandonedInvites.Invite(request: invite, peer: peer, chance: own), at: now)
  }
}

extension SIPRequest {
  /// Whether it is outside any dialog.
  var opensDialog: Bool { (try? headers.to.tag) == nil }

  /// What a dialog that our INVITE may open is called before the peer has told its tag.
  var earlyDialog: DialogID {
    DialogID(callID: (try? headers.callID) ?? "", localTag: (try? headers.from.tag) ?? "", remoteTag: "")
  }
}

extension PhoneFork {
  func isInviting(_ key: TransactionKey) -> Bool {
    if case .inviting(key) = state { true } else { false }
  }
}
