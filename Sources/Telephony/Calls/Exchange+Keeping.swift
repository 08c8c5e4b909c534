import SIPCore
import SIPSyntax
import Wire

/// Names one wish for durability; a number is never given twice.
package struct KeepTicket: Hashable, Sendable {
  package let number: UInt64
}

/// An agent's phones as they are to be found again after a crash.
package struct KeptPhones: Hashable, Sendable {
  package let address: AddressOfRecord
  /// All of them and no others. A phone's connection to us ends with us, and the phone registers again: only UDP is kept.
  package let phones: [Binding]
  /// Whoever has made them durable says so with it; `nil` when nobody waits for that.
  package let ticket: KeepTicket?
}

/// Whether an agent wants calls, as it is to be found again after a crash.
package struct KeptStatus: Hashable, Sendable {
  package let address: AddressOfRecord
  package let status: AgentStatus
  /// Since when it pauses.
  package let pausedSince: Instant?
  /// `nil` when nobody waits for it.
  package let ticket: KeepTicket?
}

/// A REGISTER whose answer waits until the disk has what it changed.
struct Keeping: Sendable {
  let address: AddressOfRecord
  let request: SIPRequest
  let key: TransactionKey
  /// The phones before it, to which a failure goes back.
  var before: Bindings
  let after: Bindings
}

/// What was answered with 200 is found again after a crash (RFC 3261 §10.3: a registrar that cannot commit answers 500).
///
/// The phones are in their place at once, so that the next REGISTER of the agent's builds upon them; only the answer waits. A REGISTER
/// that is sent again meanwhile is absorbed by its transaction.
extension Exchange {
  /// REGISTERs that may wait for the disk; one more hears 503.
  package static let maximumKeepings = 10_000
  /// Seconds after which a phone may come back once the disk failed.
  static let retryAfterFailure = 30

  private static func durable(_ phones: Bindings) -> [Binding] { phones.all.filter { !$0.flow.isReliable } }

  /// The answer to a REGISTER that was accepted, now if it left nothing to be written.
  mutating func answerOnceKept(
    _ address: AddressOfRecord, _ request: SIPRequest, _ key: TransactionKey, before: Bindings, after: Bindings,
    at now: Instant
  ) -> [Output] {
    let keeping = Keeping(address: address, request: request, key: key, before: before, after: after)
    // What lists phones that are not written yet waits as well.
    guard Self.durable(before) != Self.durable(after) || keepingsOf.contains(address) else {
      return accept(keeping, at: now)
    }
    lastTicket &+= 1
    let ticket = KeepTicket(number: lastTicket)
    keepings[ticket] = keeping
    keepingsOf.insert(ticket, under: address)
    return [.keep(KeptPhones(address: address, phones: Self.durable(after), ticket: ticket))]
  }

  /// Phones that went without a REGISTER: nobody waits for that to be written.
  func keep(_ phones: Bindings, of address: AddressOfRecord) -> Output {
    .keep(KeptPhones(address: address, phones: Self.durable(phones), ticket: nil))
  }

  // MARK: Pauses

  /// Says whether an agent wants calls. What the desk hears waits for the disk where the ticket is not `nil`.
  ///
  /// Of who is in a browser of an open tenant only nothing is kept.
  mutating func set(_ status: AgentStatus, of address: AddressOfRecord, at now: Instant) -> (KeepTicket?, [Output]) {
    guard var agent = tenants[address.tenant]?.agents[address.agent] else { return (nil, []) }
    let isNews = agent.digest != nil && (agent.status != status || agent.keptStatus != status)
    willChange(address, at: now)
    agent.set(status, at: now)
    tenants[address.tenant]?.agents[address.agent] = agent
    guard isNews else { return (nil, []) }
    lastTicket &+= 1
    let ticket = KeepTicket(number: lastTicket)
    return (ticket, [keep(agent, of: address, ticket)])
  }

