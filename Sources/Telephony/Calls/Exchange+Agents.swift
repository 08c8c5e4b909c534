import SDP
import SIPSyntax
import Wire

/// Agents who work in a browser.
extension Exchange {
  /// Agents that a desk is told of when it comes; the others are listed page by page (`GET /api/tenants/{uuid}/agents`).
  package static var maximumListedAgents: Int { 1000 }

  /// What a browser must know in which an agent begins to work.
  package struct Desk: Hashable, Sendable {
    package var agent: AgentPresence
    package var teams: [String]
    /// Everybody of the business, itself included, in the order in which they were added.
    package var agents: [AgentPresence]
    /// A call of the agent's that waits for a browser of its to come back; only who proved to be the agent hears of it.
    package var waiting: Waiting?
    /// What the desk said of itself waits for the disk, and its answer with it.
    package var keeping: KeepTicket?

    package struct Waiting: Hashable, Sendable {
      package var call: CallID
      package var resumeToken: String
    }
  }

  /// Lets calls ring in a browser.
  ///
  /// - Parameters:
  ///   - isAuthorised: whether whoever asks proved to be the agent; an open tenant lets anybody in.
  ///   - status: what the agent says of itself with it, so that one who pauses is not rung in between; `nil` leaves what it said before.
  package mutating func registerAgent(
    _ session: AgentSessionID, tenant: String, agent: String, isAuthorised: Bool, status: AgentStatus? = nil, at now: Instant
  ) -> (Result<Desk, Refusal>, [Output]) {
    if isAuthorised, let known = placesBySession[session], TenantID(tenant) == known.tenant, AgentName(agent) == known.agent {
      return registerAgain(known, status: status, at: now)
    }
    let address: AddressOfRecord
    do throws(Refusal) {
      address = try admit(session, tenant: tenant, agent: agent, isAuthorised: isAuthorised, at: now)
    } catch {
      return (.failure(error), [])
    }
    willChange(address, at: now)
    tenants[address.tenant]?.agents[address.agent]?.sessions.append(session)
    let (ticket, keeping) = status.map { set($0, of: address, at: now) } ?? (nil, [])
    placesBySession[session] = address
    desks.insert(session, under: address.tenant)
    let outputs = keeping + joinRinging(session, address)
    guard var desk = desk(of: address) else { return (.failure(Refusal(.unauthorised)), []) }
    desk.keeping = ticket
    let known = tenants[address.tenant]
    if isAuthorised, let id = known?.agents[address.agent]?.call, let seat = known?.calls[id]?[.agent], seat.isAbsent {
      desk.waiting = Desk.Waiting(call: id, resumeToken: seat.resumeToken)
    }
    return (.success(desk), outputs)
  }

  /// A browser shows once more whose it is, with a fresh token: it keeps its seat and its call.
  private mutating func registerAgain(
    _ address: AddressOfRecord, status: AgentStatus?, at now: Instant
  ) -> (Result<Desk, Refusal>, [Output]) {
    let (ticket, keeping) = status.map { set($0, of: address, at: now) } ?? (nil, [])
    guard var desk = desk(of: address) else { return (.failure(Refusal(.unauthorised)), []) }
    desk.keeping = ticket
    return (.success(desk), keeping)
  }

  private func desk(of address: AddressOfRecord) -> Desk? {
    guard let tenant = tenants[address.tenant], let agent = tenant.agents[address.agent] else { return nil }
    return Desk(
      agent: tenant.presence(of: agent), teams: agent.teams, agents: tenant.presences(atMost: Self.maximumListedAgents))
  }

  /// Whose browser this may be; an agent that only exists in browsers of an open tenant comes into being by it.
  private mutating func admit(
    _ session: AgentSessionID, tenant text: String, agent: String, isAuthorised: Bool, at now: Instant
  ) throws(Refusal) -> AddressOfRecord {
    guard let id = TenantID(text), let tenant = tenants[id] else { throw Refusal(.unknownTenant) }
    guard tenant.isOpen || isAuthorised else { throw Refusal(.unauthorised) }
    guard let name = AgentName(agent) else {
      throw Refusal(.badRequest, "An agent's name has letters, digits, dots, dashes and underscores, at most 64.")
    }
    guard placesBySession[session] == nil else { throw Refusal(.badRequest, "This connection is an agent already.") }
    guard desks.count(id) < Tenant.maximumSessions else {
      throw Refusal(.busy, "The agents of this business are at work in \(Tenant.maximumSessions) browsers already.")
    }
    let address = AddressOfRecord(tenant: id, agent: name)
    if tenant.agents[name] == nil {
      guard tenant.isOpen else { throw Refusal(.unauthorised) }
      makeRoomForGuest(in: id, at: now)
      willChange(address, at: now)
      guard (try? tenants[id]?.addAgent(name, digest: nil, teams: [])) != nil else {
        throw Refusal(.busy, "This business has no room for more agents.")
      }
    }
    guard let sessions = tenants[id]?.agents[name]?.sessions, sessions.count < Agent.maximumSessions else {
      throw Refusal(.busy, "This agent is at work in \(Agent.maximumSessions) browsers already.")
    }
    return address
  }

