import SIPCore
import SIPSyntax
import Wire

/// What an exchange says of its calls to whoever records them.
extension Exchange {
  func flight(_ place: Place, _ event: FlightEvent) -> Output { .flight(.happened(place.tenant, place.call, event)) }

  /// What a media plane says of a leg that a call still has, or had.
  func seen(_ event: MediaEvent) -> [Output] {
    guard let media = FlightMedia(event), let place = placesByLeg[media.leg] ?? records.place(of: media.leg) else { return [] }
    return [flight(place, .media(media))]
  }

  /// A message that may belong to a call: all our calls' Call-IDs have one length, and registrations are no calls.
  func heard(_ message: SIPMessage, _ flow: Flow) -> [Output] {
    if case .request(let request) = message, request.method == .register { return [] }
    guard message.headers[.callID]?.utf8.count == Self.callIDLength else { return [] }
    return [.flight(.heard(message, flow))]
  }

  static var callIDLength: Int { 24 }
}
