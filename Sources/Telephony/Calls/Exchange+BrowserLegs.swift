import ICE
import SDP
import Wire

/// Offers of browsers, whoever works in them, and the legs that come of them.
extension Exchange {
  struct OpenedLeg {
    var answer: String
    var leg: LegID
    /// Whether the leg has to be joined to what the call is doing.
    var isNew: Bool
    var outputs: [Output]
  }

  /// Answers an offer: of the browser whose leg it has already with new credentials, of any other with a leg of its own.
  mutating func openLeg(
    _ offered: BrowserOffer, in seat: inout BrowserSeat, former: LegID?, as party: FlightParty, on plane: MediaPlaneID,
    _ place: Place
  ) -> OpenedLeg {
    let local = newCredentials()
    seat.answers &+= 1
    seat.hasLostConsent = false
    let remote = ICECredentials(usernameFragment: offered.usernameFragment, password: offered.password)
    let session = place.call.description + (party == .visitor ? "" : "agent")
    let answer = browserAnswer(offered, local, on: plane, session: session, version: seat.answers)
    if let former, seat.fingerprints == offered.fingerprints {
      let restart = Output.media(.restart(former, local: local, remote: remote))
      return OpenedLeg(answer: answer, leg: former, isNew: false, outputs: [restart])
    }
    // Another certificate is another browser, or the same page loaded anew: a leg of its own.
    let closing: [Output] = former.map { [.media(.close($0))] } ?? []
    if let former { placesByLeg[former] = nil }
    let leg = newLeg(on: plane, for: place)
    seat.fingerprints = offered.fingerprints
    let opening = [flight(place, .leg(leg, party)), .media(.openBrowser(leg, Self.browserLeg(offered, local, remote)))]
    return OpenedLeg(answer: answer, leg: leg, isNew: true, outputs: closing + opening)
  }

  /// Takes the first offer of a call that came without one, the new credentials of a browser that changed its network, or a browser's
  /// wish to negotiate anew.
  mutating func renegotiate(
    _ side: Side, _ place: Place, _ offer: String, at now: Instant, as told: (FlightOffer) -> FlightInput
  ) -> (Result<String, Refusal>, [Output]) {
    guard var call = call(place), var seat = call[side] else { return (.failure(Refusal(.unknownCall)), []) }
    let offered: BrowserOffer
    do throws(Refusal) { offered = try Self.read(offer) } catch { return (.failure(error), []) }
    let opened = openLeg(offered, in: &seat, former: call.leg(of: side), as: call.party(side), on: call.plane, place)
    call[side] = seat
    call.set(opened.leg, of: side)
    tenants[place.tenant]?.calls[place.call] = call
    let outputs = [input(place, told(FlightOffer(offered)))] + opened.outputs
    return (.success(opened.answer), outputs + (opened.isNew ? join(side, place, at: now) : []))
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

  private mutating func newCredentials() -> ICECredentials {
    ICECredentials(usernameFragment: randomness.token(8), password: randomness.token(24))
  }

  private func browserAnswer(
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

  private static func browserLeg(_ offer: BrowserOffer, _ local: ICECredentials, _ remote: ICECredentials) -> BrowserLeg {
    let audio = NegotiatedAudio(offer.opus, among: offer.telephoneEvent.map { [$0] } ?? [], direction: offer.direction)
    return BrowserLeg(
      local: local, remote: remote, role: offer.role, fingerprints: offer.fingerprints,
      audio: audio ?? NegotiatedAudio(codec: .opus, sendPayloadType: .init(111), receivePayloadType: .init(111)))
  }
}

extension Call {
  func party(_ side: Side) -> FlightParty {
    side == .visitor ? .visitor : desk.map { .browser($0.agent) } ?? .visitor
  }
}
