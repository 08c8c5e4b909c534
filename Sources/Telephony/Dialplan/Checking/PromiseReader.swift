/// Reads what stands behind `;@test`.
struct PromiseReader {
  /// How an application can be told to end, by its lower-case name.
  private static let results: [String: [String]] = [
    "dial": ["ANSWER", "BUSY", "CONGESTION", "NOANSWER", "CANCEL", "CHANUNAVAIL"],
    "queue": [
      "ANSWER", "CONTINUE", "TIMEOUT", "FULL", "JOINEMPTY", "LEAVEEMPTY", "JOINUNAVAIL", "LEAVEUNAVAIL",
    ],
    "voicemail": ["SUCCESS", "USEREXIT", "FAILED"],
    "record": ["DTMF", "SILENCE", "TIMEOUT", "HANGUP", "ERROR"],
  ]
  private static let clauses = ["to", "at", "in", "from", "press", "hangup", "never"]
  /// Past these the line is surely no promise, and nobody reads on.
  private static let mostFindings = 5
  private static let keys = "0123456789*#ABCD"

  private struct Word {
    var text: String
    var isQuoted: Bool
    var offset: Int
  }

  private let place: SourcePlace
  private var words: ArraySlice<Word> = []
  private var unclosed: Int?

  init(_ text: String, _ place: SourcePlace) {
    self.place = place
    (words, unclosed) = Self.words(Array(text.utf8))
  }

  /// Words end at blanks outside of quotes and parentheses.
  private static func words(_ octets: [UInt8]) -> (ArraySlice<Word>, unclosed: Int?) {
    var (words, position) = ([Word](), 0)
    while position < octets.count {
      let start = position
      if octets[position] <= 0x20 {
        position += 1
      } else if octets[position] == UInt8(ascii: "\"") {
        guard let end = octets[(position + 1)...].firstIndex(of: UInt8(ascii: "\"")) else { return (words[...], start) }
        words.append(Word(text: octets[(position + 1)..<end].text, isQuoted: true, offset: start))
        position = end + 1
      } else {
        var depth = 0
        while position < octets.count, depth > 0 || octets[position] > 0x20 {
          if octets[position] == UInt8(ascii: "(") { depth += 1 }
          if octets[position] == UInt8(ascii: ")"), depth > 0 { depth -= 1 }
          position += 1
        }
        if depth > 0 { return (words[...], start) }
        words.append(Word(text: octets[start..<position].text, isQuoted: false, offset: start))
      }
    }
    return (words[...], nil)
  }

  mutating func read(into promise: inout Promise) {
    if let unclosed {
      fail(&promise, unclosed, "A quote or a parenthesis that begins here has no end.", nil)
    }
    if let first = words.first, first.isQuoted, !first.text.isEmpty {
      promise.title = first.text
      words.removeFirst()
    } else {
      fail(
        &promise, words.first?.offset ?? 0, "A promise begins with its title in quotes.", "Write ;@test \"Sunday is closed\" …")
    }
    while promise.findings.count < Self.mostFindings, let word = words.popFirst() { clause(word, &promise) }
    guard promise.findings.isEmpty, promise.reached.isEmpty, promise.never.isEmpty else { return }
    fail(&promise, 0, "This promises nothing.", "Write what must be executed behind ->, such as -> VoiceMail(sales).")
  }

  private func fail(_ promise: inout Promise, _ offset: Int, _ what: String, _ advice: String?) {
    promise.findings.append(.error(place.advanced(by: offset), what, advice: advice))
  }

  private mutating func clause(_ word: Word, _ promise: inout Promise) {
    switch word.text.lowercased() {
    case _ where word.isQuoted: unknown(word, &promise)
    case "->": if let mark = mark(after: word, &promise) { promise.reached.append(mark) }
    case "never": if let mark = mark(after: word, &promise) { promise.never.append(mark) }
    case "to": to(word, &promise)
    case "at": at(word, &promise)
    case "in": if let zone = next(word, &promise, "a zone, such as Europe/Berlin") { promise.zone = zone.text }
    case "from": from(word, &promise)
    case "press": press(word, &promise)
    case "hangup": if let name = next(word, &promise, "an application, such as Wait") { promise.hangsUpOn = name.text }
    case let text where text.utf8.contains(UInt8(ascii: "=")): result(word, &promise)
    default: unknown(word, &promise)
    }
  }

  private func unknown(_ word: Word, _ promise: inout Promise) {
    let advice =
      Suggestion.sentence(for: word.text, among: Self.clauses)
      ?? "Behind the title stand to, at, in, from, press, hangup, Dial=…, -> and never."
    fail(&promise, word.offset, "“\(word.text)” is no part of a promise.", advice)
  }

  /// What belongs to a word.
  private mutating func next(_ word: Word, _ promise: inout Promise, _ what: String) -> Word? {
    guard let next = words.first, next.text != "->" else {
      fail(&promise, word.offset, "Behind \(word.text) is missing \(what).", nil)
      return nil
    }
    words.removeFirst()
    return next
  }

