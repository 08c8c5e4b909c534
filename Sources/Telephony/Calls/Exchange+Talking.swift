import SDP
import SIPCore
import SIPSyntax
import Wire

/// Answered calls: two legs meet, and part.
extension Exchange {
  /// The first 2xx wins; whoever else rings is told that the call was answered elsewhere.
  mutating func answered(
    _ fork: PhoneFork, _ key: TransactionKey, _ response: SIPResponse, _ flow: Flow, _ place: Place, at now: Instant
  ) -> [Output] {
    guard let invite = fork.invite, let dialog = Dialog(caller: invite, response), let call = call(place),
      case .ringing = call.phase
    else { return [] }
    let acknowledgement = dialog.acknowledgement(number: 1, via: newVia(flow, for: .call(place))).serialized().fitted
    guard let phone = Self.phone(response.body, over: flow) else {
      // The phone took the call without saying how to talk: thanked and hung up (RFC 3261 §13.2.2.4).
      abandon(fork, of: place, at: now)
      return send(acknowledgement, over: flow)
        + sayBye(dialog, flow, Reason(cause: 488, text: "No usable answer"), for: .call(place), at: now)
        + forkEnded(fork.leg, of: place, .noAnswer, at: now)
    }
    let elsewhere = Reason(cause: 200, text: "Call completed elsewhere")
    var outputs = stopRinging(place, except: fork.leg, answering: fork.agent, .answeredElsewhere, reason: elsewhere, at: now)
    let party = PhoneParty(
      agent: fork.agent, leg: fork.leg, binding: fork.binding, flow: flow, invite: invite, key: key, port: Self.port(invite),
      dialog: dialog, acknowledgement: acknowledgement, remote: phone.remote)
    placesByDialog[invite.earlyDialog] = nil
    placesByDialog[dialog.id] = place
    outputs += send(acknowledgement, over: flow) + [.media(.connectPhone(fork.leg, phone))]
    return outputs + meet(.phone(party), place, at: now)
  }

  /// The visitor and whoever answered hear each other.
  mutating func meet(_ party: Party, _ place: Place, at now: Instant) -> [Output] {
    guard let call = call(place) else { return [] }
    willChange(AddressOfRecord(tenant: place.tenant, agent: party.agent), at: now)
    update(place) { $0.phase = .talking(party, since: now) }
    let meeting: [Output] =
      [
        flight(place, .answered(party.agent, party.leg)),
        log(.info, place.tenant, place.call, "Answered", party.agent.description),
        .visitor(call.visitor, .talking(place.call, agent: party.agent.description)),
      ] + tellAnswered(party.agent, place)
    let joining = hear(place, at: now)
    return meeting + joining + (call.seat.isUnheard ? changeSound(place) { $0.visitor.nothingArrives() } : [])
  }

  /// Lets the visitor's leg hear what the call's phase has for it.
  mutating func hear(_ place: Place, at now: Instant) -> [Output] {
    guard let call = call(place), let leg = call.leg else { return [] }
    switch call.phase {
    case .talking(let party, _):
      // Who is not heard hears the other all the same.
      return [.media(.bridge(leg, party.leg))]
        + (call.seat.isUnheard ? [.media(.play(party.leg, .reconnecting))] : [])
        + (call.desk?.seat.isUnheard == true ? [.media(.play(leg, .reconnecting))] : [])
    case .attended: return call.hasRung ? [.media(.play(leg, .ringback))] : [.media(.quiet(leg))]
    case .ringing: return call.hasRung ? [.media(.play(leg, .ringback))] : []
    case .echo: return call.led == nil ? [] : [.media(.echo(leg))]
    }
  }

  private static func phone(_ body: [UInt8], over flow: Flow) -> PhoneLeg? {
    guard let session = try? SessionDescription(parsing: String(decoding: body, as: UTF8.self)),
      let description = try? PhoneDescription(session), let remote = description.remote,
      let audio = NegotiatedAudio(description)
    else { return nil }
    return PhoneLeg(remote: reachable(remote, over: flow), audio: audio, home: flow.remote.ip)
  }

  /// Where a phone's first sound is sent: a phone that names an address of its private network, and is in none for us, is behind the router
  /// that its signalling shows. Most routers keep a port; where one does not, the phone's own packets tell (RFC 4961).
  static func reachable(_ described: SocketAddress, over flow: Flow) -> SocketAddress {
    let home = flow.remote.ip
    let isBehindRouter = !home.isPrivate && (described.ip.isPrivate || described.ip.isCarriers && !home.isCarriers)
    return isBehindRouter ? SocketAddress(home, described.port) : described
  }

