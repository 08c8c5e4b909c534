@testable import Doctor

extension Check {
  /// The worst of its findings.
  var verdict: Verdict { findings.map(\.verdict).max() ?? .ok }

  /// Whether one finding, with what to do about it, has these words.
  func says(_ words: String) -> Bool { findings.contains { "\($0.sentence) \($0.advice)".contains(words) } }
}

extension Optional {
  /// Changes what is there.
  mutating func set<Value>(_ path: WritableKeyPath<Wrapped, Value>, _ value: Value) {
    guard var wrapped = self else { return }
    wrapped[keyPath: path] = value
    self = wrapped
  }
}
