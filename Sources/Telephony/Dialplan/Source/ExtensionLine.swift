/// The line that `same`, `n` and `s` go on from, in one section.
struct PreviousLine {
  enum Priority {
    case hint
    case number(Int)
  }
  /// As written, before anything is put in.
  var exten: [UInt8]?
  var extenOffset = 0
  /// Of the last line that could be read.
  var priority: Priority?
}

/// `EXT[/CALLER],PRIO[(label)],App[(args)]`.
extension ExtensionsReader {
  mutating func readExten(_ line: SourceLine, isSame: Bool, _ previous: inout PreviousLine, into draft: Int) {
    let octets = Array(line.value.utf8)
    var position: Int? = 0
    if !isSame {
      let field = Self.field(octets, &position)
      guard position != nil else {
        let isOpen = field.octets.contains(UInt8(ascii: "["))
        return findings.warn(
          line.place(ofByte: field.offset), "A priority is missing behind \(field.octets.text); the line is not read.",
          advice: isOpen ? "Perhaps a [ is not closed." : "Write exten => \(field.octets.text),1,NoOp().")
      }
      previous.exten = Array(field.octets)
      previous.extenOffset = field.offset
    }
    guard let written = previous.exten else {
      return findings.warn(
        line.place, "There is no extension above in this section that same could belong to; the line is not read.",
        advice: "Begin with exten => s,1,….")
    }
    let extenPlace = isSame ? line.place : line.place(ofByte: previous.extenOffset)
    guard let (exten, caller) = extenAndCaller(written, extenPlace) else { return }
    let field = Self.field(octets, &position)
    let key = ExtensionKey(exten: exten, caller: caller)
    let place = line.place(ofByte: field.offset)
    guard let priority = readPriority(field.octets, place, previous.priority, drafts[draft].extension(key)) else { return }
    drafts[draft].open(key, extenPlace, &findings)
    for label in labels(of: line) { drafts[draft].name(key, label, &findings) }
    let rest = position.map { octets[$0...] } ?? []
    switch priority.kind {
    case .hint:
      previous.priority = .hint
      drafts[draft].hint(key, rest.trimmed.text, place, &findings)
    case .number(let number):
      previous.priority = .number(number)
      let step = readStep(rest, line)
      drafts[draft].add(step, number, label: priority.label, key, lineNumber, place, &findings)
    }
  }

