import SIPCore
import Wire

/// What phones were sent, and what came back.
extension FlightStory {
  func told(_ message: FlightMessage, _ entry: FlightRecord.Entry, _ index: Int) -> [String] {
    let phone = names.party(message.leg)
    guard let method = message.method else { return isStray(message) ? [stray(message)] : [] }
    switch (method, message.isFromPeer) {
    case ("INVITE", false): return [invited(message, entry, index)]
    case ("CANCEL", false): return [cancelled(message, entry, index)]
    case ("BYE", false): return [bye(message, entry, index)]
    case ("BYE", true): return [hungUp(message, index)]
    case ("INVITE", true):
      return ["\(phone) described its sound anew (re-INVITE)\(sound(message))\(answered(message, index))."]
    case ("ACK", _), ("CANCEL", _), ("OPTIONS", true), (_, false): return []
    case ("REFER", true): return ["\(phone) asked for a transfer (REFER)\(answered(message, index))."]
    default: return ["\(phone) sent \(FlightNames.onOneLine(method))\(answered(message, index))."]
    }
  }

  // MARK: Ringing

  /// One sentence for an INVITE and all that came back.
  private func invited(_ message: FlightMessage, _ entry: FlightRecord.Entry, _ index: Int) -> String {
    let sent = message.isInDialog ? "was asked for its sound anew (re-INVITE)" : "was sent an INVITE"
    var text = "\(names.party(message.leg)) \(sent)\(Self.times(entry))"
    let answers = answers(to: message, after: index)
    var facts: [String] = []
    if let rang = answers.first(where: { (180...199).contains($0.status) }) {
      facts.append("rang after \((rang.at - entry.at).told)")
    }
    if let final = answers.first(where: { $0.status >= 200 }) { facts.append(answer(final, entry, index)) }
    if facts.isEmpty {
      let isTrying = answers.contains { $0.status == 100 }
      text += isTrying ? "; it said that it is trying, and no more." : "; nothing came back."
      return text
    }
    return text + "; it \(facts.joined(separator: " and "))."
  }

  private func answer(_ final: Answer, _ invite: FlightRecord.Entry, _ index: Int) -> String {
    let after = (final.at - invite.at).told
    let title = FlightNames.onOneLine(final.message.title)
    switch final.status {
    case 200..<300 where final.message.sound == nil: return "answered \(title) after \(after), without saying how to talk"
    case 200..<300: return "answered \(title) after \(after)\(sound(final.message))"
    case 487 where isCancelled(final.message.leg, before: final.at, after: index):
      return "stopped when it was told to, after \(after) (\(title))"
    case 600, 603: return "answered \(title) after \(after), which speaks for the person and not for this phone only"
    default: return "answered \(title) after \(after)"
    }
  }

  private func isCancelled(_ leg: LegID, before moment: Instant, after index: Int) -> Bool {
    entries[index...].prefix { $0.at <= moment }.contains { entry in
      if case .message(let message) = entry.event { message.leg == leg && message.method == "CANCEL" } else { false }
    }
  }

  private func cancelled(_ message: FlightMessage, _ entry: FlightRecord.Entry, _ index: Int) -> String {
    let why = Self.isElsewhere(message) ? ": the call was answered elsewhere" : ""
    let isConfirmed = !answers(to: message, after: index).isEmpty
    return "\(names.party(message.leg)) was told to stop ringing\(Self.times(entry))\(why)"
      + (isConfirmed ? "." : entry.repeats > 0 ? ", and has not confirmed it." : "; it has not confirmed that.")
  }

  // MARK: The end of a dialog

  private func bye(_ message: FlightMessage, _ entry: FlightRecord.Entry, _ index: Int) -> String {
    let phone = names.party(message.leg)
    let isConfirmed = !answers(to: message, after: index).isEmpty
    let end = isConfirmed ? "." : entry.repeats > 0 ? ", and has not confirmed it." : "; it has not confirmed that."
    let sent = "was sent a BYE\(Self.times(entry))"
    if message.header("Reason")?.contains("cause=488") == true {
      return "\(phone) took the call and said nothing that we could talk by: it \(sent)\(end)"
    }
    guard Self.isElsewhere(message) else { return "\(phone) \(sent)\(end)" }
    return message.leg == answeredLeg
      ? "A second program behind \(phone) answered as well: it \(sent)\(end)" : "\(phone) answered too late: it \(sent)\(end)"
  }

