import SIPSyntax
import Wire

/// Calls that an attendant leads: it says what they do next, and is told what comes of it.
extension Exchange {
  /// How long past the attendant's own time somebody may ring, should the attendant forget it.
  private static let margin = Duration.seconds(5)

  /// Who leads the calls of a business from now on; calls that are go on as they began.
  package mutating func set(_ attendance: Attendance, of tenant: TenantID) { tenants[tenant]?.attendance = attendance }

  /// Does what the attendant of a call wants.
  package mutating func attend(_ tenant: TenantID, _ id: CallID, _ wish: AttendantWish, at now: Instant) -> [Output] {
    let place = Place(tenant: tenant, call: id)
    guard let call = call(place), call.led != nil else { return [] }
    let told = input(place, .attendant(wish))
    switch wish {
    case .indicateRinging: return [told] + rang(place, at: now)
    case .ring(let ring, let targets, let time): return [told] + self.ring(ring, targets, within: time, place, at: now)
    case .stopRinging(let ring): return [told] + stop(ring, place, at: now)
    case .echo(let isWanted): return [told] + echo(isWanted, place, at: now)
    case .hangUp(let reason): return [told] + end(place, reason, at: now)
    }
  }

  /// A step of the attendant's is part of the call's record.
  package func note(_ step: AttendantStep, _ tenant: TenantID, _ call: CallID) -> [Output] {
    [input(Place(tenant: tenant, call: call), .step(step))]
  }

  // MARK: Ringing

  private mutating func ring(
    _ ring: RingID, _ targets: [RingTarget], within time: Duration, _ place: Place, at now: Instant
  ) -> [Output] {
    guard let tenant = tenants[place.tenant], let call = call(place) else { return [] }
    var (taken, notes, failures): (Set<AgentName>, [Output], [Output]) = ([], [], [])
    var found: [[AgentName]] = []
    for (index, target) in targets.enumerated() {
      let (agents, failure) = tenant.resolve(target, tried: call.tried, taken: taken)
      if case .next(let team) = target {
        notes.append(flight(place, .chose(tenant.choice(except: call.tried.union(taken), team: team, at: now))))
      }
      if let failure {
        notes.append(flight(place, .missed(target, failure)))
        failures.append(.attendant(place.tenant, place.call, .failed(ring, target: index, failure)))
      }
      taken.formUnion(agents)
      found.append(agents)
    }
    update(place) { $0.led?.begin(ring, found) }
    let outputs = [view(place, also: taken)] + notes + failures
    let names = found.flatMap { $0 }
    guard !names.isEmpty else { return outputs }
    return outputs + self.ring(names, for: place, within: time + Self.margin, at: now)
  }

  /// Nobody rings any more for a call that is led: its attendant is told of each who did.
  mutating func ringingIsOver(_ place: Place, dropping leg: LegID?, at now: Instant) -> [Output] {
    guard case .ringing(let attempt)? = call(place)?.phase else { return [] }
    var outputs = stopRinging(place, except: leg, .timeout, reason: nil, at: now)
    outputs += leadOn(place)
    for agent in attempt.agents { outputs += tellFailed(agent, place) }
    return outputs
  }

  /// Whoever rings for it stops, whoever talks is hung up; nothing is told of them any more.
  private mutating func stop(_ ring: RingID, _ place: Place, at now: Instant) -> [Output] {
    var agents: [AgentName] = []
    update(place) { agents = $0.led?.end(ring) ?? [] }
    var outputs: [Output] = []
    switch call(place)?.phase {
    case .ringing: for agent in agents { outputs += drop(agent, from: place, at: now) }
    case .talking(let party, let since) where agents.contains(party.agent):
      outputs += depart(party, since, .dialplan, place, at: now)
    default: break
    }
    return outputs
  }

  /// The call is its attendant's again.
  private mutating func leadOn(_ place: Place) -> [Output] {
    update(place) {
      $0.phase = .attended
      $0.hasRung = false
    }
    return call(place)?.leg.map { [.media(.quiet($0))] } ?? []
  }

  // MARK: Talking

  /// The agent hung up: the call ends, unless an attendant leads it on.
  mutating func agentLeft(_ place: Place, at now: Instant) -> [Output] {
    guard let call = call(place), let led = call.led, case .talking(let party, let since) = call.phase else {
      return end(place, .agentHungUp, at: now)
    }
    let parting = depart(party, since, .agentHungUp, place, at: now)
    guard let (ring, target) = led.target(of: party.agent) else { return parting }
    return parting + [.attendant(place.tenant, place.call, .parted(ring, target: target))]
  }

