import ICE
import SDP
import Wire

/// What visitors ask for.
extension Exchange {
  /// What a visitor hears at once.
  package struct Routed: Hashable, Sendable {
    package var call: CallID
    package var answer: String?
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
    guard placesByVisitor[visitor] == nil, tenant.calls.count < Tenant.maximumCalls else {
      return (.failure(Refusal(.busy)), [])
    }
    expirePhones(of: tenant.id, at: now)
    let wantsEcho = request.extensionDialled.map { Self.echoExtensions.contains($0.lowercased()) } ?? false
    let agent = wantsEcho ? nil : tenants[tenant.id]?.nextAgent(except: [])
    guard wantsEcho || agent != nil || tenant.fallback == .echo else { return (.failure(Refusal(.noAgents)), []) }

    let place = Place(tenant: tenant.id, call: CallID(using: &randomness))
    var call = Call(
      id: place.call, tenant: tenant.id, visitor: visitor, name: request.name, page: request.page, startedAt: now,
      phase: .echo(since: now))
    var outputs: [Output] = []
    var answer: String?
    if let offer = request.offer {
      switch openVisitorLeg(offer, of: &call, place, at: now) {
      case .failure(let refusal): return (.failure(refusal), [])
      case .success(let opened):
        answer = opened.answer
        outputs += opened.outputs
      }
    }
    tenants[tenant.id]?.calls[place.call] = call
    placesByVisitor[visitor] = place
    outputs.append(log(.info, tenant.id, place.call, "A visitor calls", request.page))
    outputs += agent.map { ring($0, for: place, at: now) } ?? beginEcho(place, at: now)
    return (.success(Routed(call: place.call, answer: answer)), outputs)
  }

  /// Takes the first offer of a call that came without one, or the new credentials of a browser that changed its network.
  package mutating func callOffer(
    _ visitor: VisitorID, _ id: CallID, _ offer: String, at now: Instant
  ) -> (Result<String, Refusal>, [Output]) {
    guard let place = placesByVisitor[visitor], place.call == id, var call = call(place) else {
      return (.failure(Refusal(.unknownCall)), [])
    }
    switch openVisitorLeg(offer, of: &call, place, at: now) {
    case .failure(let refusal): return (.failure(refusal), [])
    case .success(let opened):
      tenants[place.tenant]?.calls[id] = call
      return (.success(opened.answer), opened.outputs + hear(place, at: now))
    }
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

  /// The visitor's connection is gone.
  package mutating func visitorGone(_ visitor: VisitorID, at now: Instant) -> [Output] {
    placesByVisitor[visitor].map { end($0, .connectionLost, at: now) } ?? []
  }

  // MARK: The visitor's leg

  private mutating func openVisitorLeg(
    _ offer: String, of call: inout Call, _ place: Place, at now: Instant
  ) -> Result<(answer: String, outputs: [Output]), Refusal> {
    guard let (browser, session) = Self.read(offer) else { return .failure(Refusal(.badSDP)) }
    guard let offered = browser else { return .failure(Refusal(.badSDP, session)) }
    let local = newCredentials()
    let version = (call.credentials?.version ?? 0) + 1
    call.credentials = (local.usernameFragment, version)
    let remote = ICECredentials(usernameFragment: offered.usernameFragment, password: offered.password)
    let answer = browserAnswer(offered, local, session: place.call.description, version: version)
    if let leg = call.leg { return .success((answer, [.media(.restart(leg, local: local, remote: remote))])) }
    let leg = newLeg(for: place)
    call.leg = leg
    return .success((answer, [.media(.openBrowser(leg, Self.browserLeg(offered, local, remote)))]))
  }

  /// `nil` for a text that is no description; no offer but a sentence for one that we cannot talk on.
  static func read(_ text: String) -> (offer: BrowserOffer?, complaint: String)? {
    guard let description = try? SessionDescription(parsing: text) else { return nil }
    do throws(OfferRefusal) {
      return (try BrowserOffer(description), "")
    } catch { return (nil, error.description) }
  }

  mutating func newCredentials() -> ICECredentials {
    ICECredentials(usernameFragment: randomness.token(8), password: randomness.token(24))
  }

  func browserAnswer(_ offer: BrowserOffer, _ local: ICECredentials, session: String, version: UInt64) -> String {
    // A session number that stays the same over all answers of a call (RFC 8866 §5.2).
    let number = session.utf8.reduce(UInt64(5381)) { ($0 &* 33 ^ UInt64($1)) & 0x7FFF_FFFF_FFFF_FFFF }
    let origin = Origin(session: number, version: version, address: site.candidates.first?.ip ?? .any)
    return BrowserAnswer(
      usernameFragment: local.usernameFragment, password: local.password, fingerprint: site.fingerprint,
      candidates: site.candidates, origin: origin, stream: "calldocker"
    ).description(for: offer).description
  }

  static func browserLeg(_ offer: BrowserOffer, _ local: ICECredentials, _ remote: ICECredentials) -> BrowserLeg {
    let audio = NegotiatedAudio(offer.opus, among: offer.telephoneEvent.map { [$0] } ?? [], direction: offer.direction)
    return BrowserLeg(
      local: local, remote: remote, role: offer.role, fingerprints: offer.fingerprints,
      audio: audio ?? NegotiatedAudio(codec: .opus, sendPayloadType: .init(111), receivePayloadType: .init(111)))
  }
}
