import SIPCore
import Wire

/// A record told in plain sentences, one line for each thing that a person wants to know, with its time.
package struct FlightStory {
  private let record: FlightRecord
  private let clock: FlightClock
  private let names: FlightNames
  private let entries: [FlightRecord.Entry]

  package init(_ record: FlightRecord, clock: FlightClock, showsPersonal: Bool) {
    self.record = record
    self.clock = clock
    names = FlightNames(record, showsPersonal: showsPersonal)
    entries = record.entries
  }

  package var text: String {
    var lines = ["Call \(record.call), \(clock.day(record.startedAt)) (times in UTC)"]
    for (index, entry) in entries.enumerated() {
      if index == record.entriesBeforeGap, let gap { lines.append(gap) }
      for sentence in sentences(entry, index) { lines.append("\(clock.time(entry.at)) \(sentence)") }
    }
    if record.entriesBeforeGap >= entries.count, let gap { lines.append(gap) }
    if record.end == nil { lines.append("The call is still going on.") }
    return (lines + FlightHints(record, names).all.map { "Hint: \($0)" }).joined(separator: "\n")
  }

  private var gap: String? {
    record.dropped == 0 ? nil : "… \(record.dropped) entries are missing here: the record was full."
  }

  // MARK: Sentences

  private func sentences(_ entry: FlightRecord.Entry, _ index: Int) -> [String] {
    switch entry.event {
    case .asked(let name, let page, let number, let hasOffer): [asked(name, page, number, hasOffer)]
    case .refused(let reason): ["The call was refused (\(reason.rawValue)). The visitor was told: \(Refusal(reason).message)"]
    case .chose(let choice): chose(choice, at: entry.at)
    case .rings(let agent, let phones, let browsers):
      [
        "\(names.name(agent)) is rung on \(Self.count(phones, "phone")) and in \(Self.count(browsers, "browser")), "
          + "for at most \(Call.ringingTime.told)."
      ]
    case .unsendable(let leg): ["\(names.party(leg)) could not be sent an INVITE: its connection was gone."]
    case .unanswered(let leg, let isConnectionGone):
      [
        "\(names.party(leg)) "
          + (isConnectionGone ? "cannot answer: its connection ended while it rang." : "did not react to its INVITE at all.")
      ]
    case .declinedInBrowser(let agent): ["\(names.name(agent)) declined in the browser."]
    case .answered(let agent, let leg):
      ["\(names.name(agent)) answered (\(names.party(leg))), \((entry.at - record.startedAt).told) after the visitor's click."]
    case .visitorLost: ["The visitor's connection was lost; the call waits up to \(Call.absenceTime.told) for it."]
    case .visitorBack(let hasOffer): ["The visitor is back\(hasOffer ? ", with a new offer of its sound" : "")."]
    case .agentLost(let agent, let wait):
      ["The connection of \(names.name(agent))'s browser was lost; the call waits up to \(wait.told) for it."]
    case .agentBack(let agent, let hasOffer):
      ["\(names.name(agent)) is back in a browser\(hasOffer ? ", with a new offer of its sound" : "")."]
    case .message(let message): told(message, entry, index)
    case .media(let media): told(media)
    case .command(let command): told(command)
    case .toldVisitor(.troubled(_, _, let trouble)): ["The visitor was told: \(trouble.message)"]
    case .toldAgent(.troubled(_, let trouble)): ["The agent was told in the browser: \(trouble.message)"]
    case .toldVisitor(.takenOver): ["The visitor's former page was told that the call goes on in another."]
    case .toldAgent(.takenOver): ["The agent's former browser was told that the call goes on in another."]
    case .toldVisitor(.held): ["The visitor was put on hold by the agent's phone."]
    case .toldVisitor(.talking(_, let agent)) where agent == "Echo": ["The visitor was connected with the echo."]
    case .ended(let reason, let seconds):
      ["The call ended: \(Self.sentence(reason))\(seconds > 0 ? ", after talking for \(Duration.seconds(seconds).told)" : "")."]
    case .leg, .invites, .toldVisitor, .toldAgent, .input, .view, .again, .recorded: []
    }
  }

  private func asked(_ name: String?, _ page: String?, _ number: String?, _ hasOffer: Bool) -> String {
    var text = "A visitor"
    if let name, !name.isEmpty { text += " named \(names.text(name))" }
    text += " asked to be called through"
    if let page { text += " on the page \(names.text(page))" }
    if let number { text += ", dialling \(names.text(number))" }
    return text + (hasOffer ? "." : "; the browser's offer was to follow.")
  }

  private func chose(_ choice: AgentChoice, at moment: Instant) -> [String] {
    var lines: [String] = []
    if choice.chosen == nil { lines.append("Nobody could be rung.") }
    // The chosen one first, then everybody else in the order of their creation.
    let others = choice.candidates.filter { $0.agent != choice.chosen }
    for candidate in choice.candidates.filter({ $0.agent == choice.chosen }) + others {
      lines.append("\(names.name(candidate.agent)) \(Self.sentence(candidate.eligibility, at: moment))")
    }
    if choice.candidates.isEmpty { lines.append("The business has no agents.") }
    if choice.unlisted > 0 { lines.append("\(Self.count(choice.unlisted, "more agent")) were considered and are not listed.") }
    return lines
  }

  private static func sentence(_ eligibility: Eligibility, at moment: Instant) -> String {
    switch eligibility {
    case .chosen(nil): return "was chosen: available, and had no call yet."
    case .chosen(let idle?): return "was chosen: available, and idle longest, for \((moment - idle).told)."
    case .waitedLess(nil): return "was not chosen: available, but further down in the order of the agents."
    case .waitedLess(let idle?): return "was not chosen: available, but idle only for \((moment - idle).told)."
    case .alreadyTried: return "was skipped: had been rung for this call already."
    case .busy: return "was skipped: busy with another call."
    case .paused: return "was skipped: paused in the browser."
    case .neverRegistered: return "was skipped: no phone is registered."
    case .phoneGone(let loss, let last):
      let ago = last.map { "; it last registered \((moment - $0).told) before" } ?? ""
      switch loss {
      case .expired: return "was skipped: the phone's registration ran out\(ago)."
      case .signedOff: return "was skipped: the phone signed off\(ago)."
      case .connectionEnded: return "was skipped: the phone's connection ended\(ago)."
      }
    }
  }

  static func sentence(_ reason: EndReason) -> String {
    switch reason {
    case .visitorHungUp: "the visitor hung up"
    case .agentHungUp: "the agent hung up"
    case .noAnswer: "nobody answered"
    case .declined: "everybody who could be rung declined or was busy"
    case .unavailable: "nobody was available"
    case .connectionLost: "a connection was lost for good"
    case .shuttingDown: "the server was stopped"
    case .failed: "the sound could not be set up"
    }
  }

  private static func count(_ count: Int, _ thing: String) -> String {
    count == 0 ? "no \(thing)" : count == 1 ? "1 \(thing)" : "\(count) \(thing)s"
  }

  // MARK: SIP

  private func told(_ message: FlightMessage, _ entry: FlightRecord.Entry, _ index: Int) -> [String] {
    let phone = names.party(message.leg)
    let reason = message.header("Reason").map { " (\(FlightNames.onOneLine($0)))" } ?? ""
    switch (message.method, message.isFromPeer) {
    case ("INVITE", false): return [invited(message, entry, index)]
    case ("CANCEL", false): return ["\(phone) was told to stop ringing\(reason)."]
    case ("BYE", false): return ["\(phone) was sent a BYE\(reason)\(confirmation(of: message, index))."]
    case ("BYE", true): return ["\(phone) hung up (BYE)\(reason)."]
    case ("INVITE", true): return ["\(phone) sent a new description of its sound (re-INVITE)\(sound(message))."]
    default: return []
    }
  }

  /// One sentence for an INVITE and all that came back.
  private func invited(_ message: FlightMessage, _ entry: FlightRecord.Entry, _ index: Int) -> String {
    var text = "\(names.party(message.leg)) was sent an INVITE"
    if entry.repeats > 0 { text += ", \(entry.repeats + 1) times" }
    let answers = answers(to: "INVITE", from: message.leg, after: index)
    var facts: [String] = []
    if let rang = answers.first(where: { (180...199).contains($0.status) }) {
      facts.append("rang after \((rang.at - entry.at).told)")
    }
    if let final = answers.first(where: { $0.status >= 200 }) {
      let title = FlightNames.onOneLine(final.message.title)
      facts.append("answered \(title) after \((final.at - entry.at).told)\(sound(final.message))")
    }
    if facts.isEmpty {
      let isTrying = answers.contains { $0.status == 100 }
      return text + (isTrying ? "; it said that it is trying, and no more." : "; nothing came back.")
    }
    return text + "; it \(facts.joined(separator: " and "))."
  }

  private func confirmation(of message: FlightMessage, _ index: Int) -> String {
    answers(to: "BYE", from: message.leg, after: index).isEmpty ? " and has not confirmed it" : ""
  }

  private func answers(
    to method: String, from leg: LegID, after index: Int
  ) -> [(at: Instant, status: Int, message: FlightMessage)] {
    entries[index...].compactMap { entry in
      guard case .message(let message) = entry.event, message.leg == leg, message.isFromPeer, message.about == method,
        let status = message.status
      else { return nil }
      return (entry.at, status, message)
    }
  }

  private func sound(_ message: FlightMessage) -> String {
    message.sound.map { ", with \($0.codecs.first ?? "no codec that we know") at \(names.text($0.address))" } ?? ""
  }

  // MARK: Media

  private func told(_ media: FlightMedia) -> [String] {
    let party = names.party(media.leg).asSentence
    switch media {
    case .opened(_, let port): return ["Port \(port) was opened for \(names.party(media.leg))."]
    case .connected: return ["\(party) is connected: its sound can flow."]
    case .failed(_, let failure): return ["\(party) could not be connected: \(Self.sentence(failure))."]
    case .consentLost: return ["\(party) has not been heard of for 30 s: its sound is gone for good."]
    case .fellSilent: return ["\(party) sends no sound any more."]
    case .heardAgain: return ["\(party) is heard again."]
    case .heard(_, let report): return ["\(party)'s sound was measured for two seconds: \(Self.measures(report))."]
    case .gone: return ["\(party) is gone: neither sound nor reports came for 30 s."]
    case .closed(_, let report):
      guard report.codec != nil || report.packetsReceived > 0 else { return [] }
      return ["Measured on \(names.party(media.leg)): \(Self.measures(report))."]
    }
  }

  static func sentence(_ failure: MediaFailure) -> String {
    switch failure {
    case .noFreePort: "no port was free"
    case .fingerprintMismatch: "it showed another certificate than it had announced"
    case .handshakeFailed: "the DTLS handshake failed"
    case .tooManyLegs: "there were too many calls"
    }
  }

  private static func measures(_ report: LegReport) -> String {
    let tenths = Int((min(max(report.loss, 0), 1) * 1000).rounded())
    let codec = report.codec.map { "\($0), " } ?? ""
    return
      "\(codec)\(report.packetsReceived) packets received, \(report.packetsSent) sent, \(tenths / 10).\(tenths % 10) % lost"
  }

  private static func measures(_ report: SoundReport) -> String {
    let packets = report.packets == 1 ? "1 packet" : "\(report.packets) packets"
    switch report.level {
    case .unknown where report.packets == 0: return report.isReporting ? "none came, while its reports do" : "nothing came"
    case .unknown: return "\(packets), none of which could be decoded"
    case .digitalSilence: return "\(packets) of nothing at all: the microphone is off"
    case .decibels(let level): return "\(packets) at \(level) dBFS"
    }
  }

  private func told(_ command: FlightCommand) -> [String] {
    switch command {
    case .connect(let leg, let remote, let audio):
      let ways =
        audio.sends && audio.receives ? "" : audio.sends ? ", to it only" : audio.receives ? ", from it only" : ", on hold"
      return ["The sound of \(names.party(leg)) goes by \(audio.codec) to \(names.text(remote))\(ways)."]
    case .bridge(let one, let other): return ["\(names.party(one).asSentence) and \(names.party(other)) hear each other."]
    case .play(let leg, .ringback): return ["\(names.party(leg).asSentence) hears the ringing tone."]
    case .play(let leg, .reconnecting): return ["\(names.party(leg).asSentence) hears the tone that asks to wait."]
    case .sendDigits(let leg, let count): return ["\(Self.count(count, "key")) went to \(names.party(leg))."]
    case .restart(let leg): return ["\(names.party(leg).asSentence) changed its network (ICE restart)."]
    case .open, .echo, .play, .quiet, .close: return []
    }
  }
}
