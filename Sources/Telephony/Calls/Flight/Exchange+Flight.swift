import SDP
import SIPCore
import SIPSyntax
import Wire

/// What an exchange says of its calls to whoever records them.
extension Exchange {
  func flight(_ place: Place, _ event: FlightEvent) -> Output { .flight(.happened(place.tenant, place.call, event)) }

  /// What reaches a call is told before everything that follows from it.
  func input(_ place: Place, _ input: FlightInput) -> Output { flight(place, .input(input)) }

  /// What a media plane says of a leg, whether a call has it, had it or let it go before it was open. Keys are for nobody's record.
  func seen(_ event: MediaEvent) -> [Output] {
    if case .digit = event { return [] }
    return event.leg == nil ? [] : [.flight(.reported(event))]
  }

  /// A message that may belong to a call. Of requests all our calls' Call-IDs have one length, and neither registrations nor what stands
  /// outside any dialog are theirs; a response belongs to what we asked, whatever Call-ID its phone made of ours.
  func heard(_ message: SIPMessage, _ flow: Flow) -> [Output] {
    guard case .request(let request) = message else { return [.flight(.heard(message, flow))] }
    guard request.method != .register, (try? request.headers.to.tag) ?? nil != nil else { return [] }
    return Self.isOfCall(message.headers) ? [.flight(.heard(message, flow))] : []
  }

  /// A transaction's time has come.
  static func rang(_ request: SIPRequest) -> [Output] {
    guard isOfCall(request.headers), let callID = request.headers[.callID] else { return [] }
    return [.flight(.rang(callID: callID))]
  }

  private static func isOfCall(_ headers: Headers) -> Bool {
    headers.fields.first { $0.name == .callID }?.value.count == callIDLength
  }

  static var callIDLength: Int { 24 }

  // MARK: What there is besides the call

  /// What a call finds when it is asked for.
  func start(
    _ tenant: Tenant, _ visitor: VisitorID, _ offer: BrowserOffer?, isLed: Bool, _ chance: ChanceKey
  ) -> FlightStart {
    FlightStart(
      visitor: visitor, isVisitorBusy: placesByVisitor[visitor] != nil, room: tenant.room - tenant.calls.count,
      fallback: tenant.fallback, isLed: isLed ? true : nil, callsByPlane: callsByPlane,
      exhaustedPlanes: exhaustedPlanes.union(strainedPlanes).map(\.number).sorted(),
      offer: offer.map(FlightOffer.init), chance: chance)
  }

  /// Whom a call may ring, before it chooses.
  ///
  /// - Parameter named: agents that it will ring, whoever else is seen.
  func view(_ place: Place, also named: Set<AgentName> = []) -> Output {
    flight(place, .view(tenants[place.tenant]?.view(for: place.call, also: named) ?? FlightView()))
  }
}

extension Tenant {
  /// Everybody who is named to whoever asks why, the call's own agent, and of all others those who would ring first.
  func view(for call: CallID, also named: Set<AgentName> = []) -> FlightView {
    let listed = agents.values.filter { $0.order < AgentChoice.maximumListed || $0.call == call || named.contains($0.name) }
    let names = Set(listed.map(\.name))
    let others = agents.values.filter { !names.contains($0.name) && $0.isAvailable }.sorted(by: Agent.ringsBefore)
    let seen = listed + others.prefix(max(0, FlightView.maximumAgents - listed.count))
    return FlightView(agents: seen.sorted { $0.order < $1.order }.map { FlightAgent($0, for: call) })
  }
}