  /// With its last browser an agent's pause ends, and nobody waits for that to be written.
  mutating func endPause(of address: AddressOfRecord) -> [Output] {
    guard let agent = tenants[address.tenant]?.agents[address.agent], agent.digest != nil, agent.sessions.isEmpty,
      agent.keptStatus != agent.status
    else { return [] }
    return [keep(agent, of: address, nil)]
  }

  private func keep(_ agent: Agent, of address: AddressOfRecord, _ ticket: KeepTicket?) -> Output {
    .keepStatus(KeptStatus(address: address, status: agent.status, pausedSince: agent.pausedSince, ticket: ticket))
  }

  /// The disk has it.
  package mutating func statusKept(_ kept: KeptStatus) {
    tenants[kept.address.tenant]?.agents[kept.address.agent]?.keptStatus = kept.status
  }

  /// The disk does not have it: what the desk is told was not done is undone, unless something else was said meanwhile.
  package mutating func statusNotKept(_ kept: KeptStatus, at now: Instant) {
    guard kept.ticket != nil, let agent = tenants[kept.address.tenant]?.agents[kept.address.agent], agent.status == kept.status
    else { return }
    willChange(kept.address, at: now)
    tenants[kept.address.tenant]?.agents[kept.address.agent]?.set(agent.keptStatus, at: now)
  }

  private mutating func take(_ ticket: KeepTicket) -> Keeping? {
    guard let keeping = keepings.removeValue(forKey: ticket) else { return nil }
    keepingsOf.remove(ticket, under: keeping.address)
    return keeping
  }

  /// The disk has what the ticket was given for.
  package mutating func kept(_ ticket: KeepTicket, at now: Instant) -> [Output] {
    take(ticket).map { accept($0, at: now) } ?? []
  }

  /// The disk does not have it, and the phone hears that it is not registered.
  package mutating func keepFailed(_ ticket: KeepTicket, at now: Instant) -> [Output] {
    guard let keeping = take(ticket) else { return [] }
    if tenants[keeping.address.tenant]?.agents[keeping.address.agent]?.phones == keeping.after {
      var phones = keeping.before
      phones.expire(at: now)
      for connection in Set(phones.all.compactMap(\.flow.connection)) where !connections.isOpen(connection) {
        phones.remove(over: connection)
      }
      setPhones(phones, of: keeping.address, at: now)
    }
    // A later REGISTER was built upon this one: if it fails as well, it goes back as far.
    for later in keepingsOf[keeping.address] where keepings[later]?.before == keeping.after {
      keepings[later]?.before = keeping.before
    }
    return refuse(keeping.key, keeping.request, at: now)
      + [log(.warning, keeping.address.tenant, nil, "A phone was not registered: the disk failed", "\(keeping.address.agent)")]
  }

  mutating func refuse(_ key: TransactionKey, _ request: SIPRequest, at now: Instant) -> [Output] {
    respond(key, request, .serviceUnavailable, at: now) {
      $0.headers.append(.retryAfter, String(Self.retryAfterFailure))
    }
  }

  private mutating func accept(_ keeping: Keeping, at now: Instant) -> [Output] {
    let address = keeping.address
    guard tenants[address.tenant]?.agents[address.agent] != nil else {
      return respond(keeping.key, keeping.request, .notFound, at: now)
    }
    let contacts = keeping.after.contactValues(at: now)
    let outputs = respond(keeping.key, keeping.request, .ok, at: now) { response in
      response.headers.copy(.path, from: keeping.request.headers)
      for contact in contacts { response.headers.append(.contact, contact) }
    }
    guard keeping.after.all.count != keeping.before.all.count else { return outputs }
    let event = "An agent has \(keeping.after.all.count) phones registered"
    return outputs + [log(.info, address.tenant, nil, event, "\(address.agent)")]
  }

  /// Phones that an exchange before this one had accepted are in their places again; those over connections are not among them.
  package mutating func restore(_ phones: [Binding], of address: AddressOfRecord, at now: Instant) {
    guard tenants[address.tenant]?.agents[address.agent] != nil else { return }
    setPhones(Bindings(restoring: phones, at: now), of: address, at: now)
  }
}
