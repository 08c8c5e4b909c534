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

/// Whether an agent wants calls, as it last said in one of its browsers.
package enum AgentStatus: Hashable, Sendable {
  /// Unicode scalars of a reason; what is longer is cut.
  package static let maximumReason = 100

  case available
  case paused(reason: String?)

  /// A status by its word on the wire; `nil` for a word that is none.
  package init?(_ word: String, reason: String?) {
    switch word {
    case "available": self = .available
    case "paused":
      let cut = reason.map { String(String.UnicodeScalarView($0.unicodeScalars.prefix(Self.maximumReason))) }
      self = .paused(reason: cut)
    default: return nil
    }
  }
}

/// An agent and its state at one moment: derived from who is there and what rings whenever it is asked for, and kept nowhere.
package struct AgentPresence: Hashable, Sendable {
  package let agent: AgentName
  package let displayName: String
  package let state: AgentState
  /// Why it pauses, if it said so; of meaning while it is paused only.
  package let reason: String?

  package init(agent: AgentName, displayName: String, state: AgentState, reason: String?) {
    self.agent = agent
    self.displayName = displayName
    self.state = state
    self.reason = reason
  }
}

extension Tenant {
  package func presence(of agent: Agent) -> AgentPresence {
    let state = state(of: agent)
    let reason = state == .paused ? agent.pauseReason : nil
    return AgentPresence(agent: agent.name, displayName: agent.displayName, state: state, reason: reason)
  }

  private func state(of agent: Agent) -> AgentState {
    if let call = agent.call {
      if case .ringing? = calls[call]?.phase { return .ringing }
      return .busy
    }
    guard agent.isReachable else { return .offline }
    return agent.status == .available ? .available : .paused
  }

  /// The first agents with their states, in the order in which they were added.
  package func presences(atMost limit: Int = Tenant.maximumAgents) -> [AgentPresence] {
    agents.values.sorted { $0.order < $1.order }.prefix(max(0, limit)).map { presence(of: $0) }
  }
}

/// What desks are told of their business.
package enum DeskEvent: Hashable, Sendable {
  case agentState(AgentPresence)
  /// What is kept of this call has changed.
  case callsChanged(CallID)
  /// One-way audio on the phone of the agent whose desks these are; `nil` when it is over.
  case phoneSound(CallID, SoundTrouble?)
}

/// What desks are yet to be told, by business: a storm of registrations becomes a few words now and then.
package struct DeskNews: Sendable {
  /// How long a first change waits for others, so that what changes twice is told once.
  package static let patience = Duration.milliseconds(200)
  /// Agents that one telling speaks of; the others wait for the next.
  package static let maximumAgents = 50
  /// Calls that wait to be told; past it the oldest are not: whoever hears of a later one fetches all.
  package static let maximumCalls = 50

  private struct Waiting {
    /// In the order in which they first changed.
    var agents: [AgentName] = []
    /// What each was when desks were last told; `nil` for one that was not there.
    var before: [AgentName: AgentPresence?] = [:]
    var calls: [CallID] = []
  }
  private var waiting: [TenantID: Waiting] = [:]
  private var moments = DeadlineQueue<TenantID>()

  var count: Int { max(waiting.count, moments.count) }
  var deadline: Instant? { moments.next }
  mutating func popDue(at now: Instant) -> TenantID? { moments.popDue(at: now) }

  func isNoted(_ address: AddressOfRecord) -> Bool { waiting[address.tenant]?.before[address.agent] != nil }

  mutating func note(_ address: AddressOfRecord, was former: AgentPresence?, at now: Instant) {
    begin(address.tenant, at: now)
    waiting[address.tenant]?.agents.append(address.agent)
    waiting[address.tenant]?.before[address.agent] = .some(former)
  }

  mutating func note(_ call: CallID, of tenant: TenantID, at now: Instant) {
    begin(tenant, at: now)
    guard waiting[tenant]?.calls.contains(call) == false else { return }
    waiting[tenant]?.calls.append(call)
    if let count = waiting[tenant]?.calls.count, count > Self.maximumCalls { waiting[tenant]?.calls.removeFirst() }
  }

  private mutating func begin(_ tenant: TenantID, at now: Instant) {
    guard waiting[tenant] == nil else { return }
    waiting[tenant] = Waiting()
    moments.set(tenant, to: now + Self.patience)
  }

  /// What is to be told now; the rest is due again in a while.
  ///
  /// - Parameter change: how the agent is by now, if desks would see a change.
  mutating func take(
    _ tenant: TenantID, at now: Instant, _ change: (AgentName, _ former: AgentPresence?) -> AgentPresence?
  ) -> [DeskEvent] {
    guard var waiting = waiting.removeValue(forKey: tenant) else { return [] }
    moments.remove(tenant)
    var changed: [AgentPresence] = []
    let rest = waiting.agents.firstIndex { name in
      guard changed.count < Self.maximumAgents else { return true }
      if let former = waiting.before.removeValue(forKey: name), let present = change(name, former) { changed.append(present) }
      return false
    }
    let events = changed.map { DeskEvent.agentState($0) } + waiting.calls.map { .callsChanged($0) }
    if let rest {
      waiting.agents.removeFirst(rest)
      waiting.calls = []
      self.waiting[tenant] = waiting
      moments.set(tenant, to: now + Self.patience)
    }
    return events
  }

  mutating func forget(_ tenant: TenantID) {
    waiting[tenant] = nil
    moments.remove(tenant)
  }
}
