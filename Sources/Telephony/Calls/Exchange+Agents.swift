import ICE
import SDP
import Wire

/// Agents who work in a browser.
extension Exchange {
  /// Lets calls ring in a browser.
  ///
  /// - Parameter isAuthorised: whether whoever asks proved to be the agent; an open tenant lets anybody in.
  package mutating func registerAgent(
    _ session: AgentSessionID, tenant: String, agent: String, isAuthorised: Bool
  ) -> Result<AgentName, Refusal> {
    guard let id = TenantID(tenant), let tenant = tenants[id] else { return .failure(Refusal(.unknownTenant)) }
    guard tenant.isOpen || isAuthorised else { return .failure(Refusal(.unauthorised)) }
    guard let name = AgentName(agent) else {
      return .failure(Refusal(.badRequest, "An agent's name has letters, digits, dots, dashes and underscores, at most 64."))
    }
    guard placesBySession[session] == nil else { return .failure(Refusal(.badRequest, "This connection is an agent already.")) }
    if tenant.agents[name] == nil {
      guard tenant.isOpen, (try? tenants[id]?.addAgent(name, digest: nil, teams: [])) != nil else {
        return .failure(Refusal(.unauthorised))
      }
    }
    guard let sessions = tenants[id]?.agents[name]?.sessions, sessions.count < Agent.maximumSessions else {
      return .failure(Refusal(.busy, "This agent is at work in \(Agent.maximumSessions) browsers already."))
    }
    tenants[id]?.agents[name]?.sessions.append(AgentSession(id: session))
    placesBySession[session] = AddressOfRecord(tenant: id, agent: name)
    return .success(name)
  }

  package mutating func setStatus(_ session: AgentSessionID, isAvailable: Bool) {
    guard let address = placesBySession[session],
      let index = tenants[address.tenant]?.agents[address.agent]?.sessions.firstIndex(where: { $0.id == session })
    else { return }
    tenants[address.tenant]?.agents[address.agent]?.sessions[index].isAvailable = isAvailable
  }

  /// The agent takes the call in this browser.
  package mutating func accept(
    _ session: AgentSessionID, _ id: CallID, offer: String, at now: Instant
  ) -> (Result<String, Refusal>, [Output]) {
    guard let place = ringingPlace(session, id), let call = call(place), case .ringing(let attempt) = call.phase else {
      return (.failure(Refusal(.unknownCall)), [])
    }
    let offered: BrowserOffer
    do throws(Refusal) { offered = try Self.read(offer) } catch { return (.failure(error), []) }
    let told = input(place, .accept(session, FlightOffer(offered)))
    let local = newCredentials()
    let remote = ICECredentials(usernameFragment: offered.usernameFragment, password: offered.password)
    let leg = newLeg(on: call.plane, for: place)
    update(place) { call in
      guard case .ringing(var attempt) = call.phase else { return }
      attempt.sessions.removeAll { $0 == session }
      call.phase = .ringing(attempt)
    }
    var outputs = [told]
    outputs += stopRinging(
      place, except: leg, .answeredElsewhere, reason: .init(cause: 200, text: "Call completed elsewhere"), at: now)
    outputs.append(flight(place, .leg(leg, .browser(attempt.agent))))
    outputs.append(.media(.openBrowser(leg, Self.browserLeg(offered, local, remote))))
    outputs += meet(.browser(attempt.agent, session, leg), place, at: now)
    let answer = browserAnswer(offered, local, on: call.plane, session: id.description + "agent", version: 1)
    return (.success(answer), outputs)
  }

  package mutating func reject(_ session: AgentSessionID, _ id: CallID, at now: Instant) -> [Output] {
    guard let place = ringingPlace(session, id) else { return [] }
    update(place) { $0.disappointment = .declined }
    // The agent said no, not the browser: its phones stop as well.
    let agent = placesBySession[session].map { [flight(place, .declinedInBrowser($0.agent))] } ?? []
    return [input(place, .reject(session))] + agent + nextAgent(place, dropping: nil, .timeout, at: now)
  }

  /// An agent hangs up in its browser.
  package mutating func hangUp(_ session: AgentSessionID, _ id: CallID, at now: Instant) -> [Output] {
    guard let place = talkingPlace(session), place.call == id else { return [] }
    return [input(place, .agentHangUp(session))] + end(place, .agentHungUp, at: now)
  }

  /// The browser's connection is gone: its agent leaves the routing.
  package mutating func sessionGone(_ session: AgentSessionID, at now: Instant) -> [Output] {
    guard let address = placesBySession[session] else { return [] }
    let talking = talkingPlace(session)
    placesBySession[session] = nil
    tenants[address.tenant]?.agents[address.agent]?.sessions.removeAll { $0.id == session }
    if let talking { return [input(talking, .sessionGone(session))] + end(talking, .connectionLost, at: now) }
    guard let id = tenants[address.tenant]?.agents[address.agent]?.call else { return [] }
    let place = Place(tenant: address.tenant, call: id)
    guard case .ringing(var attempt)? = call(place)?.phase, attempt.sessions.contains(session) else { return [] }
    attempt.sessions.removeAll { $0 == session }
    update(place) { $0.phase = .ringing(attempt) }
    let told = input(place, .sessionGone(session))
    return [told] + (attempt.isOver ? nextAgent(place, dropping: nil, .timeout, at: now) : [])
  }

  private func ringingPlace(_ session: AgentSessionID, _ id: CallID) -> Place? {
    guard let address = placesBySession[session] else { return nil }
    let place = Place(tenant: address.tenant, call: id)
    guard case .ringing(let attempt)? = call(place)?.phase, attempt.sessions.contains(session) else { return nil }
    return place
  }

  private func talkingPlace(_ session: AgentSessionID) -> Place? {
    guard let address = placesBySession[session], let id = tenants[address.tenant]?.agents[address.agent]?.call else {
      return nil
    }
    let place = Place(tenant: address.tenant, call: id)
    guard case .talking(.browser(_, session, _), _)? = call(place)?.phase else { return nil }
    return place
  }
}
