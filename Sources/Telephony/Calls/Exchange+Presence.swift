import Wire

/// What desks hear of their business: who is there and doing what, and that something was written.
extension Exchange {
  /// To be said before anything changes that an agent's colleagues may see. Where nobody watches it costs a look.
  mutating func willChange(_ address: AddressOfRecord, at now: Instant) {
    guard desks.contains(address.tenant), !news.isNoted(address) else { return }
    news.note(address, was: presence(of: address), at: now)
  }

  /// The record of a call was written: desks may fetch it.
  package mutating func recordWritten(_ call: CallID, of tenant: TenantID, at now: Instant) {
    if desks.contains(tenant) { news.note(call, of: tenant, at: now) }
  }

  mutating func tellDesks(of tenant: TenantID, at now: Instant) -> [Output] {
    let sessions = desks[tenant]
    let known = tenants[tenant]
    let events = news.take(tenant, at: now) { name, former in
      let present = known.flatMap { known in known.agents[name].map { known.presence(of: $0) } }
      // Whoever was removed is not there any more; whoever came and went meanwhile never was.
      let shown = present ?? former?.gone
      return shown == former ? nil : shown
    }
    return sessions.isEmpty ? [] : events.map { .desks(sessions, $0) }
  }

  private func presence(of address: AddressOfRecord) -> AgentPresence? {
    guard let tenant = tenants[address.tenant], let agent = tenant.agents[address.agent] else { return nil }
    return tenant.presence(of: agent)
  }
}

extension AgentPresence {
  fileprivate var gone: AgentPresence { AgentPresence(agent: agent, displayName: displayName, state: .offline, reason: nil) }
}
