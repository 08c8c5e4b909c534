/// Where steps send a call.
extension Checker {
  /// `[[context,]exten,]priority` as far as it is known before a call.
  struct Target {
    /// `nil` where only a call will tell.
    var context: String?
    var exten: String?
    var priority: String?
    var place: SourcePlace
  }

  mutating func checkJump(_ form: ApplicationForm, _ spot: Spot) {
    switch form.jump {
    case .none: break
    case .target:
      let text = spot.step.arguments.text
      if text.isEmpty {
        findings.warn(spot.step.argumentsPlace, "\(spot.step.application) names no place to go to: the call ends here.")
      }
      checkTarget(WrittenArguments.Part(text: text, offset: 0), spot)
    case .choice:
      let branches = branches(spot.step, .nothing)
      if branches.isEmpty {
        findings.warn(
          spot.step.argumentsPlace, "There is no ? in this \(spot.step.application): it decides nothing.",
          advice: "Write \(spot.step.application)(condition?where-if-true:where-if-not).")
      }
      for branch in branches { checkTarget(branch, spot) }
    case .applications: checkApplications(spot)
    }
  }

  /// What stands behind the `?`, on both sides of the `:`; empty without a `?`.
  func branches(_ step: Step, _ protection: WrittenArguments.Protection) -> [WrittenArguments.Part] {
    let halves = WrittenArguments.parts(of: step.arguments.text, at: "?", .nothing, most: 2)
    guard halves.count == 2 else { return [] }
    return WrittenArguments.parts(of: halves[1].text, offset: halves[1].offset, at: ":", .parentheses, most: 2)
  }

  private mutating func checkApplications(_ spot: Spot) {
    let branches = branches(spot.step, .parentheses)
    if branches.isEmpty {
      findings.warn(
        spot.step.argumentsPlace, "There is no ? in this \(spot.step.application): it executes nothing.",
        advice: "Write \(spot.step.application)(condition?Application(arguments)).")
    }
    for branch in branches {
      let name = WrittenArguments.withoutParentheses(branch)
      guard name.isStatic, !name.text.isEmpty else { continue }
      let place = spot.step.argumentsPlace.advanced(by: name.offset)
      guard let form = checkApplication(name.text, at: place), form.jump == .target else { continue }
      let inner = WrittenArguments.parts(of: branch.text, offset: branch.offset, at: "(", .nothing, most: 2)
      guard inner.count == 2 else { continue }
      let text = inner[1].text
      let end = text.utf8.lastIndex(of: UInt8(ascii: ")")) ?? text.endIndex
      checkTarget(WrittenArguments.Part(text: String(text[..<end]), offset: inner[1].offset), spot)
    }
  }

  private mutating func checkTarget(_ part: WrittenArguments.Part, _ spot: Spot) {
    guard let target = target(part, spot) else { return }
    if let priority = target.priority {
      let isRelative = priority.utf8.first == UInt8(ascii: "+") || priority.utf8.first == UInt8(ascii: "-")
      if let number = Int(priority) { targetPriorities.insert(isRelative ? spot.priority &+ number : number) }
    } else {
      leadsAnywhere = true
    }
    if let problem = problem(of: target, from: spot) {
      findings.warn(target.place, problem.what, advice: problem.advice)
    }
  }

  /// Taken apart; `nil` for an empty one, which is the next step.
  func target(_ part: WrittenArguments.Part, _ spot: Spot) -> Target? {
    let written = WrittenArguments.withoutParentheses(part)
    guard !written.text.isEmpty else { return nil }
    let parts = WrittenArguments.parts(of: written.text, offset: written.offset, at: ",", .nothing).map(\.trimmed)
    func known(_ part: WrittenArguments.Part) -> String? { part.isStatic ? part.text : nil }
    let place = spot.step.argumentsPlace.advanced(by: parts[0].offset)
    switch parts.count {
    case 1: return Target(context: spot.context.name, exten: spot.exten, priority: known(parts[0]), place: place)
    case 2: return Target(context: spot.context.name, exten: known(parts[0]), priority: known(parts[1]), place: place)
    default: return Target(context: known(parts[0]), exten: known(parts[1]), priority: known(parts[2]), place: place)
    }
  }

  private func problem(of target: Target, from spot: Spot) -> (what: String, advice: String?)? {
    guard let context = target.context else { return nil }
    guard plan.contexts[context] != nil else {
      return (
        "There is no context [\(context)]: the call ends here.", Suggestion.sentence(for: context, among: plan.contextsInOrder)
      )
    }
    guard let exten = target.exten, let priority = target.priority, !exten.isEmpty else { return nil }
    if context == spot.context.name, exten == spot.exten { return problemAtHome(priority, spot) }
    // Patterns by their names are rare, and to look each up takes as long as there are patterns.
    guard exten.utf8.first != UInt8(ascii: "_") else { return nil }
    let isNamed = open.priority(of: priority, context: context, exten: exten, anybody) != nil
    let isThere = Int(priority).map { open.step(at: Position(context, exten, $0), anybody) != nil } ?? isNamed
    guard !isThere, !priority.utf8.starts(with: "+".utf8), !priority.utf8.starts(with: "-".utf8) else { return nil }
    if !open.has(exten, in: context, anybody) {
      let next = open.has("i", in: context, anybody) ? "the call goes to i" : "the call ends here"
      // A number that is near another is no more likely meant than any.
      let isName = exten.utf8.contains { $0 > UInt8(ascii: "9") }
      let names = isName ? plan.contexts[context]?.extensions.map(\.pattern.text) : nil
      return (
        "There is no extension \(exten) in [\(context)]: \(next).", names.flatMap { Suggestion.sentence(for: exten, among: $0) }
      )
    }
    if Int(priority) != nil { return ("\(exten) in [\(context)] has no priority \(priority): the call ends here.", nil) }
    let labels = plan.contexts[context]?.extensions.first { $0.pattern.text == exten }?.labels.keys.sorted() ?? []
    return (
      "\(exten) in [\(context)] has no label \(priority): the call ends here.",
      Suggestion.sentence(for: priority, among: labels)
    )
  }

  /// In the extension where the step stands. A pattern is executed for many numbers, and what it lacks another may have.
  private func problemAtHome(_ priority: String, _ spot: Spot) -> (what: String, advice: String?)? {
    let own = spot.extension
    let relative = priority.utf8.first == UInt8(ascii: "+") || priority.utf8.first == UInt8(ascii: "-")
    let number = Int(priority).map { relative ? spot.priority &+ $0 : $0 }
    if let number, own.steps[number] != nil { return nil }
    if number == nil, own.labels[priority] != nil { return nil }
    guard !isElsewhere(number, priority, spot) else { return nil }
    if let number { return ("\(spot.exten) has no priority \(number): the call ends here.", nil) }
    var advice = Suggestion.sentence(for: priority, among: own.labels.keys.sorted())
    if advice == nil, open.has(priority, in: spot.context.name, anybody) {
      advice = "To go to the extension \(priority), write \(priority),1."
    }
    return ("\(spot.exten) has no label \(priority): the call ends here.", advice)
  }

  /// Whether another extension may have what this one lacks.
  private func isElsewhere(_ number: Int?, _ label: String, _ spot: Spot) -> Bool {
    if spot.extension.pattern.isPattern { return number.map { priorities.contains($0) } ?? labels.contains(label) }
    let context = spot.context.name
    if let number { return open.step(at: Position(context, spot.exten, number), anybody) != nil }
    return open.priority(of: label, context: context, exten: spot.exten, anybody) != nil
  }
}
