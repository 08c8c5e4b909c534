import SIPCore
import Wire

/// A record told in plain sentences, one line for each thing that a person wants to know, with its time.
package struct FlightStory {
  let record: FlightRecord
  let clock: FlightClock
  let names: FlightNames
  let entries: [FlightRecord.Entry]

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
    return (lines + FlightHints(self).all.map { "Hint: \($0)" }).joined(separator: "\n")
  }

  private var gap: String? {
    switch record.dropped {
    case 0: nil
    case 1: "… 1 entry is missing here: the record was full."
    default: "… \(record.dropped) entries are missing here: the record was full."
    }
  }

  // MARK: Sentences

  private func sentences(_ entry: FlightRecord.Entry, _ index: Int) -> [String] {
    switch entry.event {
    case .asked(let name, let page, let number, let hasOffer): [asked(name, page, number, hasOffer)]
    case .refused(let reason, let words): refused(reason, words)
    case .chose(let choice): chose(choice, entry, index)
    case .missed(let target, let failure): missed(target, failure)
    case .rings(let agent, let phones, let browsers): [rings(agent, phones, browsers, index)]
    case .unsendable(let leg): ["\(names.party(leg)) could not be sent an INVITE: its connection was gone."]
    case .unanswered(let leg, true): ["\(names.party(leg)) cannot answer: its connection ended while it rang."]
    case .unanswered(let leg, false): ["\(names.party(leg)) did not react to its INVITE at all."]
    case .declinedInBrowser(let agent): ["\(names.name(agent)) declined in the browser."]
    case .answered(let agent, let leg): answered(agent, leg, entry, index)
    case .visitorLost: ["The visitor's connection was lost; the call waits up to \(Call.absenceTime.told) for it."]
    case .visitorBack(let hasOffer): ["The visitor is back\(hasOffer ? ", with a new offer of its sound" : "")."]
    case .agentLost(let agent, let wait):
      ["The connection of \(names.name(agent))'s browser was lost; the call waits up to \(wait.told) for it."]
    case .agentBack(let agent, let hasOffer):
      ["\(names.name(agent)) is back in a browser\(hasOffer ? ", with a new offer of its sound" : "")."]
    case .message(let message): told(message, entry, index)
    case .media(let media): told(media, index)
    case .command(let command): told(command, index)
    case .toldVisitor(let event): told(event, index)
    case .toldAgent(let event): told(event, index)
    case .input(let input): told(input, entry, index)
    case .ended(let reason, let seconds): [ended(reason, seconds, entry, index)]
    case .leg, .invites, .view, .again, .recorded: []
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

  private func refused(_ reason: Refusal.Reason, _ words: String?) -> [String] {
    let told = words.map(FlightNames.onOneLine) ?? Refusal(reason).message
    let cause = reason == .busy ? record.start.map { [Self.sentence(busy: $0)] } ?? [] : []
    return cause + ["The call was not admitted (\(reason.rawValue)). The visitor was told: \(told)"]
  }

  /// What there was no room for.
  private static func sentence(busy start: FlightStart) -> String {
    if start.isVisitorBusy { return "The visitor's page had a call already." }
    if start.room <= 0 { return "The business had \(Tenant.maximumCalls) calls already, as many as one may have." }
    return "The server had no room for one more call: its media planes had no legs or ports left, or did not keep up."
  }

  private func rings(_ agent: AgentName, _ phones: Int, _ browsers: Int, _ index: Int) -> String {
    let places = [(phones, "on", "phone"), (browsers, "in", "browser")].filter { $0.0 > 0 }.map { count, preposition, thing in
      "\(preposition) \(Self.count(count, thing))"
    }
    return "\(names.name(agent)) is rung \(places.joined(separator: " and ")), for at most \(patience(before: index).told)."
  }

  /// What an attendant wanted last, or the house's own rule.
  private func patience(before index: Int) -> Duration {
    for entry in entries[..<index].reversed() {
      if case .input(.attendant(.ring(_, _, let time))) = entry.event { return time }
    }
    return Call.ringingTime
  }

  // MARK: Whom it might ring

  private func chose(_ choice: AgentChoice, _ entry: FlightRecord.Entry, _ index: Int) -> [String] {
    var lines: [String] = []
    let isFirst = !entries[..<index].contains { if case .rings = $0.event { true } else { false } }
    if choice.chosen == nil { lines.append(isFirst ? "Nobody could be rung." : "Nobody else could be rung.") }
    // The chosen one first, then everybody else in the order of their creation.
    let others = choice.candidates.filter { $0.agent != choice.chosen }
    for candidate in choice.candidates.filter({ $0.agent == choice.chosen }) + others {
      lines.append("\(names.name(candidate.agent)) \(Self.sentence(candidate.eligibility, at: entry.at))")
    }
    if choice.candidates.isEmpty { lines.append("The business has no agents.") }
    if choice.unlisted > 0 {
      let were = choice.unlisted == 1 ? "was considered and is" : "were considered and are"
      lines.append("\(Self.count(choice.unlisted, "more agent")) \(were) not listed.")
    }
    return lines
  }

  private static func sentence(_ eligibility: Eligibility, at moment: Instant) -> String {
    switch eligibility {
    case .chosen(nil): return "was chosen: available, and had no call yet."
    case .chosen(let idle?): return "was chosen: available, and idle longest, for \((moment - idle).told)."
    case .waitedLess(nil): return "was not chosen: available, but further down in the order of the agents."
    case .waitedLess(let idle?): return "was not chosen: available, but idle only for \((moment - idle).told)."
    case .otherTeam: return "was skipped: not of the team."
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

  /// The next one of all is told of with everybody who was considered.
  private func missed(_ target: RingTarget, _ failure: RingFailure) -> [String] {
    if case .next = target { return [] }
    let why = failure.end == .busy ? "busy, or does not want to be rung" : "nobody is there"
    return ["\(names.target(target)) could not be rung: \(why)."]
  }

  // MARK: Who answered, and who did not

  private func answered(_ agent: AgentName, _ leg: LegID, _ entry: FlightRecord.Entry, _ index: Int) -> [String] {
    let wait = (entry.at - record.startedAt).told
    let answer = "\(names.name(agent)) answered (\(names.party(leg))), \(wait) after the visitor's click."
    let isConnected = entries[..<index].contains { entry in
      if case .media(.connected(let leg)) = entry.event { record.parties[leg] == .visitor } else { false }
    }
    return [answer] + (isConnected ? [] : ["The visitor's browser was not connected yet: no sound could flow."])
  }

  private func told(_ input: FlightInput, _ entry: FlightRecord.Entry, _ index: Int) -> [String] {
    switch input {
    case .timer: return timer(entry, index)
    case .sessionJoined(_, let agent): return ["\(names.name(agent)) came to work in a browser, which rings as well."]
    case .sessionGone:
      let isTold = consequences(of: index).contains { entry in
        switch entry.event {
        case .agentLost, .ended: true
        default: false
        }
      }
      guard !isTold, let ringing = ringing(before: index) else { return [] }
      return ["A browser in which \(names.name(ringing.agent)) was rung is gone."]
    case .moved(let flow):
      return ["The agent's phone has registered from \(names.text(flow.remote)): what it is sent goes there from now on."]
    case .step(let step):
      // What is named and dialled may be somebody's name, or a secret.
      let arguments = step.arguments.isEmpty ? "" : names.text(step.arguments)
      return ["The dialplan executed \(step.application)(\(arguments)) at \(names.text(step.place))."]
    case .attendant(.ring(_, let targets, _)) where targets.isEmpty: return ["The dialplan had nobody to ring."]
    case .attendant(.hangUp): return ["The dialplan ended the call."]
    case .agentRemoved(let agent): return ["\(names.name(agent)) was removed from the business."]
    default: return []
    }
  }

  /// What a time that came meant; most mean a message again, which is told with its first.
  private func timer(_ entry: FlightRecord.Entry, _ index: Int) -> [String] {
    let isNextChosen = consequences(of: index).contains { if case .chose = $0.event { true } else { false } }
    guard isNextChosen, let ringing = ringing(before: index) else { return [] }
    let name = names.name(ringing.agent)
    for former in entries[..<index].reversed() {
      switch former.event {
      case .agentLost(ringing.agent, let wait): return ["\(name)'s browser did not come back within \(wait.told)."]
      case .input(.sessionJoined), .rings: return ["\(name) did not answer within \((entry.at - ringing.at).told)."]
      default: break
      }
    }
    return []
  }

  private func ringing(before index: Int) -> (agent: AgentName, at: Instant)? {
    entries[..<index].last { if case .rings = $0.event { true } else { false } }.flatMap { entry in
      if case .rings(let agent, _, _) = entry.event { (agent, entry.at) } else { nil }
    }
  }

  /// What followed from an entry that came from outside, until the next that did.
  func consequences(of index: Int) -> ArraySlice<FlightRecord.Entry> {
    entries[(index + 1)...].prefix { !$0.event.isInput([:]) }
  }

  // MARK: The end

  private func ended(_ reason: EndReason, _ seconds: Int, _ entry: FlightRecord.Entry, _ index: Int) -> String {
    var text: String
    switch reason {
    case .visitorHungUp:
      text = isAnswered(before: index) ? "the visitor hung up" : "the visitor hung up before anybody answered"
    case .agentHungUp: text = "\(answerer.map(names.name) ?? "the agent") hung up"
    case .noAnswer: text = "nobody answered"
    case .declined: text = "whoever was rung declined, was busy or did not answer"
    case .unavailable: text = isAgentRemoved(before: index) ? "the agent was removed" : "nobody was available"
    case .connectionLost: text = lost(entry, index)
    case .shuttingDown: text = "the server was stopped"
    case .dialplan: text = "the dialplan had nothing more to say"
    case .failed: text = "the sound could not be set up"
    }
    if seconds > 0 { text += ", after \(Duration.seconds(seconds).told) of talking" }
    return "The call ended: \(text)."
  }

  /// Who was gone for good.
  private func lost(_ entry: FlightRecord.Entry, _ index: Int) -> String {
    let agent = answerer.map(names.name) ?? "the agent"
    for cause in entries[..<index].reversed() where cause.event.isInput([:]) {
      guard case .input(.timer) = cause.event else { return "\(cause.event.leg.map(names.party) ?? agent) was gone" }
      break
    }
    for former in entries[..<index].reversed() where former.at + Call.absenceTime == entry.at {
      switch former.event {
      case .visitorLost: return "the visitor did not come back"
      case .agentLost(let agent, _): return "\(names.name(agent))'s browser did not come back"
      default: break
      }
    }
    return "\(agent)'s phone did not acknowledge our answer to its re-INVITE"
  }

  private func isAgentRemoved(before index: Int) -> Bool {
    guard let cause = entries[..<index].last(where: { $0.event.isInput([:]) }) else { return false }
    return if case .input(.agentRemoved) = cause.event { true } else { false }
  }

  private func isAnswered(before index: Int) -> Bool {
    entries[..<index].contains { entry in
      switch entry.event {
      case .answered, .toldVisitor(.talking): true
      default: false
      }
    }
  }

  /// Whoever answered, and on which leg.
  private var answer: (agent: AgentName, leg: LegID)? {
    for entry in entries { if case .answered(let agent, let leg) = entry.event { return (agent, leg) } }
    return nil
  }
  private var answerer: AgentName? { answer?.agent }
  var answeredLeg: LegID? { answer?.leg }

  static func count(_ count: Int, _ thing: String) -> String {
    count == 0 ? "no \(thing)" : count == 1 ? "1 \(thing)" : "\(count) \(thing)s"
  }
}

extension FlightEvent {
  fileprivate var leg: LegID? {
    switch self {
    case .media(let media): media.leg
    case .message(let message): message.leg
    default: nil
    }
  }
}
