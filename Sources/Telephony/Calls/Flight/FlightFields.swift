import Wire

/// A record's entries for programs: each a word, and fields by their names.
package struct FlightFields {
  package struct Entry: Hashable, Sendable {
    /// `2026-11-24T12:04:31.200Z`.
    package var at: String
    /// Since the call began.
    package var milliseconds: Int64
    package var event: String
    package var fields: [String: String] = [:]
    /// What is kept of a SIP message; absent where it would show what is private.
    package var message: [String]?
    package var repeats = 0
  }

  package let entries: [Entry]

  package init(_ record: FlightRecord, clock: FlightClock, showsPersonal: Bool) {
    let names = FlightNames(record, showsPersonal: showsPersonal)
    entries = record.entries.flatMap { entry in
      Self.told(entry.event, names).map { event, fields in
        var told = Entry(
          at: "\(clock.day(entry.at))T\(clock.time(entry.at))Z", milliseconds: (entry.at - record.startedAt).milliseconds,
          event: event, fields: fields, repeats: entry.repeats)
        if case .message(let message) = entry.event, showsPersonal { told.message = message.lines }
        return told
      }
    }
  }

  /// An event on one line, for whoever compares two.
  package static func line(_ event: FlightEvent, of record: FlightRecord) -> String {
    let names = FlightNames(record, showsPersonal: true)
    switch event {
    case .again(let number):
      let first = record.moments.first { $0.number == number }
      return "again, " + (first.map { line($0.event, of: record) } ?? "a message")
    case .input(let input): return "input \(input)"
    case .view(let view): return "the agents, of whom \(view.agents.count) had changed"
    case .recorded(let outcome): return "the record of the call: \(outcome.end?.rawValue ?? "no end")"
    default:
      let words = told(event, names).map { word, fields in
        ([word] + fields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }).joined(separator: " ")
      }
      return FlightNames.onOneLine(words.joined(separator: ", "))
    }
  }

  private static func told(_ event: FlightEvent, _ names: FlightNames) -> [(String, [String: String])] {
    switch event {
    case .asked(let name, let page, let number, let hasOffer):
      var fields = ["offer": "\(hasOffer)"]
      fields["name"] = name.map(names.text)
      fields["page"] = page.map(names.text)
      fields["extension"] = number.map(names.text)
      return [("asked", fields)]
    case .refused(let reason, _): return [("refused", ["reason": reason.rawValue])]
    case .chose(let choice):
      var fields = ["unlisted": "\(choice.unlisted)"]
      fields["agent"] = choice.chosen.map(names.name)
      return choice.candidates.map { ("considered", ["agent": names.name($0.agent), "verdict": $0.eligibility.word]) }
        + [("chose", fields)]
    case .missed(let target, let failure):
      return [("missed", ["target": names.target(target), "reason": failure.end.rawValue])]
    case .rings(let agent, let phones, let browsers):
      return [("rings", ["agent": names.name(agent), "phones": "\(phones)", "browsers": "\(browsers)"])]
    case .leg(let leg, _): return [("leg", fields(leg, names))]
    case .invites(let leg, _): return [("invites", fields(leg, names))]
    case .unsendable(let leg): return [("unsendable", fields(leg, names))]
    case .unanswered(let leg, let isConnectionGone):
      return [("unanswered", fields(leg, names, ["connectionGone": "\(isConnectionGone)"]))]
    case .declinedInBrowser(let agent): return [("declined-in-browser", ["agent": names.name(agent)])]
    case .answered(let agent, let leg): return [("answered", fields(leg, names, ["agent": names.name(agent)]))]
    case .visitorLost: return [("visitor-lost", [:])]
    case .visitorBack(let hasOffer): return [("visitor-back", ["offer": "\(hasOffer)"])]
    case .agentLost(let agent, let wait):
      return [("agent-lost", ["agent": names.name(agent), "waits": "\(wait.components.seconds)"])]
    case .agentBack(let agent, let hasOffer):
      return [("agent-back", ["agent": names.name(agent), "offer": "\(hasOffer)"])]
    case .message(let message):
      let words = [
        "direction": message.isFromPeer ? "in" : "out", "title": message.title, "cseq": message.header("CSeq") ?? "",
      ]
      return [("sip", fields(message.leg, names, words))]
    case .media(let media): return [("media", fields(media.leg, names, ["report": media.word]))]
    case .command(let command): return [("command", fields(command.leg, names, ["wish": command.word]))]
    case .toldVisitor(let event): return [("told-visitor", ["event": event.word])]
    case .toldAgent(let event): return [("told-agent", ["event": event.word])]
    case .input(.sessionJoined(_, let agent)): return [("agent-joined", ["agent": names.name(agent)])]
    case .input(.sessionGone(_, let isDeliberate)): return [("browser-gone", ["deliberate": "\(isDeliberate)"])]
    case .input(.agentRemoved(let agent)): return [("agent-removed", ["agent": names.name(agent)])]
    case .input(.moved(let flow)): return [("phone-moved", ["to": names.text(flow.remote)])]
    case .input(.attendant(let wish)): return [("wish", ["wish": wish.word])]
    case .input(.step(let step)):
      let (place, arguments) = (names.text(step.place), names.text(step.arguments))
      return [("step", ["place": place, "application": step.application, "arguments": arguments])]
    case .input, .view, .again, .recorded: return []
    case .ended(let reason, let seconds): return [("ended", ["reason": reason.rawValue, "seconds": "\(seconds)"])]
    }
  }

  private static func fields(_ leg: LegID, _ names: FlightNames, _ more: [String: String] = [:]) -> [String: String] {
    more.merging(["leg": "\(leg.number)", "party": names.party(leg)]) { mine, _ in mine }
  }
}

