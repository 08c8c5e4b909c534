/// What callers type.
extension Checker {
  /// Digits of a pattern that stand for all that it matches.
  private static var longestSample: Int { 20 }
  /// Choices of one menu that are looked at.
  private static var mostChoices: Int { 500 }

  /// Extensions that no call can reach, as another takes whatever they match.
  mutating func checkShadows(_ context: Context) {
    let byPattern = Dictionary(context.extensions.filter { $0.caller == nil }.map { ($0.pattern, $0) }) { first, _ in first }
    for item in context.extensions {
      guard case .pattern(let elements) = item.pattern.kind else { continue }
      checkEnd(elements, item)
      // Of all patterns that are tried earlier only the same with a ! behind it, or the same as plain text, match as much.
      var rivals = [byPattern[ExtensionPattern(item.pattern.text + "!")]]
      if let plain = Self.plain(elements) { rivals.append(byPattern[ExtensionPattern(plain)]) }
      for rival in rivals.compactMap({ $0 }) where rival.pattern != item.pattern {
        guard rival.isTried(before: item), item.steps.keys.allSatisfy({ rival.steps[$0] != nil }) else { continue }
        findings.warn(
          item.place,
          "No call reaches \(item.pattern): \(rival.pattern) in line \(rival.place.line) takes whatever it matches.",
          advice: "Leave out one of them.")
      }
    }
  }

  private mutating func checkEnd(_ elements: [ExtensionPattern.Element], _ item: Extension) {
    guard let end = elements.firstIndex(where: { $0 == .some || $0 == .any }), end + 1 < elements.count else { return }
    findings.warn(
      item.place, "What stands behind the \(elements[end] == .some ? "." : "!") of \(item.pattern) is not looked at.",
      advice: "A pattern may end in . or !, for more characters of any kind.")
  }

  /// The only text that a pattern matches.
  private static func plain(_ elements: [ExtensionPattern.Element]) -> String? {
    var octets: [UInt8] = []
    for element in elements {
      guard case .one(let set) = element, let only = set.only else { return nil }
      octets.append(only)
    }
    return octets[...].text
  }

  // MARK: Menus

  /// In a context where digits are listened for: choices that make a caller wait, and what becomes of wrong and missing ones.
  mutating func checkMenu(_ context: Context) {
    let steps = listening(in: context)
    guard let first = steps.first else { return }
    let choices = self.choices(from: context)
    guard !choices.isEmpty else { return }
    for choice in choices where !findings.isFull { checkWaiting(choice, of: choices, in: context) }
    let has = { [open, anybody] (exten: String) in open.has(exten, in: context.name, anybody) }
    if !has("i"), !has("e") {
      findings.warn(
        first.step.place, "A caller who presses a wrong key here is hung up on, as [\(context.name)] has no extension i.",
        advice: "Write exten => i,1,… for wrong keys.")
    }
    guard !has("t"), !has("e"), let silent = steps.first(where: { endsInSilence($0) }) else { return }
    findings.warn(
      silent.step.place, "A caller who presses nothing here is hung up on, as [\(context.name)] has no extension t.",
      advice: "Write exten => t,1,… for those who press nothing.")
  }

  private func listening(in context: Context) -> [Spot] {
    context.extensions.flatMap { item in
      item.steps.filter { known.applications[$0.value.application.lowercased()]?.form.course == .listens }
        .map { Spot(context: context, extension: item, priority: $0.key, step: $0.value) }
    }.sorted { $0.step.place < $1.step.place }
  }

  /// WaitExten goes on at the next priority, where there is one.
  private func endsInSilence(_ spot: Spot) -> Bool {
    guard spot.step.application.lowercased() == "waitexten" else { return false }
    let next = spot.priority + 1
    if spot.extension.pattern.isPattern { return spot.extension.steps[next] == nil }
    return open.step(at: Position(spot.context.name, spot.exten, next), anybody) == nil
  }

  /// What can be typed in a context: of its own, and of what it includes.
  private func choices(from context: Context) -> [(sample: String, item: Extension)] {
    var (seen, waiting) = (Set([context.name]), [context])
    var found: [(sample: String, item: Extension)] = []
    while let next = waiting.popLast(), found.count < Self.mostChoices {
      for item in next.extensions where item.steps[1] != nil && found.count < Self.mostChoices {
        if let sample = Self.sample(item.pattern) { found.append((sample, item)) }
      }
      for include in next.includes where seen.insert(include.context).inserted {
        if let included = plan.contexts[include.context] { waiting.append(included) }
      }
    }
    return found
  }

  private static let keys = ByteSet(UInt8(ascii: "0")...UInt8(ascii: "9"))

  private static func isKey(_ octet: UInt8) -> Bool { keys.contains(octet) || "*#ABCD".utf8.contains(octet) }

  /// Digits that one could type for it; `nil` for names such as `s`.
  private static func sample(_ pattern: ExtensionPattern) -> String? {
    switch pattern.kind {
    case .plain(let text): return !text.isEmpty && text.utf8.allSatisfy(isKey) ? text : nil
    case .pattern(let elements):
      var octets: [UInt8] = []
      for element in elements.prefix(longestSample) {
        guard case .one(let set) = element else { break }
        guard let key = set.members.first(where: isKey) else { return nil }
        octets.append(key)
      }
      return octets.isEmpty ? nil : octets[...].text
    }
  }

  private mutating func checkWaiting(
    _ choice: (sample: String, item: Extension), of choices: [(sample: String, item: Extension)], in context: Context
  ) {
    if case .pattern(let elements) = choice.item.pattern.kind, elements.contains(where: { $0 == .some || $0 == .any }) {
      return
    }
    let match = open.match(choice.sample, in: context.name, anybody)
    // A choice that several menus include is told of once.
    guard match.exists, match.mayGrow, slowChoices.insert(choice.item.place).inserted else { return }
    let other = choices.first {
      $0.item.pattern != choice.item.pattern && [.begun, .open].contains($0.item.pattern.fit(choice.sample))
    }
    findings.warn(
      choice.item.place,
      "A caller who presses \(choice.sample) in [\(context.name)] waits for the next digit to time out"
        + (other.map { ", as it could become \($0.item.pattern)." } ?? "."),
      advice: "Give choices of a menu numbers that do not begin each other, or shorten TIMEOUT(digit).")
  }
}