  private static func port(_ invite: SIPRequest) -> UInt16 {
    (try? SessionDescription(parsing: String(decoding: invite.body, as: UTF8.self)))?.media.first?.port ?? 0
  }

  /// A 2xx again: the ACK was lost, or a second phone behind the same contact answered too.
  mutating func receiveAgain(_ response: SIPResponse, _ phone: PhoneParty, _ flow: Flow, at now: Instant) -> [Output] {
    guard let dialog = Dialog(caller: phone.invite, response), let place = placesByDialog[phone.dialog.id] else { return [] }
    guard dialog.id != phone.dialog.id else { return send(phone.acknowledgement, over: flow) }
    return receiveLate(response, to: phone.invite, phone.key, flow, for: .call(place), at: now)
  }

  /// A 2xx that nobody waits for is acknowledged and hung up (RFC 3261 §13.2.2.4); a phone that rings only now is told to stop; a
  /// failure ends the waiting.
  ///
  /// - Parameter flow: the one that the response came by, which need not be the INVITE's.
  mutating func receiveLate(
    _ response: SIPResponse, to invite: SIPRequest, _ key: TransactionKey, _ flow: Flow, for drawer: Drawer, at now: Instant
  ) -> [Output] {
    if response.status.isProvisional {
      return layer.cancelAgain(invite, key, over: flow, at: now).flatMap { perform($0, at: now) }
    }
    guard response.status.isSuccess else {
      abandoned.remove(key)
      return []
    }
    guard let dialog = Dialog(caller: invite, response), let number = try? invite.headers.cseq.number else { return [] }
    let acknowledgement = dialog.acknowledgement(number: number, via: newVia(flow, for: drawer)).serialized()
    // A dialog that was there before has had its BYE.
    guard invite.opensDialog else { return send(acknowledgement, over: flow) }
    let elsewhere = Reason(cause: 200, text: "Call completed elsewhere")
    return send(acknowledgement, over: flow) + sayBye(dialog, flow, elsewhere, for: drawer, at: now)
  }

  mutating func sayBye(
    _ dialog: Dialog, _ flow: Flow, _ reason: Reason?, for drawer: Drawer, at now: Instant
  ) -> [Output] {
    var dialog = dialog
    var bye = dialog.request(.bye, via: newVia(flow, for: drawer))
    if let reason { bye.headers.append(.reason, reason.description) }
    return (layer.send(bye, over: flow, at: now)?.outputs ?? []).flatMap { perform($0, at: now) }
  }

  // MARK: The echo

  mutating func beginEcho(_ place: Place, at now: Instant) -> [Output] {
    guard let call = call(place) else { return [] }
    update(place) { $0.phase = .echo(since: now) }
    return [
      .visitor(call.visitor, .trying(place.call)), .visitor(call.visitor, .talking(place.call, agent: "Echo")),
    ]
  }

  // MARK: What the media plane reports

  package mutating func receive(_ event: MediaEvent, at now: Instant) -> [Output] {
    seen(event) + act(on: event, at: now)
  }

  private mutating func act(on event: MediaEvent, at now: Instant) -> [Output] {
    noteRoom(event)
    switch event {
    case .opened(let leg, let port):
      guard let place = placesByLeg[leg] else { return [.media(.close(leg))] }
      return invite(leg, port: port, for: place, at: now)
    case .connected(let leg):
      guard let place = placesByLeg[leg], let call = call(place), call.leg == leg, case .echo = call.phase,
        call.led == nil
      else { return [] }
      return [.media(.play(leg, .prompt("echo-greeting")))]
    case .played(let leg):
      guard let place = placesByLeg[leg], let call = call(place), call.leg == leg, case .echo = call.phase else { return [] }
      return [.media(.echo(leg))]
    case .failed(let leg, let failure): return failed(leg, failure, at: now)
    case .consentLost(let leg): return consentLost(leg, at: now)
    case .fellSilent(let leg): return fellSilent(leg, at: now)
    case .heardAgain(let leg): return heardAgain(leg, at: now)
    case .heard(let leg, let report): return heard(leg, report, at: now)
    case .gone(let leg): return gone(leg, at: now)
    case .speaks(let leg, let codec): return speaks(leg, codec)
    case .unreached(let leg, let isCertain): return unreached(leg, isCertain: isCertain, at: now)
    case .reachedAgain(let leg): return reachedAgain(leg)
    case .closed(let leg, let report):
      if let place = placesByLeg[leg], call(place)?.led?.parted?.leg == leg {
        placesByLeg[leg] = nil
        update(place) { $0.led?.parted?.report = report }
      }
      return records.receive(report, of: leg).map { [.record($0)] } ?? []
    case .digit(let leg, let digit):
      guard let place = placesByLeg[leg], let call = call(place), call.leg == leg, call.led != nil else { return [] }
      return [.attendant(place.tenant, place.call, .pressed(digit))]
    case .strained(let plane):
      strainedPlanes.insert(plane)
      return [log(.warning, nil, nil, "Media plane \(plane.number) does not keep up, and gets no new calls")]
    case .relaxed(let plane):
      strainedPlanes.remove(plane)
      return [log(.info, nil, nil, "Media plane \(plane.number) keeps up again")]
    }
  }

