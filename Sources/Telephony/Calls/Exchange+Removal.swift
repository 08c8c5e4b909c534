import SIPCore
import Wire

/// Businesses and agents that go, with everything that they were doing.
extension Exchange {
  /// Ends the business's calls in words, and takes it away with its agents.
  mutating func remove(_ id: TenantID, at now: Instant) -> [Output] {
    guard let tenant = tenants[id] else { return [] }
    var (outputs, dismissals): ([Output], [Output]) = ([], [])
    // The agents first have nothing that could ring, so that no call goes on to the next of them.
    for name in tenant.agents.keys.sorted() {
      dismissals += dismiss(AddressOfRecord(tenant: id, agent: name), .businessRemoved, at: now)
    }
    for call in tenant.calls.keys.sorted(by: { $0.description < $1.description }) {
      outputs += end(Place(tenant: id, call: call), .unavailable, at: now)
    }
    news.forget(id)
    tenants[id] = nil
    tenantsInOrder.removeAll { $0 == id }
    return outputs + dismissals + [.flight(.forgotten(id))]
  }

  /// Ends the agent's call in words, or lets the next agent ring, and takes it away.
  mutating func remove(_ address: AddressOfRecord, at now: Instant) -> [Output] {
    guard let agent = tenants[address.tenant]?.agents[address.agent] else { return [] }
    // What its desks hear comes last, so that they hear how their call ended before.
    let dismissals = dismiss(address, .agentRemoved, at: now)
    var outputs: [Output] = []
    if let id = agent.call {
      let place = Place(tenant: address.tenant, call: id)
      outputs.append(input(place, .agentRemoved(address.agent)))
      switch call(place)?.phase {
      case .ringing: outputs += drop(address.agent, from: place, at: now)
      case .talking: outputs += end(place, .unavailable, at: now)
      case .attended, .echo, nil: break
      }
    }
    tenants[address.tenant]?.agents[address.agent] = nil
    return outputs + dismissals
  }

  /// Neither phones nor browsers reach the agent any more.
  private mutating func dismiss(_ address: AddressOfRecord, _ why: Dismissal, at now: Instant) -> [Output] {
    let sessions = tenants[address.tenant]?.agents[address.agent]?.sessions ?? []
    for session in sessions { leave(session, at: now) }
    setPhones(Bindings(), of: address, at: now)
    return sessions.map { .dismissed($0, why) }
  }
}
