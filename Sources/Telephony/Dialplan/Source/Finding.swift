/// What is wrong, or will go wrong, at one place of a dialplan, in words for the admin who wrote it.
package struct Finding: Hashable, Sendable, CustomStringConvertible {
  package enum Severity: String, Hashable, Sendable, Codable, Comparable {
    /// The file would not load, or it breaks a promise or a rule of safety: the last good version stays in force.
    case error
    /// It loads, and somebody's call will go wrong there.
    case warning

    package static func < (left: Severity, right: Severity) -> Bool { left == .error && right == .warning }
  }

  package var severity: Severity
  package var place: SourcePlace
  /// What is wrong, a sentence.
  package var what: String
  /// What was probably meant, or what to do; a sentence.
  package var advice: String?

  package init(_ severity: Severity, _ place: SourcePlace, _ what: String, advice: String? = nil) {
    self.severity = severity
    self.place = place
    self.what = what
    self.advice = advice
  }

  package static func error(_ place: SourcePlace, _ what: String, advice: String? = nil) -> Finding {
    Finding(.error, place, what, advice: advice)
  }
  package static func warning(_ place: SourcePlace, _ what: String, advice: String? = nil) -> Finding {
    Finding(.warning, place, what, advice: advice)
  }

  package var description: String {
    "\(place): \(severity.rawValue): \(what)" + (advice.map { " \($0)" } ?? "")
  }
}
