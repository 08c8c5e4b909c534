/// `Log(level,text)`: level one of NOTICE, WARNING, ERROR, DEBUG, VERBOSE.
struct Log: Application {
  static let name = "Log"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let parts = arguments.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count > 1, let level = Run.LogLevel(rawValue: Run.trimmed(parts[0]).lowercased()) else {
      run.log(.warning, "Log needs a level (NOTICE, WARNING, ERROR, DEBUG, VERBOSE) and a text, not \(arguments).")
      return .next
    }
    run.log(level, String(parts[1]))
    return .next
  }
}