  /// Where names that only browsers gave are many, the first of those who left is forgotten.
  private mutating func makeRoomForGuest(in id: TenantID, at now: Instant) {
    let guests = (tenants[id]?.agents.values.filter { $0.digest == nil } ?? []).sorted { $0.order < $1.order }
    guard guests.count >= Tenant.maximumGuests, let gone = guests.first(where: { $0.sessions.isEmpty && $0.call == nil }) else {
      return
    }
    willChange(AddressOfRecord(tenant: id, agent: gone.name), at: now)
    tenants[id]?.agents[gone.name] = nil
  }

  /// A browser that comes while its agent is rung elsewhere rings as well.
  mutating func joinRinging(_ session: AgentSessionID, _ address: AddressOfRecord) -> [Output] {
    guard let agent = tenants[address.tenant]?.agents[address.agent], agent.status == .available, let id = agent.call else {
      return []
    }
    let place = Place(tenant: address.tenant, call: id)
    guard let call = call(place), case .ringing(var attempt) = call.phase, attempt.agents.contains(address.agent)
    else { return [] }
    attempt.desks.append(DeskFork(agent: address.agent, session: session))
    update(place) { $0.phase = .ringing(attempt) }
    ringing.set(place, to: attempt.giveUpAt)
    return [
      input(place, .sessionJoined(session, address.agent)),
      .agent(session, .incomingCall(id, from: call.callerName, page: call.page)),
    ]
  }

  /// The agent wants calls from now on, or none; one that rings already goes on.
  ///
  /// - Returns: what the disk is to say of it before the desk hears that it is so; `nil` if there is nothing to wait for.
  package mutating func setStatus(
    _ session: AgentSessionID, _ status: AgentStatus, at now: Instant
  ) -> (Result<KeepTicket?, Refusal>, [Output]) {
    guard let address = placesBySession[session] else { return (.failure(Refusal(.unauthorised)), []) }
    let (ticket, outputs) = set(status, of: address, at: now)
    return (.success(ticket), outputs)
  }

  /// What an agent's browser hears that took a call.
  package struct Accepted: Hashable, Sendable {
    package var answer: String
    package var resumeToken: String
  }

  /// The agent takes the call in this browser.
  package mutating func accept(
    _ session: AgentSessionID, _ id: CallID, offer: String, at now: Instant
  ) -> (Result<Accepted, Refusal>, [Output]) {
    guard let place = ringingPlace(session, id), let call = call(place), case .ringing(let attempt) = call.phase,
      let agent = attempt.desk(session)?.agent
    else { return (.failure(Refusal(.unknownCall)), []) }
    let offered: BrowserOffer
    do throws(Refusal) { offered = try Self.read(offer) } catch { return (.failure(error), []) }
    var seat = BrowserSeat(resumeToken: randomness.token(32))
    let opened = openLeg(offered, in: &seat, former: nil, as: .browser(agent), on: call.plane, place)
    update(place) { call in
      guard case .ringing(var attempt) = call.phase else { return }
      attempt.desks.removeAll { $0.session == session }
      call.phase = .ringing(attempt)
    }
    let elsewhere = Reason(cause: 200, text: "Call completed elsewhere")
    var outputs = [input(place, .accept(session, FlightOffer(offered)))]
    outputs += stopRinging(
      place, except: opened.leg, answering: agent, .answeredElsewhere, reason: elsewhere, at: now)
    outputs += opened.outputs
    outputs += meet(.browser(BrowserParty(agent: agent, session: session, leg: opened.leg, seat: seat)), place, at: now)
    return (.success(Accepted(answer: opened.answer, resumeToken: seat.resumeToken)), outputs)
  }

  /// Takes the new credentials of an agent's browser that changed its network, or its wish to negotiate anew.
  package mutating func callOffer(
    _ session: AgentSessionID, _ id: CallID, _ offer: String, at now: Instant
  ) -> (Result<String, Refusal>, [Output]) {
    guard let place = talkingPlace(session), place.call == id else { return (.failure(Refusal(.unknownCall)), []) }
    return renegotiate(.agent, place, offer, at: now) { .deskOffer(session, $0) }
  }

