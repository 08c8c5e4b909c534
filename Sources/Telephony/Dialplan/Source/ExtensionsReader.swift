extension Dialplan {
  /// A plan and everything that was noticed on the way.
  package struct Loaded: Sendable {
    package var plan: Dialplan
    package var findings: FindingList
    /// Lines that were read, of all files.
    package var lineCount: Int
  }

  /// Reads a business's extensions.conf. With an error among the findings the plan is what could be understood, and must not take
  /// force.
  package static func load(_ name: String = "extensions.conf", from files: SourceFiles) -> Loaded {
    let text = SourceReader.read(name, from: files)
    var reader = ExtensionsReader(text)
    let plan = reader.read()
    return Loaded(plan: plan, findings: reader.findings, lineCount: text.lineCount)
  }
}

/// Understands the sections of an extensions.conf: settings, global variables, contexts.
struct ExtensionsReader {
  /// What Asterisk reads in `[general]` and what has no meaning here, as nothing writes the file or looks for phones by itself.
  private static let meaningless: Set<String> = [
    "static", "writeprotect", "extenpatternmatchnew", "userscontext", "priorityjumping",
  ]
  private static let settings = ["autofallthrough", "clearglobalvars"]
  private static let keywords = ["exten", "same", "include", "ignorepat", "switch", "lswitch", "eswitch", "autohints"]

  private let text: SourceText
  var findings: FindingList
  private var plan = Dialplan()
  var globals = GlobalText()
  var drafts: [ContextDraft] = []
  private var draftsByName: [String: Int] = [:]
  /// Lines of the plan in the order in which they were read.
  var lineNumber = 0

  init(_ text: SourceText) {
    self.text = text
    findings = text.findings
  }

  mutating func read() -> Dialplan {
    for section in text.sections where !section.isTemplate && section.name.lowercased() == "globals" { readGlobals(section) }
    for section in text.sections where !section.isTemplate {
      switch section.name.lowercased() {
      case "general": readSettings(section)
      case "globals": break
      case "":
        findings.warn(
          section.place, "This section has no name, and nothing can reach it.", advice: "Write [name].")
      default: readContext(section)
      }
    }
    for index in drafts.indices {
      let context = drafts[index].finished(&findings)
      plan.contexts[context.name] = context
      plan.contextsInOrder.append(context.name)
    }
    readAnnotations()
    plan.prepare()
    return plan
  }

  // MARK: [general] and [globals]

  private mutating func readGlobals(_ section: SourceSection) {
    for line in section.lines {
      guard !line.key.isEmpty else {
        findings.warn(line.place, "Before the = the name of a variable is missing.")
        continue
      }
      plan.globals.append(Dialplan.GlobalLine(name: line.key, value: line.value, place: line.place))
      globals.define(line.key, line.value)
    }
  }

  private mutating func readSettings(_ section: SourceSection) {
    for line in section.lines {
      let key = line.key.lowercased()
      switch key {
      case "autofallthrough": plan.fallsThrough = line.isTrue
      case "clearglobalvars": plan.clearsGlobals = line.isTrue
      case _ where Self.meaningless.contains(key): break
      default:
        findings.warn(
          line.place, "[general] knows no \(line.key) here, and the line is not read.",
          advice: Suggestion.sentence(for: key, among: Self.settings)
            ?? (line.key.lowercased() == "exten" ? "Extensions stand in a context of their own, such as [default]." : nil))
      }
    }
  }

  // MARK: Contexts

  private mutating func readContext(_ section: SourceSection) {
    let draft = draft(named: section.name, section.place)
    var previous = PreviousLine()
    for line in section.lines {
      lineNumber += 1
      switch line.key.lowercased() {
      case "exten": readExten(line, isSame: false, &previous, into: draft)
      case let key where key.hasPrefix("same"): readExten(line, isSame: true, &previous, into: draft)
      case "include": readInclude(line, into: draft)
      case "ignorepat": readIgnored(line, into: draft)
      case "switch", "lswitch", "eswitch":
        findings.warn(
          line.place,
          "\(line.key) would ask another machine for its dialplan; that is not served here, and the line is not read.",
          advice: "Write the extensions here, or #include the file that has them.")
      case "autohints":
        findings.warn(
          line.place, "autohints is not served, and the line is not read.",
          advice: "Write exten => 100,hint,PJSIP/alice for each extension.")
      default: refuseKey(line)
      }
    }
  }

