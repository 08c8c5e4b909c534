import Foundation

/// One thing that the command line does: its words, its help, and how to do it.
struct Verb: Sendable {
  /// Such as `tenant add`.
  let name: String
  /// What must follow besides flags, in order, such as `UUID`; `nil` if the verb judges that itself.
  let words: [String]?
  let summary: String
  let flags: [Flag]
  /// What else a person should know.
  var notes = ""
  let run: @Sendable (Options, _ environment: [String: String]) throws -> Void

  var path: [String] { name.split(separator: " ").map(String.init) }

  func perform(_ arguments: [String], _ environment: [String: String]) throws {
    let options = Options(arguments, flags)
    try check(options)
    try run(options, environment)
  }

  /// Refuses words and flags that the verb does not have, before it does anything.
  private func check(_ options: Options) throws(Command.Failure) {
    guard let words else { return }
    var faults = options.faults
    if let missing = words.dropFirst(options.words.count).first { faults.append("\(missing) is missing") }
    if let surplus = options.words.dropFirst(words.count).first { faults.append("\(surplus): this is one word too many") }
    guard !faults.isEmpty else { return }
    let help = "\n\nUsage: \(usage)\nMore: calldocker \(name) --help"
    throw Command.Failure(code: EX_USAGE, sentence: faults.joined(separator: "\n") + help)
  }

  // MARK: Help

  var usage: String {
    let parts = words.map { $0 + flags.map(\.usage) } ?? ["[FLAGS]"]
    return (["calldocker", name] + parts).joined(separator: " ")
  }

  var help: String {
    var parts = ["\(usage)\n\n\(summary.prefix(1).uppercased())\(summary.dropFirst())."]
    if !flags.isEmpty { parts.append(Self.columns(flags.map { ($0.shown, $0.help) })) }
    if !notes.isEmpty { parts.append(notes) }
    return parts.joined(separator: "\n\n")
  }

  /// Two columns, the second where the first always has room.
  static func columns(_ rows: [(String, String)]) -> String {
    let width = (rows.map(\.0.count).max() ?? 0) + 2
    return rows.map { "  \($0.padded(to: width))\($1)" }.joined(separator: "\n")
  }
}

extension String {
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

  var trimmedAtEnd: String { String(reversed().drop { $0 == " " }.reversed()) }
}