  private func hungUp(_ message: FlightMessage, _ index: Int) -> String {
    let phone = names.party(message.leg)
    let place = place(of: message)
    if let answer = ourAnswer(to: message, after: index), let status = answer.status, status >= 300 {
      return "A BYE for the dialog of \(phone) came\(place), and was not heeded: we answered \(answer.title)."
    }
    let reason = message.header("Reason").map { " (\(FlightNames.onOneLine($0)))" } ?? ""
    return "\(phone) hung up (BYE)\(reason)\(place.isEmpty ? "" : ",\(place), where it has registered")."
  }

  /// Where a message came from, if that is not where its phone was rung.
  private func place(of message: FlightMessage) -> String {
    guard case .flow(let flow) = message.way, case .phone(_, let rung)? = record.parties[message.leg],
      flow.remote.ip != rung.remote.ip
    else { return "" }
    return " from \(names.text(flow.remote))"
  }

  /// What we answered to a phone's request.
  private func answered(_ message: FlightMessage, _ index: Int) -> String {
    guard let answer = ourAnswer(to: message, after: index) else { return "" }
    let isRefused = (answer.status ?? 0) >= 300
    return isRefused ? "; we answered \(answer.title), and the call goes on as it was" : "; we answered \(answer.title)"
  }

  private func ourAnswer(to message: FlightMessage, after index: Int) -> FlightMessage? {
    for entry in entries[index...] {
      if case .message(let answer) = entry.event, answer.leg == message.leg, !answer.isFromPeer, let status = answer.status,
        status >= 200, answer.header("CSeq") == message.header("CSeq")
      {
        return answer
      }
    }
    return nil
  }

  // MARK: Answers

  struct Answer {
    var at: Instant
    var status: Int
    var message: FlightMessage
  }

  /// What the phone answered to a request of ours.
  func answers(to request: FlightMessage, after index: Int) -> [Answer] {
    entries[index...].compactMap { entry in
      guard case .message(let message) = entry.event, message.leg == request.leg, message.isFromPeer,
        message.header("CSeq") == request.header("CSeq"), let status = message.status, !isStray(message)
      else { return nil }
      return Answer(at: entry.at, status: status, message: message)
    }
  }

  /// Whether an answer does not answer what we asked, though it says so: somebody guessed its branch, or a phone is very wrong.
  func isStray(_ message: FlightMessage) -> Bool { strangeness(of: message) != nil }

  private func stray(_ message: FlightMessage) -> String {
    let strangeness = strangeness(of: message) ?? ""
    return "An answer to the \(message.about) of \(names.party(message.leg)) came \(strangeness), and was not heeded: "
      + "\(FlightNames.onOneLine(message.title))."
  }

  /// What is wrong with an answer, as `StrayResponse` judges it; `nil` for one that is ours.
  private func strangeness(of message: FlightMessage) -> String? {
    guard message.isFromPeer, message.status != nil, let asked = request(answeredBy: message) else { return nil }
    if case .flow(let there) = asked.way, case .flow(let here) = message.way, there.remote.ip != here.remote.ip {
      return "from \(names.text(here.remote)), which was not asked"
    }
    if asked.header("Call-ID") != message.header("Call-ID") { return "under another Call-ID" }
    if asked.header("CSeq") != message.header("CSeq") { return "under another number" }
    func tag(_ message: FlightMessage) -> Substring? { message.header("From")?.split(separator: ";tag=").last }
    return tag(asked) == tag(message) ? nil : "under another tag"
  }

  /// Our request of the same method and branch (RFC 3261 §17.1.3).
  private func request(answeredBy answer: FlightMessage) -> FlightMessage? {
    for entry in entries {
      if case .message(let message) = entry.event, message.leg == answer.leg, !message.isFromPeer,
        message.method == answer.about, let branch = message.branch, branch == answer.branch
      {
        return message
      }
    }
    return nil
  }

  // MARK: Words

  func sound(_ message: FlightMessage) -> String {
    message.sound.map { ", with \($0.codecs.first ?? "no codec that we know") at \(names.text($0.address))" } ?? ""
  }

  private static func times(_ entry: FlightRecord.Entry) -> String { entry.repeats > 0 ? ", \(entry.repeats + 1) times" : "" }

  /// RFC 3326: `SIP ;cause=200 ;text="Call completed elsewhere"`.
  private static func isElsewhere(_ message: FlightMessage) -> Bool {
    message.header("Reason")?.contains("cause=200") == true
  }
}
