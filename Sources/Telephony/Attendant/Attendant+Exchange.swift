import Calls
import Dialplan
import Wire

/// The attendant beside the exchange: whatever one tells the other is done at once, until both are quiet.
extension Attendant {
  /// What is left for others to do.
  package enum Errand: Hashable, Sendable {
    case log(TenantID, CallID, Run.LogLevel, String)
    case store(TenantID, KeyStore.Change)
    case fetch(TenantID, CallID, Fetch)
  }

  /// Leads on from what the exchange put out.
  ///
  /// - Parameter facts: what is true at this moment, asked of the exchange as it stands.
  /// - Returns: everything that the exchange puts out in the end, in its order, and the attendant's errands.
  package mutating func lead(
    _ outputs: [Exchange.Output], in exchange: inout Exchange, at now: Instant,
    _ facts: (Exchange, TenantID) -> any OfficeFacts
  ) -> (outputs: [Exchange.Output], errands: [Errand]) {
    var (all, errands) = (outputs, [Errand]())
    var index = 0
    while index < all.count {
      defer { index += 1 }
      guard case .attendant(let tenant, let call, let news) = all[index] else { continue }
      let wanted = receive(news, tenant, call, facts(exchange, tenant), at: now)
      all += carryOut(wanted, in: &exchange, at: now, &errands)
    }
    return (all, errands)
  }

  /// Lets time pass for the runs that wait for it; what comes of it is to be led on.
  package mutating func wake(
    in exchange: inout Exchange, at now: Instant, _ facts: (Exchange, TenantID) -> any OfficeFacts
  ) -> (outputs: [Exchange.Output], errands: [Errand]) {
    let wanted = wake({ facts(exchange, $0) }, at: now)
    var errands: [Errand] = []
    let outputs = carryOut(wanted, in: &exchange, at: now, &errands)
    let led = lead(outputs, in: &exchange, at: now, facts)
    return (led.outputs, errands + led.errands)
  }

  /// The page that a call asked for, or nothing.
  package mutating func answer(
    _ fetch: Fetch, with page: String?, _ tenant: TenantID, _ call: CallID, in exchange: inout Exchange, at now: Instant,
    _ facts: (Exchange, TenantID) -> any OfficeFacts
  ) -> (outputs: [Exchange.Output], errands: [Errand]) {
    let wanted = receive(page, for: fetch, tenant, call, facts(exchange, tenant), at: now)
    var errands: [Errand] = []
    let outputs = carryOut(wanted, in: &exchange, at: now, &errands)
    let led = lead(outputs, in: &exchange, at: now, facts)
    return (led.outputs, errands + led.errands)
  }

  private func carryOut(
    _ wanted: [Output], in exchange: inout Exchange, at now: Instant, _ errands: inout [Errand]
  ) -> [Exchange.Output] {
    var outputs: [Exchange.Output] = []
    for output in wanted {
      switch output {
      case .wish(let tenant, let call, let wish): outputs += exchange.attend(tenant, call, wish, at: now)
      case .step(let tenant, let call, let step): outputs += exchange.note(step, tenant, call)
      case .log(let tenant, let call, let level, let sentence): errands.append(.log(tenant, call, level, sentence))
      case .store(let tenant, let change): errands.append(.store(tenant, change))
      case .fetch(let tenant, let call, let fetch): errands.append(.fetch(tenant, call, fetch))
      }
    }
    return outputs
  }
}

/// A business as its dialplan may ask about it.
package struct LiveFacts: OfficeFacts {
  private let tenant: Tenant?
  private let zones: ZoneFiles
  /// Nanoseconds since 1970 at the beginning of all moments.
  private let origin: Int64

  package init(_ tenant: Tenant?, zones: ZoneFiles, origin: Int64) {
    self.tenant = tenant
    self.zones = zones
    self.origin = origin
  }

  package func epoch(at now: Instant) -> Int64 { (origin &+ now.nanoseconds) / 1_000_000_000 }

  package func offset(ofZone name: String, at epoch: Int64) -> Int64? { zones.offset(ofZone: name, at: epoch) }

  /// `PJSIP/alice`, `SIP/alice`.
  package func state(ofDevice device: String) -> DeviceState {
    let parts = device.split(separator: "/", maxSplits: 1)
    guard parts.count == 2, ["pjsip", "sip"].contains(parts[0].lowercased()),
      let agent = AgentName(String(parts[1])).flatMap({ tenant?.agents[$0] })
    else { return .invalid }
    guard agent.isReachable else { return .unavailable }
    guard let call = agent.call.flatMap({ tenant?.calls[$0] }) else { return .notInUse }
    if case .ringing = call.phase { return .ringing }
    return .inUse
  }

  package func queue(_ name: String) -> QueueFacts? { nil }
  package func hasMailbox(_ box: String) -> Bool { false }
}