  private mutating func depart(
    _ party: Party, _ since: Instant, _ reason: EndReason, _ place: Place, at now: Instant
  ) -> [Output] {
    let outputs = part(party, place, reason, seconds: Int((now - since).milliseconds / 1000), at: now)
    absences.remove(Absentee(place: place, side: .agent))
    // Its leg is still to tell what was measured on it.
    placesByLeg[party.leg] = place
    if let former = call(place)?.led?.parted { placesByLeg[former.leg] = nil }
    update(place) { $0.led?.parted = Led.Parted(agent: party.agent, since: since, leg: party.leg) }
    return outputs + leadOn(place)
  }

  // MARK: The echo

  private mutating func echo(_ isWanted: Bool, _ place: Place, at now: Instant) -> [Output] {
    guard let call = call(place) else { return [] }
    switch (call.phase, isWanted) {
    case (.attended, true):
      update(place) { $0.phase = .echo(since: now) }
      return [.visitor(call.visitor, .talking(place.call, agent: "Echo"))] + hear(place, at: now)
    case (.echo, false): return leadOn(place)
    default: return []
    }
  }

  // MARK: What the attendant is told

  mutating func tellFailed(_ agent: AgentName, _ place: Place) -> [Output] {
    var out: (ring: RingID, target: Int, failure: RingFailure)?
    update(place) { out = $0.led?.drop(agent) }
    return out.map { [.attendant(place.tenant, place.call, .failed($0.ring, target: $0.target, $0.failure))] } ?? []
  }

  func tellRang(_ agent: AgentName, _ place: Place) -> [Output] {
    guard let (ring, target) = call(place)?.led?.target(of: agent) else { return [] }
    return [.attendant(place.tenant, place.call, .rang(ring, target: target))]
  }

  func tellAnswered(_ agent: AgentName, _ place: Place) -> [Output] {
    guard let (ring, target) = call(place)?.led?.target(of: agent) else { return [] }
    return [.attendant(place.tenant, place.call, .answered(ring, target: target, agent))]
  }
}

extension AttendantNews.Arrival {
  init(_ request: CallRequest) {
    self.init(name: request.name, page: request.page, extensionDialled: request.extensionDialled)
  }
}

extension Tenant {
  /// Who rings for a target, or why nobody does.
  fileprivate func resolve(
    _ target: RingTarget, tried: Set<AgentName>, taken: Set<AgentName>
  ) -> (agents: [AgentName], failure: RingFailure?) {
    switch target {
    case .agent(let name):
      guard let agent = agents[name], agent.isReachable else { return ([], .absent) }
      // Who talks, or does not want to be rung now, is busy to whoever calls.
      return agent.isAvailable && !taken.contains(name) ? ([name], nil) : ([], .busy)
    case .team(let team):
      let members = agents.values.filter { $0.teams.contains(team) }.sorted { $0.order < $1.order }
      let free = members.filter { $0.isAvailable && !taken.contains($0.name) }.map(\.name)
      return free.isEmpty ? ([], members.contains(where: \.isReachable) ? .busy : .absent) : (free, nil)
    case .next(let team):
      return nextAgent(except: tried.union(taken), team: team).map { ([$0], nil) } ?? ([], .absent)
    case .nobody: return ([], .absent)
    }
  }
}

extension RingFailure {
  /// What a phone's final answer means to whoever rang it: as Asterisk has it (RFC 3398 §8.2.6.1 for the causes).
  init(_ status: StatusCode) {
    self =
      switch status.value {
      case 486, 600: .busy
      case 480: .silent
      case 503: RingFailure(.congestion, cause: 34)
      case 404: RingFailure(.unavailable, cause: 1)
      case 410: RingFailure(.unavailable, cause: 22)
      case 484: RingFailure(.unavailable, cause: 28)
      case 403, 603: RingFailure(.unavailable, cause: 21)
      case 408: RingFailure(.unavailable, cause: 18)
      case 488: RingFailure(.unavailable, cause: 58)
      case 500: RingFailure(.unavailable, cause: 38)
      case 502: RingFailure(.unavailable, cause: 27)
      case 504: RingFailure(.unavailable, cause: 102)
      default: RingFailure(.unavailable, cause: 127)
      }
  }
}
