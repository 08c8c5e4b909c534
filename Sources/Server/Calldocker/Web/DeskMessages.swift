import Calls

// What a desk hears of its business.

/// The answer to `register-agent`.
struct DeskAnswer: WireMessage {
  struct Me: Encodable, Sendable {
    var id: String
    var displayName: String
    var teams: [String]
    var state: AgentState
    var reason: String?
  }
  struct Colleague: Encodable, Sendable {
    var id: String
    var displayName: String
    var state: AgentState
    var reason: String?
  }

  var success = true
  var agent: Me
  var agents: [Colleague]
  /// A call that waits for this agent to come back, and what it comes back with.
  var callId: String?
  var resumeToken: String?

  init(_ desk: Exchange.Desk) {
    agent = Me(
      id: desk.agent.agent.description, displayName: desk.agent.displayName, teams: desk.teams, state: desk.agent.state,
      reason: desk.agent.reason)
    agents = desk.agents.map { agent in
      Colleague(id: agent.agent.description, displayName: agent.displayName, state: agent.state, reason: agent.reason)
    }
    callId = desk.waiting?.call.description
    resumeToken = desk.waiting?.resumeToken
  }
}

/// `agent-state`.
package struct AgentStateMessage: WireMessage {
  var agentId: String
  var displayName: String
  var state: AgentState
  var reason: String?

  package init(_ presence: AgentPresence) {
    agentId = presence.agent.description
    displayName = presence.displayName
    state = presence.state
    reason = presence.reason
  }
}

extension WireAnswer {
  /// An event for desks, with the name under which it is sent.
  static func event(_ event: DeskEvent) -> (name: String, message: any WireMessage) {
    switch event {
    case .phoneSound(let call, let trouble):
      let event = trouble.map { AgentEvent.troubled(call, $0) } ?? .soundIsWell(call)
      return ("call-state", WireAnswer.event(event).answer)
    case .agentState(let presence): return ("agent-state", AgentStateMessage(presence))
    case .callsChanged(let call):
      var answer = WireAnswer()
      answer.callId = call.description
      return ("calls-changed", answer)
    }
  }
}
