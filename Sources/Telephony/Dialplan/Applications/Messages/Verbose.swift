/// `Verbose([level,]text)`.
struct Verbose: Application {
  static let name = "Verbose"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let parts = arguments.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
    let hasLevel = parts.count > 1 && Int(Run.trimmed(parts[0])) != nil
    run.log(.verbose, hasLevel ? String(parts[1]) : arguments)
    return .next
  }
}
