/// What a context has for whoever dials there, in the order in which it is tried, and which of it is used (`dialplan show`).
package struct Candidates: Hashable, Sendable, Encodable {
  /// One extension that is tried.
  package struct Candidate: Hashable, Sendable, Encodable {
    /// Where it is written: the context itself, or one that it includes.
    package var context: String
    package var exten: String
    /// Only for these callers.
    package var caller: String?
    /// Only at these times: those of the includes on the way to it.
    package var times: [String]
    package var caption: String?
    package var hint: String?
    package var file: String
    package var line: Int
    package var steps: [Line]

    package var isConditional: Bool { caller != nil || !times.isEmpty }
  }

  package struct Line: Hashable, Sendable, Encodable {
    package var priority: Int
    package var labels: [String]
    package var application: String
    package var arguments: String
    package var line: Int
    package var use: Use
  }

  /// Whether a call ever comes to a step.
  package enum Use: String, Hashable, Sendable, Encodable {
    case always
    /// For some callers or at some times.
    case sometimes
    /// Another that is tried before has the same priority.
    case never
  }

  package struct Included: Hashable, Sendable, Encodable {
    package var context: String
    package var times: String?
    package var exists: Bool
  }

  package var context: String
  /// What is dialled; `nil` for all that there is.
  package var exten: String?
  package var candidates: [Candidate]
  /// What the context includes, as written.
  package var includes: [Included]
}

extension Dialplan {
  /// What would be tried for an extension of a context, or all that a context has; `nil` if there is no such context.
  ///
  /// - Parameter inquiry: who asks and when; without one, what is only for some callers or times is listed as such.
  package func candidates(context: String, exten: String?, _ inquiry: Inquiry? = nil) -> Candidates? {
    guard let own = contexts[context] else { return nil }
    let index = index ?? PlanIndex(contexts)
    var listed = Candidates(
      context: context, exten: exten, candidates: [],
      includes: own.includes.map {
        Candidates.Included(context: $0.context, times: $0.times?.text, exists: contexts[$0.context] != nil)
      })
    // Priorities that are taken for everybody and at all times; without a dialled extension, by what is the same.
    var taken: [ExtensionPattern?: Set<Int>] = [:]
    for stop in index.stops(from: context, inquiry) {
      for known in stop.place.extensions.extensions {
        if let exten, !known.pattern.matches(exten) { continue }
        if let inquiry, !known.isFor(inquiry.caller) { continue }
        let key = exten == nil ? known.pattern : nil
        let candidate = Candidates.Candidate(
          known, in: stop.place.name, times: stop.times.map(\.text), isAsked: inquiry != nil, taken: &taken[key, default: []])
        listed.candidates.append(candidate)
      }
    }
    return listed
  }
}

extension Candidates.Candidate {
  init(_ known: Extension, in context: String, times: [String], isAsked: Bool, taken: inout Set<Int>) {
    self.context = context
    self.times = times
    exten = known.pattern.text
    caller = known.caller?.text
    caption = known.caption
    hint = known.hint
    file = known.place.file
    line = known.place.line
    steps = []
    let isConditional = !times.isEmpty || known.caller != nil && !isAsked
    for (priority, step) in known.steps.sorted(by: { $0.key < $1.key }) {
      let use: Candidates.Use = taken.contains(priority) ? .never : isConditional ? .sometimes : .always
      if use == .always { taken.insert(priority) }
      let labels = known.labels.filter { $0.value == priority }.keys.sorted()
      steps.append(
        Candidates.Line(
          priority: priority, labels: labels, application: step.application, arguments: step.arguments.text,
          line: step.place.line,
          use: use))
    }
  }
}

// MARK: Text

extension Candidates: CustomStringConvertible {
  /// For a terminal: aligned, a step a line.
  package var description: String {
    var lines: [String] = []
    if let exten {
      lines.append(
        "“\(exten)” in [\(context)]" + (candidates.isEmpty ? " is no extension." : ", in the order in which it is tried:"))
    } else {
      lines.append("[\(context)]" + (candidates.isEmpty ? " has no extensions." : ""))
    }
    let widths = Widths(candidates)
    for candidate in candidates {
      lines.append("")
      lines.append(candidate.heading(in: context, widths))
      lines += candidate.steps.map { $0.text(widths) }
    }
    if exten == nil, !includes.isEmpty {
      lines.append("")
      for included in includes {
        let times = included.times.map { "  at \($0)" } ?? ""
        lines.append("include [\(included.context)]\(times)\(included.exists ? "" : "  (there is no such context)")")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  fileprivate struct Widths {
    let exten: Int
    let priority: Int
    let labels: Int
    let step: Int

    init(_ candidates: [Candidate]) {
      let steps = candidates.flatMap(\.steps)
      exten = min(candidates.map { $0.written.count }.max() ?? 0, 32)
      priority = steps.map { "\($0.priority)".count }.max() ?? 1
      labels = min(steps.map { $0.labelled.count }.max() ?? 0, 24)
      step = min(steps.map { $0.called.count }.max() ?? 0, 72)
    }
  }
}

extension Candidates.Candidate {
  fileprivate var written: String { caller.map { "\(exten)/\($0)" } ?? exten }

  fileprivate func heading(in asked: String, _ widths: Candidates.Widths) -> String {
    var remarks: [String] = []
    if let caption { remarks.append("“\(caption)”") }
    if context != asked { remarks.append("of [\(context)]") }
    if let caller { remarks.append(caller.isEmpty ? "for callers without a number" : "for callers \(caller)") }
    remarks += times.map { "at \($0)" }
    if let hint { remarks.append("shows \(hint)") }
    return ([Candidates.padded(written, widths.exten)] + remarks + ["(\(file):\(line))"]).joined(separator: "  ")
  }
}

extension Candidates.Line {
  fileprivate var labelled: String { labels.isEmpty ? "" : "(\(labels.joined(separator: ",")))" }
  fileprivate var called: String { "\(application)(\(arguments))" }

  fileprivate func text(_ widths: Candidates.Widths) -> String {
    let number = "\(priority)"
    var line = "  " + String(repeating: " ", count: max(0, widths.priority - number.count)) + number
    if widths.labels > 0 { line += " " + Candidates.padded(labelled, widths.labels) }
    line += "  "
    switch use {
    case .always: return line + called
    case .sometimes: return line + Candidates.padded(called, widths.step) + "  ; if it is the time, or the caller"
    case .never: return line + Candidates.padded(called, widths.step) + "  ; never, one above has it"
    }
  }
}

extension Candidates {
  fileprivate static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
