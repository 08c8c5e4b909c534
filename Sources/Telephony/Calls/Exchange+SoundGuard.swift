import RTP
import Wire

/// The guard against one-way audio: what cannot be healed is told to both sides in words, once, and once when it is over.
extension Exchange {
  /// Two seconds of somebody's sound were measured.
  mutating func heard(_ leg: LegID, _ report: SoundReport, at now: Instant) -> [Output] {
    guard let place = placesByLeg[leg], let call = call(place), case .talking(let party, _) = call.phase else { return [] }
    guard leg != call.leg else { return changeSound(place) { $0.visitor.heard(report.level) } }
    guard leg == party.leg else { return [] }
    if let type = report.foreign {
      return changeSound(place) { $0.agent.foreign(type) } + refresh(place, at: now)
    }
    // Of a browser the watch says when nothing arrives; a phone that has spoken and reports may only suppress its silence.
    let isMissing = report.packets == 0 && !(report.isReporting && report.hasSpoken)
    guard case .phone = party, isMissing else { return changeSound(place) { $0.agent.heard(report.level) } }
    return changeSound(place) { $0.agent.nothingArrives() } + refresh(place, at: now)
  }

  /// By a phone's reports nothing of ours arrives there.
  ///
  /// One that never told of anything may be of the few that report badly: it is asked anew first, and believed if it says so still.
  mutating func unreached(_ leg: LegID, isCertain: Bool, at now: Instant) -> [Output] {
    guard let place = placesByLeg[leg], case .talking(.phone(let phone), _)? = call(place)?.phase, phone.leg == leg,
      !phone.isHolding
    else { return [] }
    let isBelieved = isCertain || phone.refresh.isOver
    let telling = isBelieved ? changeSound(place) { $0.isUndelivered = true } : []
    return telling + refresh(place, at: now)
  }

  mutating func reachedAgain(_ leg: LegID) -> [Output] {
    guard let place = placesByLeg[leg], case .talking(let party, _)? = call(place)?.phase, party.leg == leg else { return [] }
    return changeSound(place) { $0.isUndelivered = false }
  }

  /// A phone speaks another codec than it agreed to: it is heard all the same, and whoever sees to it may want to know.
  mutating func speaks(_ leg: LegID, _ codec: AudioCodec) -> [Output] {
    guard let place = placesByLeg[leg] else { return [] }
    let note = "A phone speaks \(codec) though its answer preferred another codec; it is heard"
    return [log(.info, place.tenant, place.call, note)]
  }

  /// A phone is measured before anybody is told that nothing comes from it; that something does is true at once.
  mutating func phoneHeardAgain(_ leg: LegID, _ place: Place) -> [Output] {
    guard case .talking(let party, _)? = call(place)?.phase, party.leg == leg else { return [] }
    return changeSound(place) { $0.agent.arrivesAgain() }
  }

  /// A phone that talked is there no more.
  mutating func gone(_ leg: LegID, at now: Instant) -> [Output] {
    guard let place = placesByLeg[leg], case .talking(let party, _)? = call(place)?.phase, party.leg == leg else { return [] }
    return [log(.info, place.tenant, place.call, "The agent's phone is gone: neither sound nor reports came from it for 30 s")]
      + end(place, .connectionLost, at: now)
  }

  /// Takes what is new about a conversation's sound, for the operator and whoever it concerns.
  mutating func changeSound(_ place: Place, _ change: (inout SoundGuard) -> Void) -> [Output] {
    guard let before = call(place)?.sound else { return [] }
    update(place) { change(&$0.sound) }
    guard let after = call(place)?.sound else { return [] }
    var outputs: [Output] = []
    if before.visitor.fault != after.visitor.fault {
      outputs.append(log(.info, place.tenant, place.call, Self.note("visitor", after.visitor.fault, isBrowser: true)))
    }
    if before.agent.fault != after.agent.fault {
      let isBrowser = if case .talking(.browser, _)? = call(place)?.phase { true } else { false }
      outputs.append(log(.info, place.tenant, place.call, Self.note("agent", after.agent.fault, isBrowser: isBrowser)))
    }
    if before.isUndelivered != after.isUndelivered {
      let note =
        after.isUndelivered
        ? "The visitor is not heard: by its reports the phone receives nothing of what it is sent; the visitor was told"
        : "The visitor's sound reaches the phone again"
      outputs.append(log(.info, place.tenant, place.call, note))
    }
    return outputs + tellSound(place)
  }

  /// Tells both sides what they were not told yet, and takes back what is over.
  mutating func tellSound(_ place: Place) -> [Output] {
    guard let call = call(place), case .talking(let party, _) = call.phase else { return [] }
    var outputs: [Output] = []
    if case .phone(let phone) = party, phone.isHolding {
      // Who is held is told so, and expects no voice.
      update(place) { $0.sound.visitorWasTold = nil }
    } else if call.sound.visitorTrouble != call.sound.visitorWasTold {
      update(place) { $0.sound.visitorWasTold = $0.sound.visitorTrouble }
      outputs.append(.visitor(call.visitor, call.event))
    }
    guard call.sound.agentTrouble != call.sound.agentWasTold else { return outputs }
    update(place) { $0.sound.agentWasTold = $0.sound.agentTrouble }
    switch party {
    case .browser(let desk):
      let event = call.sound.agentTrouble.map { AgentEvent.troubled(place.call, $0) } ?? .soundIsWell(place.call)
      outputs.append(.agent(desk.session, event))
    case .phone: outputs += tellDesks(of: party.agent, call.sound.agentTrouble, place)
    }
    return outputs
  }

  /// A phone has no line for words like these, but its agent may have a desk open beside it.
  func tellDesks(of agent: AgentName, _ trouble: SoundTrouble?, _ place: Place) -> [Output] {
    let desks = tenants[place.tenant]?.agents[agent]?.sessions ?? []
    return desks.isEmpty ? [] : [.desks(desks, .phoneSound(place.call, trouble))]
  }

  private static func note(_ side: String, _ fault: SoundFault?, isBrowser: Bool) -> String {
    switch fault {
    case nil: "The \(side)'s sound is well again"
    case .foreignCodec(let type):
      "The \(side) is not heard: the phone sends payload type \(type.number), which was not agreed; the visitor was told"
    case .undelivered: "The \(side) is not heard: the sound does not arrive at the other side"
    case .digitalSilence: "The \(side) is not heard: the microphone gives nothing; both sides were told"
    case .nothingArrives where isBrowser:
      "The \(side) is not heard: nothing arrives from the browser; its page was asked for a new path (ICE restart)"
    case .nothingArrives:
      "The \(side) is not heard: nothing arrives from the phone, from any port of its address; the visitor was told"
    }
  }
}
