import SDP
import Wire

/// What visitors ask for.
extension Exchange {
  /// What a visitor hears at once.
  package struct Routed: Hashable, Sendable {
    package var call: CallID
    package var answer: String?
    package var resumeToken: String
  }

  /// Keys that one request may press; more come from no person, and what follows them is not pressed.
  package static let maximumDigits = 64

  private static let echoExtensions: Set<String> = ["echo", "*43"]

  /// Admits a call and lets the first agent ring.
  package mutating func callRequest(
    _ visitor: VisitorID, _ request: CallRequest, at now: Instant
  ) -> (Result<Routed, Refusal>, [Output]) {
    // No record is made of these: a flood would take the place of what an operator looks for.
    guard !isShuttingDown else { return turnAway(request, .shuttingDown) }
    guard let tenant = TenantID(request.tenant).flatMap({ tenants[$0] }) else { return turnAway(request, .unknownTenant) }
    if let limit = callRates.admit(from: request.source, perSource: site.callsPerMinute, to: tenant.id, at: now) {
      return turnAway(request, .rateLimited, limit: limit)
    }
    let place = Place(tenant: tenant.id, call: CallID(using: &randomness))
    return begin(place, visitor, request, ChanceKey(using: &randomness), at: now)
  }

  private func turnAway(
    _ request: CallRequest, _ reason: Refusal.Reason, limit: CallRates.Limit? = nil
  ) -> (Result<Routed, Refusal>, [Output]) {
    let refused = RefusedCall(reason, page: request.page, network: request.source, limit: limit)
    return (.failure(Refusal(reason)), turnedAway(refused, naming: request.tenant))
  }

  /// What is told of a call that did not begin.
  ///
  /// - Parameter text: what stood where the UUID of a business should; `nil` for nothing.
  package func turnedAway(_ refused: RefusedCall, naming text: String?) -> [Output] {
    let tenant = text.flatMap { TenantID($0) }.flatMap { tenants[$0]?.id }
    guard tenant != .doctor else { return [] }
    var refused = refused
    if tenant == nil { refused.named = text?.cut(to: RefusedCall.maximumText) }
    return [.flight(.turnedAway(tenant, refused))]
  }

  /// - Parameter chance: what the call draws everything from that others will see.
  mutating func begin(
    _ place: Place, _ visitor: VisitorID, _ request: CallRequest, _ chance: ChanceKey, at now: Instant
  ) -> (Result<Routed, Refusal>, [Output]) {
    guard let tenant = tenants[place.tenant] else { return (.failure(Refusal(.unknownTenant)), []) }
    let offered = request.offer.map { text in Result { () throws(Refusal) in try Self.read(text) } }
    let wantsEcho =
      tenant.attendance != .own && request.extensionDialled.map { Self.echoExtensions.contains($0.lowercased()) } ?? false
    let isLed =
      switch tenant.attendance {
      case .none: false
      case .lent: !wantsEcho && tenant.nextAgent(except: []) != nil
      case .own: true
      }
    var outputs = [
      flight(
        place,
        .asked(
          name: request.name, page: request.page, extensionDialled: request.extensionDialled, hasOffer: request.offer != nil)),
      input(place, .request(start(tenant, visitor, try? offered?.get(), isLed: isLed, chance))),
    ]
    func refused(_ refusal: Refusal) -> (Result<Routed, Refusal>, [Output]) {
      let words = refusal == Refusal(refusal.reason) ? nil : refusal.message
      return (.failure(refusal), outputs + [flight(place, .refused(refusal.reason, words: words))])
    }
    guard placesByVisitor[visitor] == nil, tenant.calls.count < tenant.room else { return refused(Refusal(.busy)) }
    let choice = wantsEcho || isLed ? nil : tenant.choice(except: [], at: now)
    if !wantsEcho, !isLed { outputs.append(view(place)) }
    if let choice { outputs.append(flight(place, .chose(choice))) }
    let agent = choice?.chosen
    guard isLed || wantsEcho || agent != nil || tenant.fallback == .echo else { return refused(Refusal(.noAgents)) }
    guard let plane = idlestPlane else { return refused(Refusal(.busy)) }

    var call = Call(
      id: place.call, tenant: tenant.id, visitor: visitor, plane: plane, name: request.name, page: request.page,
      extensionDialled: request.extensionDialled, startedAt: now, seat: BrowserSeat(resumeToken: randomness.token(32)),
      phase: isLed ? .attended : .echo(since: now), chance: .keyed(chance), led: isLed ? Led() : nil)
    var answer: String?
    switch offered {
    case .failure(let refusal)?: return refused(refusal)
    case .success(let offered)?:
      let opened = openLeg(offered, in: &call.seat, former: nil, as: .visitor, on: plane, place)
      call.leg = opened.leg
      answer = opened.answer
      outputs += opened.outputs
    case nil: break
    }
    tenants[tenant.id]?.calls[place.call] = call
    callsByPlane[call.plane.number] += 1
    placesByVisitor[visitor] = place
    if place.tenant != .doctor { counts.begun &+= 1 }
    outputs.append(log(.info, tenant.id, place.call, "A visitor calls", request.page))
    outputs.append(.record(CallRecord(call)))
    if isLed {
      outputs += [.visitor(visitor, .trying(place.call)), .attendant(tenant.id, place.call, .arrived(.init(request)))]
    } else {
      outputs += agent.map { ring([$0], for: place, at: now) } ?? beginEcho(place, at: now)
    }
    return (.success(Routed(call: place.call, answer: answer, resumeToken: call.seat.resumeToken)), outputs)
  }

  package mutating func callOffer(
    _ visitor: VisitorID, _ id: CallID, _ offer: String, at now: Instant
  ) -> (Result<String, Refusal>, [Output]) {
    guard let place = placesByVisitor[visitor], place.call == id else { return (.failure(Refusal(.unknownCall)), []) }
    return renegotiate(.visitor, place, offer, at: now) { .offer($0) }
  }

  package mutating func sendDigits(_ visitor: VisitorID, _ id: CallID, _ digits: String) -> [Output] {
    guard let place = placesByVisitor[visitor], place.call == id, let call = call(place) else { return [] }
    let keys = digits.prefix(Self.maximumDigits).compactMap { DTMFDigit($0) }
    let news: [Output] = call.led == nil ? [] : keys.map { .attendant(place.tenant, place.call, .pressed($0)) }
    guard case .talking(let party, _) = call.phase else {
      return news.isEmpty ? [] : [input(place, .pressed(keys.count))] + news
    }
    return [input(place, .pressed(keys.count)), .media(.sendDigits(party.leg, keys))] + news
  }

  package mutating func hangUp(_ visitor: VisitorID, _ id: CallID, at now: Instant) -> [Output] {
    guard let place = placesByVisitor[visitor], place.call == id else { return [] }
    return [input(place, .hangUp)] + end(place, .visitorHungUp, at: now)
  }
}
