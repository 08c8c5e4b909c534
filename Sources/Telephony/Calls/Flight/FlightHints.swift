import Wire

/// What can be done about a call that did not go well, where the cause is known.
struct FlightHints {
  private let record: FlightRecord
  private let story: FlightStory
  private var names: FlightNames { story.names }

  init(_ story: FlightStory) {
    record = story.record
    self.story = story
  }

  /// Each hint once, in the order of what gave rise to it; of who could be rung none for a call that somebody answered, or that ended
  /// for a reason of the server's.
  var all: [String] {
    var hints: [String] = []
    let wantsAgents = wantsAgents
    for (index, entry) in story.entries.enumerated() {
      for hint in self.hints(entry, index, wantsAgents: wantsAgents) where !hints.contains(hint) { hints.append(hint) }
    }
    return hints
  }

  /// Whether more agents would have helped.
  private var wantsAgents: Bool {
    for entry in story.entries.reversed() {
      switch entry.event {
      case .answered: return false
      case .refused(let reason, _) where reason != .noAgents: return false
      case .ended(.shuttingDown, _), .ended(.failed, _): return false
      default: break
      }
    }
    return true
  }

  private func hints(_ entry: FlightRecord.Entry, _ index: Int, wantsAgents: Bool) -> [String] {
    switch entry.event {
    case .chose(let choice) where wantsAgents: choice.candidates.compactMap { hint($0, at: entry.at) }
    case .unanswered(let leg, false): [silent(leg)]
    case .unanswered(let leg, true), .unsendable(let leg):
      ["\(names.party(leg)) lost its connection; see whether it is on and online."]
    case .message(let message): hint(message, index).map { [$0] } ?? []
    case .media(let media): hint(media, index).map { [$0] } ?? []
    case .refused(.busy, _): busy.map { [$0] } ?? []
    case .refused(.badSDP, _):
      ["The visitor's browser is very old, or no browser: it must offer Opus, encrypted by DTLS (WebRTC)."]
    default: []
    }
  }

  private func hint(_ candidate: AgentChoice.Candidate, at moment: Instant) -> String? {
    let agent = names.name(candidate.agent)
    switch candidate.eligibility {
    case .neverRegistered:
      return "no phone of \(agent) has registered since the server started; check its server, domain, user and password."
    case .phoneGone(.signedOff, _): return "\(agent)'s phone signed off by itself; start it when \(agent) is at work."
    case .phoneGone(_, let last):
      let ago = last.map { " last registered \((moment - $0).told) before the call" } ?? " is gone"
      return "\(agent)'s phone\(ago); check that it is on and online."
    case .paused: return "\(agent) is paused in the browser; set it to available to be rung."
    case .chosen, .waitedLess, .alreadyTried, .otherTeam, .busy: return nil
    }
  }

  private var busy: String? {
    guard let start = record.start, !start.isVisitorBusy, start.room > 0 else { return nil }
    return "`calldocker doctor` tells how loaded the server is; --rtp-ports gives it more ports, and more cores more calls."
  }

  // MARK: Phones

  private func hasSpoken(_ leg: LegID, before index: Int) -> Bool {
    story.entries[..<index].contains { entry in
      switch entry.event {
      case .media(.heard(leg, let report)): report.packets > 0
      case .media(.heardAgain(leg)): true
      default: false
      }
    }
  }

  private func silent(_ leg: LegID) -> String {
    "\(names.party(leg)) is registered and did not react; a router may have forgotten the way to it. "
      + "Let it register more often, or over TCP."
  }

  private func hint(_ message: FlightMessage, _ index: Int) -> String? {
    switch (message.method, message.isFromPeer) {
    case ("INVITE"?, false) where !message.isInDialog:
      let answers = story.answers(to: message, after: index)
      // While it may still answer there is nothing to be done.
      guard record.end != nil, answers.allSatisfy({ $0.status == 100 }) else { return nil }
      guard !answers.isEmpty else { return silent(message.leg) }
      return "\(names.party(message.leg)) took the INVITE and never rang; an app may have been asleep: see its push settings."
    case ("BYE"?, false) where message.header("Reason")?.contains("cause=488") == true: return codecs(message.leg)
    case ("REFER"?, true):
      return "\(names.party(message.leg)) has a transfer button that this server does not serve; the call stays where it is."
    case ("INFO"?, true):
      return
        "\(names.party(message.leg)) sends INFO, which is not taken; if it sends its keys so, set its DTMF to RFC 4733 (RTP)."
    case (nil, true) where message.about == "INVITE" && !story.isStray(message): return hint(message.status ?? 0, message.leg)
    default: return nil
    }
  }

  private func hint(_ status: Int, _ leg: LegID) -> String? {
    let phone = names.party(leg)
    switch status {
    case 403: return "\(phone) takes no calls from this server; see whether it allows its registrar only by another address."
    case 404: return "\(phone) does not know the user that it registered as; see its account's settings."
    case 401, 407: return "\(phone) asks for a password for calls to it; switch that off in its settings."
    case 408: return "\(phone) is a program that could not reach the phone behind it; see whether that is on."
    case 480: return "\(phone) says that its user is not available: it may be set to do not disturb."
    case 488, 415, 606: return codecs(leg)
    case 500...599: return "\(phone) failed by itself; its own log may say why. Restart it."
    default: return nil
    }
  }

  private func codecs(_ leg: LegID) -> String {
    "\(names.party(leg)) takes none of the codecs opus, pcmu and pcma, or only encrypted sound; see its settings."
  }

  // MARK: Sound

  private func hint(_ media: FlightMedia, _ index: Int) -> String? {
    let party = names.party(media.leg)
    switch media {
    case .failed(_, .noFreePort): return "All RTP ports are taken; give the server more with --rtp-ports."
    case .failed(_, .handshakeFailed):
      return "Between \(party) and the server UDP may be blocked; see whether the firewall lets the WebRTC port through."
    case .failed(_, .fingerprintMismatch):
      return "Something between the page and the server changes what browsers say, or somebody listens: try without a proxy."
    case .unreached:
      return "What is sent to \(party) does not arrive there; see whether its router lets UDP through to where it listens."
    case .gone: return "\(party) lost its network or its power in the middle of the call; see whether it is on and online."
    case .heard(let leg, let report):
      switch report.kind {
      case .nothing where report.foreign != nil:
        return "\(party) speaks a codec that was not agreed on; let it have opus, pcmu or pcma only."
      case .nothing where report.isReporting:
        return "\(party) reports and sends no sound; see whether it is muted, or suppresses silence."
      case .nothing where !hasSpoken(leg, before: index):
        return
          "No sound of \(party) ever arrived; see whether a firewall or router lets its UDP through to the server's RTP ports."
      case .silence: return "The microphone of \(party) is muted or the wrong one; see the settings of its sound."
      case .unreadable: return "\(party) sends its sound in an encoding that was not agreed on; see its codecs."
      default: return nil
      }
    default: return nil
    }
  }
}
