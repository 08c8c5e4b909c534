import Wire

/// Why an agent's phones are gone.
package enum PhoneLoss: String, Hashable, Codable, Sendable {
  case expired
  case signedOff = "signed-off"
  case connectionEnded = "connection-ended"
}

/// Whether an agent could be rung for a call, and why.
package enum Eligibility: Hashable, Codable, Sendable {
  /// - idleSince: the end of its last call; `nil` before the first.
  case chosen(idleSince: Instant?)
  /// Available, but another had waited longer.
  case waitedLess(idleSince: Instant?)
  case alreadyTried
  /// Not of the team that is rung.
  case otherTeam
  case busy
  /// Reachable, and not to be rung.
  case paused
  case phoneGone(PhoneLoss, lastRegistered: Instant?)
  case neverRegistered

  package var isAvailable: Bool {
    switch self {
    case .chosen, .waitedLess: true
    default: false
    }
  }
}

/// The choice of the agent who rings next, with everybody who was considered.
package struct AgentChoice: Hashable, Codable, Sendable {
  /// Agents that are listed one by one, as they were added and with the chosen one always; the rest is counted.
  package static let maximumListed = 40

  package struct Candidate: Hashable, Codable, Sendable {
    package var agent: AgentName
    package var eligibility: Eligibility
    package init(_ agent: AgentName, _ eligibility: Eligibility) {
      self.agent = agent
      self.eligibility = eligibility
    }
  }
  package var chosen: AgentName?
  package var candidates: [Candidate]
  package var unlisted = 0

  package init(chosen: AgentName?, candidates: [Candidate], unlisted: Int = 0) {
    self.chosen = chosen
    self.candidates = candidates
    self.unlisted = unlisted
  }
}

extension Tenant {
  /// Chooses the agent who rings next, and says of everybody why.
  ///
  /// - Parameter team: the one of which it must be.
  func choice(except tried: Set<AgentName>, team: String? = nil, at now: Instant) -> AgentChoice {
    let chosen = nextAgent(except: tried, team: team)
    var listed = agents.values.filter { $0.order < AgentChoice.maximumListed || $0.name == chosen }.sorted {
      $0.order < $1.order
    }
    if listed.count > AgentChoice.maximumListed, let last = listed.lastIndex(where: { $0.name != chosen }) {
      listed.remove(at: last)
    }
    let candidates = listed.map { agent in
      AgentChoice.Candidate(
        agent.name, agent.name == chosen ? .chosen(idleSince: agent.idleSince) : agent.eligibility(tried: tried, team: team))
    }
    return AgentChoice(chosen: chosen, candidates: candidates, unlisted: agents.count - candidates.count)
  }
}

extension Agent {
  fileprivate func eligibility(tried: Set<AgentName>, team: String?) -> Eligibility {
    if let team, !teams.contains(team) { return .otherTeam }
    if tried.contains(name) { return .alreadyTried }
    if call != nil { return .busy }
    if isAvailable { return .waitedLess(idleSince: idleSince) }
    if isReachable { return .paused }
    return phoneLoss.map { .phoneGone($0, lastRegistered: lastRegistered) } ?? .neverRegistered
  }
}
