import SDP
import SIPCore
import SIPSyntax
import Wire

/// Healing a phone's sound: where nothing comes from it, or nothing reaches it, it is asked for its sound anew, once a call, by a re-INVITE
/// with the same session and a new version of its description (RFC 3261 §14.1, RFC 3264 §8).
///
/// The phone opens its sound anew and tells where it is by now; we tell the address that faces where it is by now. What that does not
/// heal both sides have been told.
extension Exchange {
  mutating func refresh(_ place: Place, at now: Instant) -> [Output] {
    guard case .talking(.phone(let phone), _)? = call(place)?.phase, case .unused = phone.refresh, !phone.isHolding else {
      return []
    }
    // While an INVITE of the phone's has no ACK, ours would cross it (RFC 3261 §14.1).
    guard phone.renegotiation == nil else { return waitToRefresh(phone, crossings: 1, place, at: now) }
    return ask(phone, crossings: 0, place, at: now)
  }

  private mutating func ask(_ phone: PhoneParty, crossings: Int, _ place: Place, at now: Instant) -> [Output] {
    var phone = phone
    let session = phoneSession(phone.flow, port: phone.port, leg: phone.leg, version: phone.sessionVersion &+ 1)
    let via = newVia(phone.flow, for: .call(place))
    var request = phone.dialog.request(.invite, via: via, contact: contact(phone.flow))
    request.headers.append(.allow, Self.allowed)
    request.headers.append(.contentType, "application/sdp")
    request.body = Array(session.offer.description.utf8)
    guard connections.carries(phone.flow), let (key, outputs) = layer.send(request, over: phone.flow, at: now) else {
      phone.refresh = .failed
      keep(phone, of: place)
      return [log(.info, place.tenant, place.call, "The phone cannot be asked for its sound anew: its connection is gone")]
    }
    phone.refresh = .asking(key, request, crossings: crossings)
    placesByTransaction[key] = place
    keep(phone, of: place)
    let agent = phone.agent.description
    let note = log(.info, place.tenant, place.call, "The phone is asked for its sound anew (re-INVITE)", agent)
    return [note] + outputs.flatMap { perform($0, at: now) }
  }

  /// What the phone says to our re-INVITE.
  mutating func refreshed(
    _ phone: PhoneParty, _ response: SIPResponse, _ flow: Flow, _ place: Place, at now: Instant
  ) -> [Output] {
    switch phone.refresh {
    case .answered(_, let acknowledgement):
      return response.status.isSuccess ? send(acknowledgement, over: flow) : []
    case .asking(_, let request, let crossings):
      guard response.status.isFinal else { return [] }
      if response.status.isSuccess { return agreed(phone, request, response, flow, place, at: now) }
      return refused(phone, response.status, crossings: crossings, place, at: now)
    case .unused, .waiting, .failed: return []
    }
  }

  private mutating func agreed(
    _ phone: PhoneParty, _ request: SIPRequest, _ response: SIPResponse, _ flow: Flow, _ place: Place, at now: Instant
  ) -> [Output] {
    guard let key = phone.refresh.key, let number = try? request.headers.cseq.number else { return [] }
    var phone = phone
    phone.dialog.refreshTarget(.invite, response.headers)
    let via = newVia(phone.flow, for: .call(place))
    let acknowledgement = phone.dialog.acknowledgement(number: number, via: via).serialized()
    phone.sessionVersion &+= 1
    phone.refresh = .answered(key, acknowledgement: acknowledgement)
    let outputs = Self.description(response.body).map { take($0, from: &phone, place) } ?? []
    keep(phone, of: place)
    return send(acknowledgement, over: flow) + outputs + tellSound(place)
  }

  private mutating func refused(
    _ phone: PhoneParty, _ status: StatusCode, crossings: Int, _ place: Place, at now: Instant
  ) -> [Output] {
    if let key = phone.refresh.key { placesByTransaction[key] = nil }
    if status == .requestPending, crossings < PhoneParty.Refresh.maximumCrossings {
      return waitToRefresh(phone, crossings: crossings + 1, place, at: now)
    }
    var phone = phone
    phone.refresh = .failed
    keep(phone, of: place)
    let note = log(.info, place.tenant, place.call, "The phone would not tell of its sound anew: \(status)")
    // A phone that does not know the call is in it no more (RFC 3261 §12.2.1.2).
    return [note] + (status == .callOrTransactionDoesNotExist ? end(place, .connectionLost, at: now) : [])
  }

  // MARK: Crossings

  /// The Call-ID is ours, so it is 2.1 to 4 s in steps of 10 ms; the phone waits for less (RFC 3261 §14.1).
  private mutating func waitToRefresh(_ phone: PhoneParty, crossings: Int, _ place: Place, at now: Instant) -> [Output] {
    guard var call = call(place) else { return [] }
    let steps = Int.random(in: 210...400, using: &call.chance)
    update(place) { $0.chance = call.chance }
    var phone = phone
    phone.refresh = .waiting(crossings: crossings)
    keep(phone, of: place)
    refreshes.set(place, to: now + .milliseconds(10 * steps))
    return []
  }

  mutating func refreshAgain(_ place: Place, at now: Instant) -> [Output] {
    guard case .talking(.phone(var phone), _)? = call(place)?.phase, case .waiting(let crossings) = phone.refresh else {
      return []
    }
    guard !phone.isHolding else {
      phone.refresh = .unused
      keep(phone, of: place)
      return []
    }
    guard phone.renegotiation == nil else {
      if crossings < PhoneParty.Refresh.maximumCrossings {
        return waitToRefresh(phone, crossings: crossings + 1, place, at: now)
      }
      phone.refresh = .failed
      keep(phone, of: place)
      return []
    }
    return ask(phone, crossings: crossings, place, at: now)
  }

  // MARK: The end

  /// A phone that does not react keeps its call: half of a conversation may be well, and what is gone is found out by its sound.
  mutating func refreshUnanswered(_ key: TransactionKey) -> [Output] {
    guard let place = placesByTransaction[key], case .talking(.phone(var phone), _)? = call(place)?.phase,
      case .asking(key, _, _) = phone.refresh
    else { return [] }
    placesByTransaction[key] = nil
    phone.refresh = .failed
    keep(phone, of: place)
    return [log(.info, place.tenant, place.call, "The phone did not react when it was asked for its sound anew")]
  }

  /// The call is over: nobody waits for the answer, and a 2xx that comes all the same is acknowledged.
  mutating func forgetRefresh(_ phone: PhoneParty, _ place: Place, at now: Instant) -> [Output] {
    refreshes.remove(place)
    switch phone.refresh {
    case .asking(let key, let request, _):
      forget(request, key, askedOf: phone.flow.remote.ip, of: place, at: now)
      return layer.cancel(key, reason: nil, at: now).flatMap { perform($0, at: now) }
    case .answered(let key, _): placesByTransaction[key] = nil
    case .unused, .waiting, .failed: break
    }
    return []
  }
}