  /// Up to a comma outside `[…]`; a backslash protects what follows it. `position` becomes `nil` where no comma was.
  private static func field(_ octets: [UInt8], _ position: inout Int?) -> (octets: ArraySlice<UInt8>, offset: Int) {
    let start = position ?? octets.count
    var (index, depth, isProtected) = (start, 0, false)
    while index < octets.count {
      switch octets[index] {
      case UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "]") where depth > 0: depth -= 1
      case UInt8(ascii: "\\"):
        isProtected = true
        index += 1
      case UInt8(ascii: ",") where depth == 0:
        position = index + 1
        return trimmed(octets[start..<index], isProtected)
      default: break
      }
      index += 1
    }
    position = nil
    return trimmed(octets[min(start, octets.count)...], isProtected)
  }

  private static func trimmed(_ field: ArraySlice<UInt8>, _ isProtected: Bool) -> (octets: ArraySlice<UInt8>, offset: Int) {
    let octets = field.trimmed
    guard isProtected else { return (octets, octets.startIndex) }
    var kept: [UInt8] = []
    var index = octets.startIndex
    while index < octets.endIndex {
      if octets[index] == UInt8(ascii: "\\"), index + 1 < octets.endIndex { index += 1 }
      kept.append(octets[index])
      index += 1
    }
    return (kept[...], octets.startIndex)
  }

  private mutating func extenAndCaller(_ written: [UInt8], _ place: SourcePlace) -> (exten: String, caller: String?)? {
    guard let text = substituted(String(decoding: written, as: UTF8.self), place) else { return nil }
    let exten = text.utf8.prefix { $0 != UInt8(ascii: "/") }
    guard !exten.isEmpty else {
      findings.warn(place, "This line has no extension, and is not read.", advice: "A call without a number begins at s.")
      return nil
    }
    guard exten.count < text.utf8.count else { return (text, nil) }
    return (String(Substring(exten)), String(Substring(text.utf8.dropFirst(exten.count + 1))))
  }

  // MARK: Priorities

  private struct WrittenPriority {
    var kind: PreviousLine.Priority
    var label: String?
  }

  /// `1`, `n`, `n+2(again)`, `s`, `hint`, `again+1`; `nil` if it is none, which has been said then.
  private mutating func readPriority(
    _ octets: ArraySlice<UInt8>, _ place: SourcePlace, _ previous: PreviousLine.Priority?, _ known: Extension?
  ) -> WrittenPriority? {
    let head = octets.prefix { $0 != UInt8(ascii: "(") }
    var label: String?
    if head.endIndex < octets.endIndex {
      let inner = octets[(head.endIndex + 1)...].prefix { $0 != UInt8(ascii: ")") }
      guard inner.endIndex < octets.endIndex else {
        findings.warn(
          place, "The label of \(octets.text) has no ); the line is not read.", advice: "Write \(octets.text)).")
        return nil
      }
      label = inner.trimmed.isEmpty ? nil : inner.trimmed.text
      let rest = octets[(inner.endIndex + 1)...].trimmed
      if !rest.isEmpty {
        findings.warn(
          place, "\(rest.text) behind the label is not read.",
          advice: rest.first == UInt8(ascii: "+") ? "Write \(head.text)\(rest.text)(\(inner.text))." : nil)
      }
    }
    let base = head.prefix { $0 != UInt8(ascii: "+") }
    let offset = base.endIndex < head.endIndex ? readOffset(head[(base.endIndex + 1)...].trimmed, place) : 0
    guard let kind = readBase(base.trimmed.text, place, previous, known) else { return nil }
    switch kind {
    case .hint: return WrittenPriority(kind: .hint)
    case .number(let number):
      let sum = number + offset
      guard (1...Int(Int32.max)).contains(sum) else {
        findings.warn(place, "There is no priority \(sum); the line is not read.", advice: "The first priority is 1.")
        return nil
      }
      return WrittenPriority(kind: .number(sum), label: label)
    }
  }

  private mutating func readOffset(_ octets: ArraySlice<UInt8>, _ place: SourcePlace) -> Int {
    if let offset = Int32(octets.text) { return Int(offset) }
    findings.warn(place, "+\(octets.text) is no number, and is read as +0.")
    return 0
  }

  private mutating func readBase(
    _ text: String, _ place: SourcePlace, _ previous: PreviousLine.Priority?, _ known: Extension?
  ) -> PreviousLine.Priority? {
    switch (text, previous) {
    case ("hint", _): return .hint
    case ("n", .number(let last)?), ("next", .number(let last)?): return .number(last + 1)
    case ("s", .number(let last)?), ("same", .number(let last)?): return .number(last)
    case ("s", .hint?), ("same", .hint?): return .hint
    case ("n", .hint?), ("next", .hint?):
      findings.warn(
        place, "Behind a hint there is no next priority: this line is lost.",
        advice: "Write the hint below the other lines, or give this line its number.")
    case ("n", nil), ("next", nil), ("s", nil), ("same", nil):
      findings.warn(
        place, "There is no line above in this section that \(text) could count from; the line is not read.",
        advice: "The first line of an extension has priority 1.")
    default: return readNumberOrLabel(text, place, known)
    }
    return nil
  }

  private mutating func readNumberOrLabel(_ text: String, _ place: SourcePlace, _ known: Extension?) -> PreviousLine.Priority? {
    let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    if let number = Int32(String(Substring(digits))) {
      guard number > 0 else {
        findings.warn(place, "\(text) is no priority; the line is not read.", advice: "The first priority is 1.")
        return nil
      }
      if digits.count < text.utf8.count {
        findings.warn(place, "Priority \(text) is read as \(number).", advice: "Write exten => EXTENSION,\(number),….")
      }
      return .number(Int(number))
    }
    if let labelled = known?.labels[text] { return .number(labelled) }
    findings.warn(
      place, "\(text.isEmpty ? "Nothing" : text) is no priority and no label above of this extension; the line is not read.",
      advice: (findings.wantsAdvice ? Suggestion.sentence(for: text, among: known?.labels.keys.sorted() ?? []) : nil)
        ?? "A priority is a number, n for the next one, or hint.")
    return nil
  }

  // MARK: Applications

  private mutating func readStep(_ octets: ArraySlice<UInt8>, _ line: SourceLine) -> Step {
    let written = octets.prefix { $0 != UInt8(ascii: "(") }
    let name = written.trimmed
    let place = line.place(ofByte: name.startIndex)
    guard written.endIndex < octets.endIndex else {
      return Step(
        application: name.text, arguments: Template(""), place: place, argumentsPlace: line.place(ofByte: octets.endIndex))
    }
    if name.endIndex < written.endIndex, !name.isEmpty {
      findings.warn(
        place, "Between \(name.text) and its ( is a blank: Asterisk would not find the application.",
        advice: "Leave out the blank.")
    }
    var arguments = octets[(written.endIndex + 1)...]
    let argumentsPlace = line.place(ofByte: arguments.startIndex)
    if let close = arguments.lastIndex(of: UInt8(ascii: ")")) {
      let rest = arguments[(close + 1)...].trimmed
      if !rest.isEmpty {
        findings.warn(
          line.place(ofByte: rest.startIndex), "\(rest.text) behind the last ) is not read.", advice: "A comment begins with ;."
        )
      }
      arguments = arguments[..<close]
    } else {
      findings.warn(
        argumentsPlace, "\(name.text)( is not closed; everything up to the end of the line is taken.",
        advice: "Add the ). A ; in arguments is written \\;, or it begins a comment.")
    }
    return Step(
      application: name.text, arguments: Template(arguments.text), place: place, argumentsPlace: argumentsPlace)
  }
}
