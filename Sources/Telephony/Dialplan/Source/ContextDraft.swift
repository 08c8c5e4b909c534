/// An extension as written, with whom it is for.
struct ExtensionKey: Hashable {
  var exten: String
  var caller: String?
}

/// A context while its lines are read.
struct ContextDraft {
  var context: Context
  /// What was included and ignored already.
  var included: Set<String> = []
  var ignored: Set<ExtensionPattern> = []
  private var drafts: [Draft] = []
  private var indices: [ExtensionKey: Int] = [:]

  private struct Draft {
    var `extension`: Extension
    /// Which line each priority is from, in the order of reading.
    var lines: [Int: Int] = [:]
  }

  init(_ context: Context) { self.context = context }

  func `extension`(_ key: ExtensionKey) -> Extension? { indices[key].map { drafts[$0].extension } }

  mutating func open(_ key: ExtensionKey, _ place: SourcePlace, _ findings: inout FindingList) {
    guard indices[key] == nil else { return }
    indices[key] = drafts.count
    drafts.append(
      Draft(
        extension: Extension(
          pattern: ExtensionPattern(key.exten), caller: key.caller.map { CallerPattern($0) }, place: place)))
    let opened = drafts[drafts.count - 1].extension
    if let trouble = opened.pattern.trouble ?? opened.caller?.trouble { findings.warn(place, trouble) }
  }

  mutating func name(_ key: ExtensionKey, _ label: SourceAnnotation, _ findings: inout FindingList) {
    guard let index = indices[key], !label.text.isEmpty else { return }
    if let caption = drafts[index].extension.caption, caption != label.text {
      return findings.warn(label.place, "\(key.exten) is called \(caption) already; the first ;@label stays.")
    }
    drafts[index].extension.caption = label.text
  }

  mutating func hint(_ key: ExtensionKey, _ device: String, _ place: SourcePlace, _ findings: inout FindingList) {
    guard let index = indices[key] else { return }
    guard drafts[index].extension.hint == nil else {
      return findings.warn(place, "\(key.exten) has a hint already; the first one stays.")
    }
    guard !device.isEmpty else {
      return findings.warn(place, "This hint names no device.", advice: "Write exten => 100,hint,PJSIP/alice.")
    }
    drafts[index].extension.hint = device
  }

  mutating func add(
    _ step: Step, _ priority: Int, label: String?, _ key: ExtensionKey, _ line: Int, _ place: SourcePlace,
    _ findings: inout FindingList
  ) {
    guard let index = indices[key] else { return }
    if let first = drafts[index].extension.steps[priority] {
      return Self.refuse(place, priority, key.exten, first: first.place, &findings)
    }
    drafts[index].extension.steps[priority] = step
    drafts[index].lines[priority] = line
    guard let label else { return }
    if let first = drafts[index].extension.labels[label], first != priority {
      return findings.warn(
        place, "The label \(label) is at priority \(first) of \(key.exten) already, and stays there.",
        advice: "Give this one another name.")
    }
    drafts[index].extension.labels[label] = priority
  }

  private static func refuse(
    _ place: SourcePlace, _ priority: Int, _ exten: String, first: SourcePlace, _ findings: inout FindingList
  ) {
    let above = first.file == place.file ? "line \(first.line)" : "\(first.file) line \(first.line)"
    findings.warn(
      place, "Priority \(priority) of \(exten) is in \(above) already, which stays; this line is not read.",
      advice: "Number lines by n, then none comes twice.")
  }

  // MARK: The end

  /// The context with its extensions in matching order, equivalent ones (`_NX`, `_[2-9]X`) made one.
  mutating func finished(_ findings: inout FindingList) -> Context {
    // Where nothing was taken there is no extension.
    drafts.removeAll { $0.extension.steps.isEmpty && $0.extension.hint == nil }
    drafts.sort { $0.extension.isTried(before: $1.extension) }
    var kept: [Draft] = []
    for draft in drafts {
      if let last = kept.last, !last.extension.isTried(before: draft.extension) {
        kept[kept.count - 1] = Self.merged(last, draft, &findings)
      } else {
        kept.append(draft)
      }
    }
    context.extensions = kept.map(\.extension)
    return context
  }

  private static func merged(_ left: Draft, _ right: Draft, _ findings: inout FindingList) -> Draft {
    // The one that was written first lends its name.
    let isLeftFirst = (left.lines.values.min() ?? 0) <= (right.lines.values.min() ?? 0)
    var first = isLeftFirst ? left : right
    let second = isLeftFirst ? right : left
    for (priority, step) in second.extension.steps.sorted(by: { $0.key < $1.key }) {
      let line = second.lines[priority] ?? 0
      if let other = first.extension.steps[priority] {
        let isLater = line > first.lines[priority] ?? 0
        refuse(
          (isLater ? step : other).place, priority, second.extension.pattern.text, first: (isLater ? other : step).place,
          &findings)
        if isLater { continue }
        first.extension.labels = first.extension.labels.filter { $0.value != priority }
      }
      first.extension.steps[priority] = step
      first.lines[priority] = line
      for (label, labelled) in second.extension.labels where labelled == priority {
        if first.extension.labels[label] == nil { first.extension.labels[label] = priority }
      }
    }
    first.extension.hint = first.extension.hint ?? second.extension.hint
    first.extension.caption = first.extension.caption ?? second.extension.caption
    return first
  }
}
