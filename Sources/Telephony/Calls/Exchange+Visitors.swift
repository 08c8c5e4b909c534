import ICE
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
      extensionDialled: request.extensionDialled, startedAt: now, resumeToken: randomness.token(32), phase: .echo(since: now))
    var answer: String?
    if let offer = request.offer {
      switch openVisitorLeg(offer, of: &call, place, at: now) {
      case .failure(let refusal): return refused(refusal)
      case .success(let opened):
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
    return (.success(Routed(call: place.call, answer: answer, resumeToken: call.resumeToken)), outputs)
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
      return (.success(opened.answer), opened.outputs + (opened.isNew ? join(place, at: now) : []))
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

  // MARK: The visitor's leg

  struct OpenedLeg {
    var answer: String
    /// Whether the leg has to be joined to what the call is doing.
    var isNew: Bool
    var outputs: [Output]
  }

  mutating func openVisitorLeg(
    _ offer: String, of call: inout Call, _ place: Place, at now: Instant
  ) -> Result<OpenedLeg, Refusal> {
    let offered: BrowserOffer
    do throws(Refusal) { offered = try Self.read(offer) } catch { return .failure(error) }
    let local = newCredentials()
    let version = (call.credentials?.version ?? 0) + 1
    call.credentials = (local.usernameFragment, version)
    call.hasLostConsent = false
    let remote = ICECredentials(usernameFragment: offered.usernameFragment, password: offered.password)
    let answer = browserAnswer(offered, local, on: call.plane, session: place.call.description, version: version)
    if let leg = call.leg, call.fingerprints == offered.fingerprints {
      return .success(
        OpenedLeg(answer: answer, isNew: false, outputs: [.media(.restart(leg, local: local, remote: remote))]))
    }
    // Another certificate is another browser, or the same page loaded anew: a leg of its own.
    let closing: [Output] = call.leg.map { [.media(.close($0))] } ?? []
    if let former = call.leg { placesByLeg[former] = nil }
    let leg = newLeg(on: call.plane, for: place)
    call.leg = leg
    call.fingerprints = offered.fingerprints
    let opening = [flight(place, .leg(leg, .visitor)), .media(.openBrowser(leg, Self.browserLeg(offered, local, remote)))]
    return .success(OpenedLeg(answer: answer, isNew: true, outputs: closing + opening))
  }

  static func read(_ text: String) throws(Refusal) -> BrowserOffer {
    let session: SessionDescription
    do throws(SDPError) {
      session = try SessionDescription(parsing: text)
    } catch {
      throw Refusal(.badSDP, "The browser's description of its audio was not understood, \(error.description).")
    }
    do throws(OfferRefusal) {
      return try BrowserOffer(session)
    } catch {
      throw Refusal(.badSDP, error.description)
    }
  }

  mutating func newCredentials() -> ICECredentials {
    ICECredentials(usernameFragment: randomness.token(8), password: randomness.token(24))
  }

  func browserAnswer(
    _ offer: BrowserOffer, _ local: ICECredentials, on plane: MediaPlaneID, session: String, version: UInt64
  ) -> String {
    // A session number that stays the same over all answers of a call (RFC 8866 §5.2).
    let number = session.utf8.reduce(UInt64(5381)) { ($0 &* 33 ^ UInt64($1)) & 0x7FFF_FFFF_FFFF_FFFF }
    let candidates = site.planes[plane.number]
    let origin = Origin(session: number, version: version, address: candidates.first?.ip ?? .any)
    return BrowserAnswer(
      usernameFragment: local.usernameFragment, password: local.password, fingerprint: site.fingerprint,
      candidates: candidates, origin: origin, stream: "calldocker"
    ).description(for: offer).description
  }

  static func browserLeg(_ offer: BrowserOffer, _ local: ICECredentials, _ remote: ICECredentials) -> BrowserLeg {
    let audio = NegotiatedAudio(offer.opus, among: offer.telephoneEvent.map { [$0] } ?? [], direction: offer.direction)
    return BrowserLeg(
      local: local, remote: remote, role: offer.role, fingerprints: offer.fingerprints,
      audio: audio ?? NegotiatedAudio(codec: .opus, sendPayloadType: .init(111), receivePayloadType: .init(111)))
  }
}
