/// Looks through a plan for what would go wrong once somebody calls; it runs nothing.
package struct Checker {
  /// What a plan may name.
  package struct Known: Sendable {
    /// By lower-case names.
    package var applications: [String: (name: String, form: ApplicationForm)]
    package var functions: Set<String>
    /// Sounds that exist, by the names that dialplans use; `nil` where that is not known.
    package var sounds: Set<String>?
    /// `nil` where it is not known which there are.
    package var queues: Set<String>?
    /// `box@context`; the same.
    package var mailboxes: Set<String>?
    /// Time zones of the machine; the same.
    package var zones: Set<String>?

    package init(
      sounds: Set<String>? = nil, queues: Set<String>? = nil, mailboxes: Set<String>? = nil, zones: Set<String>? = nil
    ) {
      applications = Dictionary(uniqueKeysWithValues: Applications.all.map { ($0.name.lowercased(), ($0.name, $0.form)) })
      functions = Set(Functions.all.map(\.name))
      self.sounds = sounds
      self.queues = queues
      self.mailboxes = mailboxes
      self.zones = zones
    }
  }

  let plan: Dialplan
  let known: Known
  /// The plan as somebody sees it who calls at all times with all numbers.
  let open: Dialplan
  let anybody = Inquiry(caller: nil, epoch: 0, zones: OnlyUTC())
  /// Of all extensions.
  let labels: Set<String>
  let priorities: Set<Int>
  /// Choices that make a caller wait, as they were told of.
  var slowChoices: Set<SourcePlace> = []
  /// Priorities that some step goes to by their numbers.
  var targetPriorities: Set<Int> = []
  /// Whether some step goes to a priority that only a call will tell.
  var leadsAnywhere = false
  var findings = FindingList()

  /// All that there is to say, in the order of the places.
  package static func check(_ plan: Dialplan, knowing known: Known = Known()) -> [Finding] {
    var checker = Checker(plan, known)
    checker.check()
    return checker.findings.all.sorted { $0.place < $1.place }
  }

  private init(_ plan: Dialplan, _ known: Known) {
    self.plan = plan
    self.known = known
    var open = plan
    for (name, context) in plan.contexts {
      var context = context
      for index in context.includes.indices { context.includes[index].times = nil }
      for index in context.extensions.indices where context.extensions[index].caller != nil {
        context.extensions[index].caller = nil
      }
      open.contexts[name] = context
    }
    open.prepare()
    self.open = open
    let extensions = plan.contexts.values.lazy.flatMap(\.extensions)
    labels = Set(extensions.flatMap(\.labels.keys))
    priorities = Set(extensions.flatMap(\.steps.keys))
  }

  /// A step, and where it stands.
  struct Spot {
    var context: Context
    var `extension`: Extension
    var priority: Int
    var step: Step

    /// The extension as a target names it.
    var exten: String { `extension`.pattern.text }
  }

  private mutating func check() {
    for name in plan.contextsInOrder {
      // Whoever has so many to read already has enough.
      guard let context = plan.contexts[name], !findings.isFull else { continue }
      checkIncludes(context)
      checkShadows(context)
      for item in context.extensions {
        checkBlocks(item)
        for (priority, step) in item.steps.sorted(by: { $0.key < $1.key }) where !findings.isFull {
          check(Spot(context: context, extension: item, priority: priority, step: step))
        }
      }
      checkMenu(context)
    }
    checkLoops()
    checkGaps()
  }

  // MARK: Includes

  private mutating func checkIncludes(_ context: Context) {
    for include in context.includes {
      if include.context == context.name {
        findings.warn(include.place, "[\(context.name)] includes itself, which does nothing.", advice: "Leave this line out.")
      } else if plan.contexts[include.context] == nil {
        findings.warn(
          include.place, "There is no context [\(include.context)] to include.",
          advice: Suggestion.sentence(for: include.context, among: plan.contextsInOrder) ?? "Write it, or leave this line out.")
      }
      if let times = include.times { checkZone(times.zone, include.place, Self.taken) }
    }
  }

  // MARK: Steps

  mutating func form(of name: String) -> ApplicationForm? { known.applications[name.lowercased()]?.form }

  private mutating func check(_ spot: Spot) {
    let step = spot.step
    for finding in step.arguments.findings(at: step.argumentsPlace) { findings.add(finding) }
    checkFunctions(step)
    checkTimes(step)
    guard let form = checkApplication(step.application, at: step.place) else { return }
    if let arguments = form.arguments { checkArguments(arguments, form, step) }
    checkJump(form, spot)
    if step.application.lowercased() == "set" { checkAssignment(step) }
  }

  /// The form of an application; a name that there is not is told.
  mutating func checkApplication(_ name: String, at place: SourcePlace) -> ApplicationForm? {
    if let form = form(of: name) { return form }
    if let refusal = Applications.refusal(of: name) {
      findings.warn(place, refusal)
    } else if name.isEmpty {
      findings.warn(place, "This step has no application: the call ends here.", advice: "NoOp() does nothing.")
    } else if name.utf8.contains(where: { ",|".utf8.contains($0) }) {
      findings.warn(
        place, "There is no application \(name): the call ends here.",
        advice: "Arguments stand in parentheses: Application(one,two).")
    } else if AsteriskNames.applications.contains(name.lowercased()) {
      findings.warn(place, "\(name) is an application of Asterisk that is not served here: the call ends here.")
    } else {
      let names = known.applications.values.map(\.name).sorted()
      findings.warn(
        place, "There is no application \(name): the call ends here.", advice: Suggestion.sentence(for: name, among: names))
    }
    return nil
  }

  private mutating func checkFunctions(_ step: Step) {
    for mention in step.arguments.mentions where mention.kind != .variable {
      checkFunction(mention.name, at: step.argumentsPlace.advanced(by: mention.offset))
    }
  }

  private mutating func checkFunction(_ name: String, at place: SourcePlace) {
    // Where no functions are known, none can be missed.
    guard !known.functions.isEmpty, !known.functions.contains(name) else { return }
    if AsteriskNames.functions.contains(name) {
      return findings.warn(
        place, "\(name) is a function of Asterisk that is not served here: nothing stands in its place.")
    }
    findings.warn(
      place, "There is no function \(name): nothing stands in its place.",
      advice: Suggestion.sentence(for: name, among: known.functions))
  }

  private mutating func checkAssignment(_ step: Step) {
    let parts = WrittenArguments.parts(of: step.arguments.text, at: "=", .nothing, most: 2)
    guard parts.count == 2 else {
      return findings.warn(
        step.argumentsPlace, "This sets nothing, as there is no = in it.", advice: "Write Set(NAME=value).")
    }
    let name = parts[0].text
    guard parts[0].isStatic else { return }
    if let open = name.utf8.firstIndex(of: UInt8(ascii: "(")) {
      checkFunction(String(name[..<open]), at: step.argumentsPlace)
    } else if name.utf8.contains(UInt8(ascii: " ")) {
      findings.warn(
        step.argumentsPlace, "The blanks are part of the variable's name, “\(name)”.", advice: "Leave them out.")
    }
  }

  // MARK: Arguments

  private mutating func checkArguments(_ arguments: [ApplicationForm.Argument], _ form: ApplicationForm, _ step: Step) {
    let text = step.arguments.text
    let parts = text.isEmpty ? [] : WrittenArguments.parts(of: text, at: ",", .everything)
    let missing = form.requiredNames.indices.first { !parts.indices.contains($0) || parts[$0].text.isEmpty }
    if let missing {
      findings.warn(step.argumentsPlace, "\(step.application) needs \(form.requiredNames[missing]).")
    }
    if parts.count > arguments.count {
      let extra = parts[arguments.count]
      findings.warn(
        step.argumentsPlace.advanced(by: extra.offset),
        "\(step.application) takes \(Self.count(arguments.count)); what follows is passed over.")
    }
    for (argument, part) in zip(arguments, parts) {
      switch argument {
      case .options(let served) where part.isStatic: checkOptions(part, served, step)
      case .sounds: checkSounds(part, step)
      case .queue: checkNames(part, "queue", known.queues, step)
      case .mailboxes: checkNames(part, "mailbox", known.mailboxes, step)
      case .text, .options: break
      }
    }
  }

  private static func count(_ number: Int) -> String { number == 1 ? "one argument" : "\(number) arguments" }

  private mutating func checkOptions(_ part: WrittenArguments.Part, _ served: String, _ step: Step) {
    var (depth, others, first) = (0, [String](), 0)
    for (index, octet) in part.text.utf8.enumerated() {
      switch octet {
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"): depth -= 1
      case _ where depth > 0 || octet <= 0x20 || octet == UInt8(ascii: "\"") || served.utf8.contains(octet): break
      default:
        if others.isEmpty { first = index }
        others.append(String(decoding: [octet], as: UTF8.self))
      }
    }
    guard !others.isEmpty else { return }
    findings.warn(
      step.argumentsPlace.advanced(by: part.offset + first),
      "\(step.application) does not serve the option\(others.count > 1 ? "s" : "") \(others.joined(separator: ", ")) here, and "
        + "goes on without.")
  }

  private mutating func checkSounds(_ part: WrittenArguments.Part, _ step: Step) {
    guard let sounds = known.sounds else { return }
    for sound in WrittenArguments.parts(of: part.text, offset: part.offset, at: "&", .nothing).map(\.trimmed) {
      guard sound.isStatic, !sound.text.isEmpty, !sound.text.utf8.contains(UInt8(ascii: ":")), !sounds.contains(sound.text)
      else { continue }
      findings.warn(
        step.argumentsPlace.advanced(by: sound.offset), "There is no sound \(sound.text): nothing is heard.",
        advice: Suggestion.sentence(for: sound.text, among: sounds))
    }
  }

  private mutating func checkNames(
    _ part: WrittenArguments.Part, _ kind: String, _ known: Set<String>?, _ step: Step
  ) {
    guard let known else { return }
    let names = kind == "queue" ? [part.trimmed] : WrittenArguments.parts(of: part.text, offset: part.offset, at: "&", .nothing)
    for name in names.map(\.trimmed) where name.isStatic && !name.text.isEmpty {
      let isShort = kind == "mailbox" && !name.text.utf8.contains(UInt8(ascii: "@"))
      guard !known.contains(isShort ? name.text + "@default" : name.text) else { continue }
      findings.warn(
        step.argumentsPlace.advanced(by: name.offset), "There is no \(kind) \(name.text).",
        advice: Suggestion.sentence(for: name.text, among: known))
    }
  }
}
