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
    guard !isShuttingDown else { return (.failure(Refusal(.shuttingDown)), []) }
    guard let tenant = TenantID(request.tenant).flatMap({ tenants[$0] }) else { return (.failure(Refusal(.unknownTenant)), []) }
    // No record is made of these: a flood would take the place of what an operator looks for.
    guard callRates.admit(from: request.source, perSource: site.callsPerMinute, to: tenant.id, at: now) else {
      return (.failure(Refusal(.rateLimited)), [])
    }
    let place = Place(tenant: tenant.id, call: CallID(using: &randomness))
    var outputs = [
      flight(
        place,
        .asked(
          name: request.name, page: request.page, extensionDialled: request.extensionDialled, hasOffer: request.offer != nil))
    ]
    func refused(_ refusal: Refusal) -> (Result<Routed, Refusal>, [Output]) {
      (.failure(refusal), outputs + [flight(place, .refused(refusal.reason))])
    }
    guard placesByVisitor[visitor] == nil, tenant.calls.count < Tenant.maximumCalls else { return refused(Refusal(.busy)) }
    let wantsEcho = request.extensionDialled.map { Self.echoExtensions.contains($0.lowercased()) } ?? false
    let choice = wantsEcho ? nil : tenant.choice(except: [], at: now)
    if let choice { outputs.append(flight(place, .chose(choice))) }
    let agent = choice?.chosen
    guard wantsEcho || agent != nil || tenant.fallback == .echo else { return refused(Refusal(.noAgents)) }
    guard let plane = idlestPlane else { return refused(Refusal(.busy)) }

    var call = Call(
      id: place.call, tenant: tenant.id, visitor: visitor, plane: plane, name: request.name, page: request.page,
      extensionDialled: request.extensionDialled, startedAt: now, seat: BrowserSeat(resumeToken: randomness.token(32)),
      phase: .echo(since: now))
    var answer: String?
    if let offer = request.offer {
      switch openLeg(offer, in: &call.seat, former: nil, as: .visitor, on: plane, place) {
      case .failure(let refusal): return refused(refusal)
      case .success(let opened):
        call.leg = opened.leg
        answer = opened.answer
        outputs += opened.outputs
      }
    }
    tenants[tenant.id]?.calls[place.call] = call
    callsByPlane[call.plane.number] += 1
    placesByVisitor[visitor] = place
    if place.tenant != .doctor { counts.begun &+= 1 }
    outputs.append(log(.info, tenant.id, place.call, "A visitor calls", request.page))
    outputs.append(.record(CallRecord(call)))
    outputs += agent.map { ring($0, for: place, at: now) } ?? beginEcho(place, at: now)
    return (.success(Routed(call: place.call, answer: answer, resumeToken: call.seat.resumeToken)), outputs)
  }

  package mutating func callOffer(
    _ visitor: VisitorID, _ id: CallID, _ offer: String, at now: Instant
  ) -> (Result<String, Refusal>, [Output]) {
    guard let place = placesByVisitor[visitor], place.call == id else { return (.failure(Refusal(.unknownCall)), []) }
    return renegotiate(.visitor, place, offer, at: now)
  }

  package mutating func sendDigits(_ visitor: VisitorID, _ id: CallID, _ digits: String) -> [Output] {
    guard let place = placesByVisitor[visitor], place.call == id, case .talking(let party, _)? = call(place)?.phase else {
      return []
    }
    return [.media(.sendDigits(party.leg, digits.prefix(Self.maximumDigits).compactMap { DTMFDigit($0) }))]
  }

  package mutating func hangUp(_ visitor: VisitorID, _ id: CallID, at now: Instant) -> [Output] {
    guard let place = placesByVisitor[visitor], place.call == id else { return [] }
    return end(place, .visitorHungUp, at: now)
  }
}
