import Wire

/// What can be done about a call that did not go well, where the cause is known.
struct FlightHints {
  private let record: FlightRecord
  private let names: FlightNames

  init(_ record: FlightRecord, _ names: FlightNames) {
    self.record = record
    self.names = names
  }

  /// Each hint once, in the order of what gave rise to it; none for a call that was answered, but for its sound.
  var all: [String] {
    let entries = record.entries
    let isAnswered = entries.contains { if case .answered = $0.event { true } else { false } }
    var hints: [String] = []
    for entry in entries {
      for hint in self.hints(entry, isAnswered: isAnswered) where !hints.contains(hint) { hints.append(hint) }
    }
    return hints
  }

  private func hints(_ entry: FlightRecord.Entry, isAnswered: Bool) -> [String] {
    switch entry.event {
    case .chose(let choice) where !isAnswered: choice.candidates.compactMap { hint($0, at: entry.at) }
    case .unanswered(let leg, false):
      [
        "\(names.party(leg)) is registered and did not react; a router may have forgotten the way to it. "
          + "Let it register more often, or over TCP."
      ]
    case .unanswered(let leg, true), .unsendable(let leg):
      [
        "\(names.party(leg)) lost its connection; see whether it is on and online."
      ]
    case .message(let message) where message.isFromPeer: hint(message).map { [$0] } ?? []
    case .media(.failed(_, .noFreePort)): ["All RTP ports are taken; give the server more with --rtp-ports."]
    case .media(.failed(let leg, .handshakeFailed)):
      ["Between \(names.party(leg)) and the server UDP may be blocked; see whether the firewall lets the WebRTC port through."]
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
    case .chosen, .waitedLess, .alreadyTried, .busy: return nil
    }
  }

  private func hint(_ message: FlightMessage) -> String? {
    guard message.about == "INVITE", let status = message.status else { return nil }
    let phone = names.party(message.leg)
    switch status {
    case 404: return "\(phone) does not know the user that it registered as; see its account's settings."
    case 401, 407: return "\(phone) asks for a password for calls to it; switch that off in its settings."
    case 488, 415, 606:
      return "\(phone) takes none of the codecs opus, pcmu and pcma, or only encrypted sound; see its settings."
    case 480: return "\(phone) says that its user is not available: it may be set to do not disturb."
    default: return nil
    }
  }
}
