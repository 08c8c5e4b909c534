import SIPCore
import Wire

/// What was heard of whom, and what both were told of it.
extension FlightStory {
  func told(_ media: FlightMedia, _ index: Int) -> [String] {
    let party = names.subject(media.leg)
    switch media {
    case .opened: return []
    case .connected: return ["\(party) is connected: its sound can flow."]
    case .failed(_, let failure): return ["\(party) could not be connected: \(Self.sentence(failure))."]
    case .consentLost: return ["\(party) has not been heard of for 30 s: its sound is gone for good."]
    case .fellSilent: return ["\(party) has sent no sound for 3 s."]
    case .heardAgain: return ["\(party) is heard again."]
    case .heard(let leg, let report):
      // A microphone that gives nothing is measured again and again.
      return report.kind == lastKind(of: leg, before: index) ? [] : [heard(leg, report)]
    case .gone: return ["\(party) is gone: neither sound nor reports came for 30 s."]
    case .speaks(_, let codec): return ["\(party) speaks \(codec), not the codec that it preferred; it is heard all the same."]
    case .unreached(_, isCertain: true): return ["\(party) reports that the sound it is sent arrives no more."]
    case .unreached(_, isCertain: false): return ["\(party) reports, and knows of none of the sound that it is sent."]
    case .reachedAgain: return ["\(party) reports that the sound it is sent arrives again."]
    case .closed(let leg, let report):
      guard report.codec != nil, hasTalked else { return [] }
      return ["Measured on \(names.party(leg)): \(Self.measures(report))."]
    }
  }

  static func sentence(_ failure: MediaFailure) -> String {
    switch failure {
    case .noFreePort: "no port was free"
    case .fingerprintMismatch: "it showed another certificate than it had announced"
    case .handshakeFailed: "no encrypted connection (DTLS) came about within 30 s"
    case .tooManyLegs: "there were too many calls"
    }
  }

  private var hasTalked: Bool {
    entries.contains { entry in
      switch entry.event {
      case .answered, .toldVisitor(.talking): true
      default: false
      }
    }
  }

  private func lastKind(of leg: LegID, before index: Int) -> SoundReport.Kind? {
    for entry in entries[..<index].reversed() {
      switch entry.event {
      case .media(.heard(leg, let report)): return report.kind
      case .media(.heardAgain(leg)), .media(.fellSilent(leg)): return nil
      default: break
      }
    }
    return nil
  }

  private func heard(_ leg: LegID, _ report: SoundReport) -> String {
    let party = names.party(leg)
    let packets = report.packets == 1 ? "1 packet" : "\(report.packets) packets"
    switch report.kind {
    case .nothing:
      if let foreign = report.foreign {
        return "In two seconds only packets of type \(foreign.number) came from \(party), which was not agreed."
      }
      return "In two seconds no sound came from \(party)\(report.isReporting ? ", while its reports (RTCP) do" : "")."
    case .unreadable: return "In two seconds \(packets) came from \(party), none of which could be decoded."
    case .silence: return "In two seconds \(packets) of perfect silence came from \(party): its microphone gives nothing."
    case .sound(let level): return "In two seconds \(packets) of sound came from \(party), at \(level) dBFS."
    }
  }

  private static func measures(_ report: LegReport) -> String {
    let tenths = Int((min(max(report.loss, 0), 1) * 1000).rounded())
    let codec = report.codec.map { "\($0), " } ?? ""
    return
      "\(codec)\(report.packetsReceived) packets received, \(report.packetsSent) sent, \(tenths / 10).\(tenths % 10) % lost"
  }

  // MARK: Wishes

  func told(_ command: FlightCommand, _ index: Int) -> [String] {
    switch command {
    case .connect(let leg, let remote, let audio): connected(leg, remote, audio, index)
    case .play(let leg, .ringback): ["\(names.subject(leg)) hears the ringing tone."]
    case .play(let leg, .reconnecting): ["\(names.subject(leg)) hears the tone that asks to wait."]
    case .sendDigits(let leg, let count): ["\(Self.count(count, "key")) went to \(names.party(leg))."]
    case .restart(let leg): ["\(names.subject(leg)) changed its network (ICE restart)."]
    case .open, .bridge, .echo, .play, .quiet, .close: []
    }
  }

  /// Where the sound of a phone goes; told again only where that changed.
  private func connected(_ leg: LegID, _ remote: SocketAddress, _ audio: NegotiatedAudio, _ index: Int) -> [String] {
    var port = ""
    for entry in entries[..<index].reversed() {
      switch entry.event {
      case .command(.connect(leg, remote, let former)) where former.codec == audio.codec: return []
      case .command(.connect(leg, _, _)): break
      case .media(.opened(leg, let number)): port = " from our port \(number)"
      default: continue
      }
      if !port.isEmpty { break }
    }
    return ["The sound of \(names.party(leg)) goes by \(audio.codec) to \(names.text(remote))\(port)."]
  }

  // MARK: What people were told

  func told(_ event: VisitorEvent, _ index: Int) -> [String] {
    switch event {
    case .troubled(_, _, let trouble): return ["The visitor was told: \(trouble.message)"]
    case .held: return ["The visitor was put on hold by the agent's phone."]
    case .talking(_, let agent):
      switch lastTold(before: index) {
      case .held?: return ["The agent's phone took the visitor back from hold."]
      case .troubled?: return ["The visitor was told that the sound is well again."]
      default: return agent == "Echo" ? ["The visitor was connected with the echo."] : []
      }
    case .takenOver: return ["The visitor's former page was told that the call goes on in another."]
    case .trying, .ringing, .ended: return []
    }
  }

  private func lastTold(before index: Int) -> VisitorEvent? {
    for entry in entries[..<index].reversed() { if case .toldVisitor(let event) = entry.event { return event } }
    return nil
  }

  func told(_ event: AgentEvent, _ index: Int) -> [String] {
    switch event {
    case .troubled(_, let trouble): return ["The agent was told in the browser: \(trouble.message)"]
    case .soundIsWell: return ["The agent was told in the browser that the sound is well again."]
    case .visitorLost: return ["The agent was told in the browser that nothing is heard of the visitor."]
    case .visitorBack: return ["The agent was told in the browser that the visitor is heard again."]
    case .incomingCallEnded(_, .answeredElsewhere):
      // To each browser its own; one sentence does for all.
      if index > 0, entries[index - 1].event == .toldAgent(event) { return [] }
      return ["The agent's other browsers stopped ringing: the call was answered elsewhere."]
    case .takenOver: return ["The agent's former browser was told that the call goes on in another."]
    case .incomingCall, .incomingCallEnded, .ended: return []
    }
  }
}

extension SoundReport {
  /// What a person would call it.
  enum Kind: Hashable {
    case nothing
    case unreadable
    case silence
    case sound(Int)
  }

  var kind: Kind {
    switch level {
    case .unknown: packets == 0 ? .nothing : .unreadable
    case .digitalSilence: .silence
    case .decibels(let level): .sound(level)
    }
  }
}