extension AttendantWish {
  fileprivate var word: String {
    switch self {
    case .indicateRinging: "indicate-ringing"
    case .ring(_, let targets, _): "ring \(targets.count)"
    case .stopRinging: "stop-ringing"
    case .echo(let isWanted): isWanted ? "echo" : "no-echo"
    case .hangUp(let reason): "hang-up \(reason.rawValue)"
    }
  }
}

extension Eligibility {
  fileprivate var word: String {
    switch self {
    case .chosen: "chosen"
    case .waitedLess: "waited-less"
    case .alreadyTried: "already-tried"
    case .otherTeam: "other-team"
    case .busy: "busy"
    case .paused: "paused"
    case .phoneGone(let loss, _): "phone-\(loss.rawValue)"
    case .neverRegistered: "never-registered"
    }
  }
}

extension FlightMedia {
  fileprivate var word: String {
    switch self {
    case .opened(_, let port): "opened \(port)"
    case .connected: "connected"
    case .failed(_, let failure): "failed: \(FlightStory.sentence(failure))"
    case .consentLost: "consent-lost"
    case .fellSilent: "fell-silent"
    case .heardAgain: "heard-again"
    case .heard(_, let report): "heard: \(report.packets) packets, \(report.level.word)"
    case .gone: "gone"
    case .speaks(_, let codec): "speaks \(codec)"
    case .unreached(_, let isCertain): isCertain ? "unreached" : "unreached, it seems"
    case .reachedAgain: "reached-again"
    case .closed(_, let report):
      "closed: \(report.packetsReceived) received, \(report.packetsSent) sent, \(report.packetsLost) lost"
    }
  }
}

extension FlightCommand {
  fileprivate var word: String {
    switch self {
    case .open: "open"
    case .connect(_, _, let audio): "connect by \(audio.codec)"
    case .bridge(_, let other): "bridge with leg \(other.number)"
    case .echo: "echo"
    case .play(_, .ringback): "play ringback"
    case .play(_, .reconnecting): "play reconnecting"
    case .play(_, .prompt(let name)): "play \(name)"
    case .quiet: "quiet"
    case .sendDigits(_, let count): "send \(count) digits"
    case .restart: "restart"
    case .close: "close"
    }
  }
}

extension SoundReport.Level {
  fileprivate var word: String {
    switch self {
    case .unknown: "level unknown"
    case .digitalSilence: "digital silence"
    case .decibels(let level): "\(level) dBFS"
    }
  }
}

extension VisitorEvent {
  fileprivate var word: String {
    switch self {
    case .trying: "trying"
    case .ringing: "ringing"
    case .talking: "talking"
    case .troubled(_, _, let trouble): "talking: \(trouble.kind.rawValue)"
    case .held: "held"
    case .takenOver: "taken-over"
    case .ended: "ended"
    }
  }
}

extension AgentEvent {
  fileprivate var word: String {
    switch self {
    case .incomingCall: "incoming-call"
    case .incomingCallEnded(_, let end): "incoming-call-ended: \(end.rawValue)"
    case .visitorLost: "visitor-lost"
    case .visitorBack: "visitor-back"
    case .troubled(_, let trouble): "troubled: \(trouble.kind.rawValue)"
    case .soundIsWell: "sound-is-well"
    case .takenOver: "taken-over"
    case .ended: "ended"
    }
  }
}