  private mutating func failed(_ leg: LegID, _ failure: MediaFailure, at now: Instant) -> [Output] {
    guard let place = placesByLeg[leg], let call = call(place) else { return [] }
    let note = log(.warning, place.tenant, place.call, "Media failed: \(failure)")
    if case .ringing(let attempt) = call.phase, attempt.forks.contains(where: { $0.leg == leg }) {
      return [note] + forkEnded(leg, of: place, .failed, at: now)
    }
    return [note] + end(place, .failed, at: now)
  }

  // MARK: The end

  /// Ends a call for everybody in it, whatever it was doing.
  mutating func end(_ place: Place, _ reason: EndReason, at now: Instant) -> [Output] {
    guard let call = call(place) else { return [] }
    var record = CallRecord(call)
    (record.endedAt, record.end) = (now, reason)
    let why: AgentEvent.IncomingEnd = reason == .noAnswer || reason == .declined ? .timeout : .callerHungUp
    var outputs = stopRinging(place, except: nil, why, reason: nil, at: now)
    var seconds = 0
    switch call.phase {
    case .attended, .ringing: break
    case .echo(let since): seconds = Int((now - since).milliseconds / 1000)
    case .talking(let party, let since):
      seconds = Int((now - since).milliseconds / 1000)
      outputs += part(party, place, reason, seconds: seconds, at: now)
    }
    if let leg = call.leg {
      placesByLeg[leg] = nil
      outputs.append(.media(.close(leg)))
    }
    tenants[place.tenant]?.calls[place.call] = nil
    callsByPlane[call.plane.number] -= 1
    if place.tenant != .doctor { counts.ended[reason, default: 0] &+= 1 }
    placesByVisitor[call.visitor] = nil
    for side in [Side.visitor, .agent] { absences.remove(Absentee(place: place, side: side)) }
    var agentLeg: LegID? = if case .talking(let party, _) = call.phase { party.leg } else { nil }
    if agentLeg == nil, let parted = call.led?.parted {
      placesByLeg[parted.leg] = nil
      if parted.report == nil { agentLeg = parted.leg }
    }
    if let complete = records.insert(record, visitorLeg: call.leg, agentLeg: agentLeg, at: now) {
      outputs.append(.record(complete))
    }
    if call.led != nil { outputs.append(.attendant(place.tenant, place.call, .over(reason))) }
    outputs.append(.visitor(call.visitor, .ended(place.call, reason, seconds: seconds)))
    outputs.append(log(.info, place.tenant, place.call, "Ended: \(reason.rawValue) after \(seconds) s"))
    return outputs
  }

  mutating func part(
    _ party: Party, _ place: Place, _ reason: EndReason, seconds: Int, at now: Instant
  ) -> [Output] {
    free(party.agent, of: place, at: now)
    placesByLeg[party.leg] = nil
    let closing = Output.media(.close(party.leg))
    switch party {
    case .phone(let phone):
      if let renegotiation = phone.renegotiation { placesByTransaction[renegotiation.key] = nil }
      let asking = forgetRefresh(phone, place, at: now)
      placesByDialog[phone.dialog.id] = nil
      // Its 2xx may still be repeated for half a minute.
      forget(phone.invite, phone.key, askedOf: phone.flow.remote.ip, of: place, at: now)
      let bye = reason == .agentHungUp ? [] : sayBye(phone.dialog, phone.flow, nil, for: .call(place), at: now)
      // What was told of the sound is over with the call.
      let wasTold = call(place)?.sound.agentWasTold != nil
      return [closing] + asking + bye + (wasTold ? tellDesks(of: phone.agent, nil, place) : [])
    case .browser(let desk): return [closing, .agent(desk.session, .ended(place.call, reason, seconds: seconds))]
    }
  }
}
