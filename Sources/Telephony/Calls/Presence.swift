import Wire

/// What an agent is doing, as its colleagues see it.
package enum AgentState: String, Hashable, Sendable, CaseIterable, Codable {
  /// Neither a phone nor a browser reaches it.
  case offline
  case available
  /// Reachable, and not to be rung.
  case paused
  case ringing
  /// On a call.
  case busy
}

/// An agent and its state at one moment: derived from who is there and what rings whenever it is asked for, and kept nowhere.
package struct AgentPresence: Hashable, Sendable {
  package let agent: AgentName
  package let displayName: String
  package let state: AgentState
  /// Why it pauses, if it said so; of meaning while it is paused only.
  package let reason: String?
}

extension Tenant {
  package func presence(of agent: Agent) -> AgentPresence {
    AgentPresence(agent: agent.name, displayName: agent.displayName, state: state(of: agent), reason: nil)
  }

  private func state(of agent: Agent) -> AgentState {
    if let call = agent.call {
      if case .ringing? = calls[call]?.phase { return .ringing }
      return .busy
    }
    if !agent.phones.all.isEmpty || agent.sessions.contains(where: \.isAvailable) { return .available }
    return agent.sessions.isEmpty ? .offline : .paused
  }
}