  private mutating func mark(after word: Word, _ promise: inout Promise) -> Promise.Mark? {
    guard let next = next(word, &promise, "an application, such as VoiceMail(sales)") else { return nil }
    let parts = WrittenArguments.parts(of: next.text, at: "(", .nothing, most: 2)
    guard parts.count == 2 else { return Promise.Mark(application: next.text, arguments: nil) }
    guard parts[1].text.utf8.last == UInt8(ascii: ")"), !parts[0].text.isEmpty else {
      fail(&promise, next.offset, "“\(next.text)” is no application.", "Write VoiceMail or VoiceMail(sales).")
      return nil
    }
    return Promise.Mark(application: parts[0].text, arguments: String(Substring(parts[1].text.utf8.dropLast())))
  }

  private mutating func to(_ word: Word, _ promise: inout Promise) {
    guard let next = next(word, &promise, "an extension, such as s@main") else { return }
    let parts = next.text.utf8.split(separator: UInt8(ascii: "@"), maxSplits: 1).map { String(Substring($0)) }
    promise.exten = parts.first
    promise.context = parts.count > 1 ? parts[1] : nil
  }

  private mutating func from(_ word: Word, _ promise: inout Promise) {
    guard let next = next(word, &promise, "a number") else { return }
    guard next.isQuoted else {
      promise.caller.number = Self.withoutBrackets(next.text)
      return
    }
    promise.caller.name = next.text
    if let number = words.first, number.text.utf8.first == UInt8(ascii: "<") {
      promise.caller.number = Self.withoutBrackets(number.text)
      words.removeFirst()
    }
  }

  private static func withoutBrackets(_ text: String) -> String {
    text.utf8.first == UInt8(ascii: "<") && text.utf8.last == UInt8(ascii: ">")
      ? String(Substring(text.utf8.dropFirst().dropLast())) : text
  }

  private mutating func press(_ word: Word, _ promise: inout Promise) {
    guard let next = next(word, &promise, "a key, or nothing") else { return }
    let isNothing = next.text.lowercased() == "nothing" || next.text.isEmpty
    guard isNothing || next.text.utf8.allSatisfy({ Self.keys.utf8.contains($0) }) else {
      return fail(&promise, next.offset, "“\(next.text)” cannot be pressed.", "Keys are 0 to 9, *, # and A to D.")
    }
    promise.inputs.append(isNothing ? "" : next.text)
  }

  private mutating func result(_ word: Word, _ promise: inout Promise) {
    let parts = WrittenArguments.parts(of: word.text, at: "=", .nothing, most: 2)
    guard parts.count == 2 else { return unknown(word, &promise) }
    let (name, value) = (parts[0].text.lowercased(), parts[1].text.uppercased())
    guard let known = Self.results[name] else {
      return fail(
        &promise, word.offset, "How \(parts[0].text) ends cannot be said.",
        Suggestion.sentence(for: parts[0].text, among: ["Dial", "Queue", "VoiceMail", "Record"])
          ?? "It can of Dial, Queue, VoiceMail and Record.")
    }
    guard known.contains(value) else {
      return fail(
        &promise, word.offset + parts[1].offset, "\(parts[0].text) does not end with \(parts[1].text).",
        Suggestion.sentence(for: value, among: known) ?? "It may end with \(known.joined(separator: ", ")).")
    }
    promise.results[name, default: []].append(value)
  }

  // MARK: Moments

  private mutating func at(_ word: Word, _ promise: inout Promise) {
    guard let next = next(word, &promise, "a moment, such as 2026-11-22T03:00") else { return }
    guard let moment = Self.moment(next.text) else {
      return fail(
        &promise, next.offset, "“\(next.text)” is no moment.",
        "Write the day and the time as 2026-11-22T03:00, and a zone as in Europe/Berlin.")
    }
    promise.moment = moment
  }

  /// `YYYY-MM-DDTHH:MM[:SS]`, of a day that there is.
  private static func moment(_ text: String) -> CivilTime? {
    let halves = text.utf8.split(separator: UInt8(ascii: "T"), omittingEmptySubsequences: false)
    guard halves.count == 2 else { return nil }
    let date = halves[0].split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).map(number)
    let time = halves[1].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map(number)
    guard date.count == 3, let year = date[0], let month = date[1], let day = date[2], (2...3).contains(time.count),
      let hour = time[0], let minute = time[1], let second = time.count > 2 ? time[2] : 0
    else { return nil }
    guard (1970...9999).contains(year), hour < 24, minute < 60, second < 60 else { return nil }
    let moment = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    // A day that there is not runs over into another.
    return CivilTime(epoch: moment.epoch) == moment ? moment : nil
  }

  private static func number(_ digits: Substring.UTF8View) -> Int? {
    let isNumber = (1...4).contains(digits.count) && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return isNumber ? Int(String(Substring(digits))) : nil
  }
}
