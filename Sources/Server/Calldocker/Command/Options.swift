/// A flag of a command, as help and reader know it.
struct Flag: Sendable {
  static let prefix = "CALLDOCKER_"

  let name: String
  /// What stands for its value in the help; `nil` for one that may stand alone.
  let takes: String?
  let help: String
  /// Whether it may be given more than once; else the last one counts.
  let repeats: Bool

  init(_ name: String, _ takes: String?, _ help: String, repeats: Bool = false) {
    self.name = name
    self.takes = takes
    self.help = help
    self.repeats = repeats
  }

  /// The environment variable of the same name: `--http-port` is `CALLDOCKER_HTTP_PORT`.
  var variable: String { Self.prefix + name.uppercased().split(separator: "-").joined(separator: "_") }

  var shown: String { "--\(name)\(takes.map { " \($0)" } ?? "")" }
  var usage: String { "[\(shown)]\(repeats ? "…" : "")" }
}

/// The words after a command, read: flags with their values, the other words in their order, and what is wrong.
struct Options: Sendable {
  private(set) var words: [String] = []
  private(set) var faults: [String] = []
  private var values: [String: [String]] = [:]

  /// Flags may stand anywhere, as `--name value` or `--name=value`; after `--` nothing is a flag.
  init(_ arguments: [String], _ flags: [Flag]) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        words += rest
        return
      }
      if argument.hasPrefix("--") {
        read(argument.dropFirst(2), &rest, flags)
      } else {
        words.append(argument)
      }
    }
  }

  private mutating func read(_ argument: Substring, _ rest: inout ArraySlice<String>, _ flags: [Flag]) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let flag = flags.first(where: { $0.name == parts[0] }) else {
      let meant = Suggestion.sentence(for: parts[0], among: flags.map(\.name), prefix: "--")
      return faults.append("--\(parts[0]): there is no such flag\(meant)")
    }
    guard let value = parts.count > 1 ? parts[1] : flag.takes == nil ? "yes" : rest.popFirst() else {
      return faults.append("--\(flag.name): a value is missing")
    }
    values[flag.name, default: []].append(value)
  }

  /// Every value that was given, in order.
  func values(_ name: String) -> [String] { values[name] ?? [] }

  /// The last value that was given.
  subscript(name: String) -> String? { values[name]?.last }

  func has(_ name: String) -> Bool { values[name] != nil }
}