  private mutating func refuseKey(_ line: SourceLine) {
    var advice = findings.wantsAdvice ? Suggestion.sentence(for: line.key, among: Self.keywords) : nil
    if advice == nil, line.key.contains("(") { advice = "A step is written same => n,\(line.key)=…" }
    findings.warn(line.place, "A context knows no \(line.key), and the line is not read.", advice: advice)
  }

  private mutating func draft(named name: String, _ place: SourcePlace) -> Int {
    if let draft = draftsByName[name] { return draft }
    drafts.append(ContextDraft(Context(name: name, place: place)))
    draftsByName[name] = drafts.count - 1
    return drafts.count - 1
  }

  private mutating func readInclude(_ line: SourceLine, into draft: Int) {
    guard let value = substituted(line.value, line.place(ofByte: 0)) else { return }
    let name = value.utf8.prefix { $0 != UInt8(ascii: ",") }
    let context = Array(name)[...].trimmed.text
    let rest = value.utf8.dropFirst(name.count + 1)
    guard !context.isEmpty else {
      return findings.warn(line.place, "This include names no context.", advice: "Write include => other.")
    }
    if context.contains("|") {
      return findings.warn(
        line.place(ofByte: 0), "No context can be named \(context); the line is not read.",
        advice: "Times are written with commas: include => other,9:00-17:00,mon-fri,*,*.")
    }
    let times = name.count < value.utf8.count ? TimeRule(Array(rest)[...].trimmed.text) : nil
    guard drafts[draft].included.insert("\(context),\(times?.text ?? "")").inserted else {
      return findings.warn(line.place(ofByte: 0), "\(context) is included already; the first include stays.")
    }
    let start = name.count + 1 + Array(rest)[...].trimmed.startIndex
    for var finding in times?.findings(at: SourcePlace("", line: 1)) ?? [] {
      // Where something was put in, the places of what it was put into are not those of the line.
      finding.place = line.place(ofByte: value == line.value ? start + finding.place.column - 1 : 0)
      findings.add(finding)
    }
    drafts[draft].context.includes.append(Include(context: context, times: times, place: line.place(ofByte: 0)))
  }

  private mutating func readIgnored(_ line: SourceLine, into draft: Int) {
    guard let pattern = substituted(line.value, line.place(ofByte: 0)) else { return }
    guard !pattern.isEmpty else {
      return findings.warn(line.place, "This ignorepat has no pattern.", advice: "Write ignorepat => 9.")
    }
    let ignored = ExtensionPattern(pattern)
    guard drafts[draft].ignored.insert(ignored).inserted else {
      return findings.warn(line.place, "\(pattern) is ignored already.")
    }
    drafts[draft].context.ignored.append(ignored)
  }

  /// The text with global variables put in; `nil` if that cannot be done, which has been said then.
  mutating func substituted(_ value: String, _ place: SourcePlace) -> String? {
    guard value.utf8.contains(UInt8(ascii: "$")) else { return value }
    let (text, problems) = globals.substitute(value, wantsAdvice: findings.wantsAdvice)
    for problem in problems where text != nil { findings.warn(place, problem) }
    if text == nil {
      findings.warn(
        place, (problems.first ?? "This cannot be read.") + " The line is not read.",
        advice: "When a plan is loaded, only variables of [globals] have values.")
    }
    return text
  }

  // MARK: Comments for us

  private mutating func readAnnotations() {
    for annotation in text.annotations {
      switch annotation.name {
      case "test": readPromise(annotation)
      case "label": break
      default:
        guard let advice = Suggestion.sentence(for: annotation.name, among: ["test", "label"], prefix: ";@") else { continue }
        findings.warn(annotation.place, ";@\(annotation.name) means nothing.", advice: advice)
      }
    }
  }

  private mutating func readPromise(_ annotation: SourceAnnotation) {
    guard plan.promises.count < Promise.maximumInPlan else {
      return findings.refuse(annotation.place, "A plan has at most \(Promise.maximumInPlan) promises.")
    }
    let promise = Promise(text: annotation.text, place: annotation.place)
    findings.add(contentsOf: promise.findings)
    plan.promises.append(promise)
  }

  /// `;@label` on a line and directly above it.
  func labels(of line: SourceLine) -> [SourceAnnotation] {
    line.annotations.isEmpty ? [] : text.annotations[line.annotations].filter { $0.name == "label" }
  }
}