  package mutating func reject(_ session: AgentSessionID, _ id: CallID, at now: Instant) -> [Output] {
    guard let place = ringingPlace(session, id) else { return [] }
    update(place) { $0.disappointment = .declined }
    if let agent = placesBySession[session]?.agent { update(place) { $0.led?.note(.busy, of: agent) } }
    // The agent said no, not the browser: its phones stop as well.
    guard let agent = placesBySession[session]?.agent else { return [] }
    return [input(place, .reject(session)), flight(place, .declinedInBrowser(agent))] + drop(agent, from: place, at: now)
  }

  /// An agent hangs up in its browser.
  package mutating func hangUp(_ session: AgentSessionID, _ id: CallID, at now: Instant) -> [Output] {
    guard let place = talkingPlace(session), place.call == id else { return [] }
    return [input(place, .agentHangUp(session))] + agentLeft(place, at: now)
  }

  /// The browser's connection is gone: its agent leaves the routing.
  ///
  /// - Parameter isDeliberate: whether the client said goodbye; else its call waits a minute for it to come back.
  package mutating func sessionGone(_ session: AgentSessionID, isDeliberate: Bool, at now: Instant) -> [Output] {
    guard let address = placesBySession[session] else { return [] }
    let talking = talkingPlace(session)
    leave(session, at: now)
    return endPause(of: address) + left(session, address, talking, isDeliberate: isDeliberate, at: now)
  }

  /// What becomes of the call that the browser had, or that rang there.
  private mutating func left(
    _ session: AgentSessionID, _ address: AddressOfRecord, _ talking: Place?, isDeliberate: Bool, at now: Instant
  ) -> [Output] {
    if let talking {
      return [input(talking, .sessionGone(session, isDeliberate: isDeliberate))]
        + deskGone(talking, isDeliberate: isDeliberate, at: now)
    }
    guard let id = tenants[address.tenant]?.agents[address.agent]?.call else { return [] }
    let place = Place(tenant: address.tenant, call: id)
    guard case .ringing(var attempt)? = call(place)?.phase, attempt.desk(session) != nil else { return [] }
    attempt.desks.removeAll { $0.session == session }
    update(place) { $0.phase = .ringing(attempt) }
    let told = input(place, .sessionGone(session, isDeliberate: isDeliberate))
    guard attempt.isOver(for: address.agent) else { return [told] }
    guard attempt.isOver else { return [told] + drop(address.agent, from: place, at: now) }
    let seen = view(place)
    if !isDeliberate, call(place)?.led == nil, tenants[address.tenant]?.nextAgent(except: call(place)?.tried ?? []) == nil {
      // Nobody else could be rung: better that the visitor hears it ring a little longer than that nobody answers.
      ringing.set(place, to: min(attempt.giveUpAt, now + Call.deskReturnTime))
      return [
        told, seen, flight(place, .agentLost(address.agent, waits: Call.deskReturnTime)),
        log(.info, place.tenant, place.call, "The desk that rang is lost; it may come back", address.agent.description),
      ]
    }
    return [told, seen] + nextAgent(place, dropping: nil, .timeout, at: now)
  }

  /// The browser is its agent's no more.
  mutating func leave(_ session: AgentSessionID, at now: Instant) {
    guard let address = placesBySession[session] else { return }
    willChange(address, at: now)
    placesBySession[session] = nil
    desks.remove(session, under: address.tenant)
    if !desks.contains(address.tenant) { news.forget(address.tenant) }
    guard var agent = tenants[address.tenant]?.agents[address.agent] else { return }
    agent.sessions.removeAll { $0 == session }
    if agent.sessions.isEmpty, !isShuttingDown { agent.set(.available, at: now) }
    tenants[address.tenant]?.agents[address.agent] = agent
  }

  private func ringingPlace(_ session: AgentSessionID, _ id: CallID) -> Place? {
    guard let address = placesBySession[session] else { return nil }
    let place = Place(tenant: address.tenant, call: id)
    guard case .ringing(let attempt)? = call(place)?.phase, attempt.desk(session) != nil else { return nil }
    return place
  }

  /// Whether that browser is an agent's.
  package func hasSeat(_ session: AgentSessionID) -> Bool { placesBySession[session] != nil }

  /// Whether somebody talks in that browser.
  package func isTalking(_ session: AgentSessionID) -> Bool { talkingPlace(session) != nil }

  private func talkingPlace(_ session: AgentSessionID) -> Place? {
    guard let address = placesBySession[session], let id = tenants[address.tenant]?.agents[address.agent]?.call else {
      return nil
    }
    let place = Place(tenant: address.tenant, call: id)
    return call(place)?.desk?.session == session ? place : nil
  }
}
