/// How something stands, the worst last.
package enum Verdict: String, Codable, Comparable, Sendable {
  case ok
  case warning
  case failed

  package static func < (left: Verdict, right: Verdict) -> Bool { left.rank < right.rank }
  private var rank: Int {
    switch self {
    case .ok: 0
    case .warning: 1
    case .failed: 2
    }
  }
}

/// Something that is not as it should be, and what to do about it.
package struct Finding: Codable, Hashable, Sendable {
  package var verdict: Verdict
  package var sentence: String
  package var advice: String

  static func warning(_ sentence: String, _ advice: String) -> Finding {
    Finding(verdict: .warning, sentence: sentence, advice: advice)
  }
  static func failed(_ sentence: String, _ advice: String) -> Finding {
    Finding(verdict: .failed, sentence: sentence, advice: advice)
  }
}

/// Facts about one side of the service, gathered by somebody else, and what they mean.
package protocol Check: Sendable {
  /// One word.
  static var name: String { get }
  /// What was seen, in one line.
  var summary: String { get }
  /// Empty where all is well.
  var findings: [Finding] { get }
}

/// A check with its verdict: one line for people, one object for programs.
package struct CheckReport: Codable, Hashable, Sendable {
  package var check: String
  package var verdict: Verdict
  package var summary: String
  package var findings: [Finding]

  init(_ check: some Check) {
    self.check = type(of: check).name
    summary = check.summary
    findings = check.findings
    verdict = findings.map(\.verdict).max() ?? .ok
  }
}

/// Everything that the doctor found.
package struct Diagnosis: Codable, Hashable, Sendable {
  package var verdict: Verdict
  package var checks: [CheckReport]

  package init(_ checks: [CheckReport]) {
    self.checks = checks
    verdict = checks.map(\.verdict).max() ?? .ok
  }

  /// One line a check; below it each finding, and what to do.
  package var text: String {
    let width = (checks.map(\.check.count).max() ?? 0) + 2
    let margin = Self.padded("", Self.verdictWidth + width)
    var lines: [String] = []
    for report in checks {
      let start = Self.padded(report.verdict.rawValue, Self.verdictWidth) + Self.padded(report.check, width)
      lines.append(start + report.summary)
      for finding in report.findings {
        lines.append(margin + finding.sentence)
        lines.append(margin.dropLast(2) + "→ " + finding.advice)
      }
    }
    return lines.joined(separator: "\n") + "\n\n" + conclusion
  }
  private static let verdictWidth = 9

  private var conclusion: String {
    let findings = checks.flatMap(\.findings)
    let failures = findings.count { $0.verdict == .failed }
    let warnings = findings.count - failures
    if findings.isEmpty { return "All is well." }
    return [Self.counted(failures, "failure"), Self.counted(warnings, "warning")].compactMap { $0 }.joined(separator: ", ")
      + "."
  }

  private static func counted(_ count: Int, _ noun: String) -> String? {
    count == 0 ? nil : "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
