import Foundation

extension Command {
  static let dialplanReload = Verb(
    name: "dialplan reload", words: nil, summary: "read dialplans again in the running server, and say what is wrong",
    flags: controlFlags,
    notes: """
      Say `calldocker dialplan reload` for all, or `calldocker dialplan reload UUID` or `calldocker dialplan reload default` for
      one. A saved file is taken by itself where the kernel tells of it; this is for where it does not, and for who wants to
      hear. Findings come as `calldocker dialplan check` tells them, errors first. Calls that run keep the plan that they began
      with. The code is 1 where a plan was refused: its last good version stays in force.
      """
  ) { options, environment in
    let owner = try planOwner(options, "reload")
    let client = try controlClient(options, environment)
    let list: PlanList = try client.ask(
      "POST", owner.map { "/dialplans/\($0)/reload" } ?? "/dialplans/reload", [String: String]())
    try print(options, json: try json(list)) {
      list.dialplans.flatMap { findings($0) + [state($0)] }.joined(separator: "\n")
    }
    if list.dialplans.contains(where: \.isRefused) { throw Silent(code: 1) }
  }

  static let dialplanStatus = Verb(
    name: "dialplan status", words: nil, summary: "say which version of which dialplan is in force in the running server",
    flags: controlFlags,
    notes: """
      Say `calldocker dialplan status` for the default's plan and each business that has or had its own, or name one:
      `calldocker dialplan status UUID`, `calldocker dialplan status default`. With one, its versions and what was said of its
      files at the last reading are told too. With --json: {"dialplans":[…]} on one line.
      """
  ) { options, environment in
    let owner = try planOwner(options, "status")
    let client = try controlClient(options, environment)
    let list: PlanList = try client.ask("GET", owner.map { "/dialplans/\($0)" } ?? "/dialplans")
    try print(options, json: try json(list)) {
      list.dialplans.flatMap { plan in
        [state(plan)]
          + (owner == nil ? [] : plan.versions.reversed().map { "  version \($0.version) of \($0.at)" } + findings(plan))
      }.joined(separator: "\n")
    }
  }

  static let dialplanBack = Verb(
    name: "dialplan back", words: nil, summary: "put an earlier version of a dialplan in force in the running server",
    flags: controlFlags,
    notes: """
      Say `calldocker dialplan back UUID [VERSION]` or `calldocker dialplan back default [VERSION]`; without VERSION it is the
      one before that in force. It holds through restarts until a file of the folder is changed. The files stay as they are.
      """
  ) { options, environment in
    let (words, usage) = (options.words, "Usage: calldocker dialplan back UUID|default [VERSION]")
    guard options.faults.isEmpty, (1...2).contains(words.count) else {
      let fault = options.faults.first ?? (words.isEmpty ? "UUID or default is missing" : "one word too many")
      throw Failure(code: EX_USAGE, sentence: "\(fault)\n\n\(usage)")
    }
    var wish = BackWish()
    if words.count > 1 {
      guard let version = Int(words[1]), version > 0 else {
        throw Failure(code: EX_DATAERR, sentence: "\(words[1]) is no version: versions are numbers from 1.")
      }
      wish.version = version
    }
    let owner = try planOwner(words[0])
    let list: PlanList = try controlClient(options, environment).ask("POST", "/dialplans/\(owner)/back", wish)
    try print(options, json: try json(list)) { list.dialplans.map(state).joined(separator: "\n") }
  }

  /// Whose plan is meant; `nil` for all.
  private static func planOwner(_ options: Options, _ verb: String) throws(Failure) -> PlanOwner? {
    if let fault = options.faults.first ?? options.words.dropFirst().first.map({ "\($0): this is one word too many" }) {
      throw Failure(code: EX_USAGE, sentence: "\(fault)\n\nUsage: calldocker dialplan \(verb) [UUID|default]")
    }
    guard let word = options.words.first else { return nil }
    return try planOwner(word)
  }

  private static func planOwner(_ word: String) throws(Failure) -> PlanOwner {
    if let owner = PlanOwner(word) { return owner }
    let sentence = "\(word) is neither `default` nor a UUID; `calldocker tenant list` shows those that there are."
    throw Failure(code: EX_DATAERR, sentence: sentence)
  }

  /// Errors first, each as the check prints it.
  private static func findings(_ plan: PlanShown) -> [String] {
    let errors = plan.findings.filter { $0.severity == "error" }
    return (errors + plan.findings.filter { $0.severity != "error" }).map { finding in
      "\(finding.file):\(finding.line):\(finding.column): \(finding.severity): \(finding.what)"
        + (finding.advice.map { " \($0)" } ?? "")
    }
  }

  private static func state(_ plan: PlanShown) -> String {
    let since = plan.since.map { " since \($0)" } ?? ""
    var sentence: String
    switch plan.source {
    case "own": sentence = "\(plan.dialplan): version \(plan.version ?? 0)\(since)"
    case "default": sentence = "\(plan.dialplan): the default's version \(plan.version ?? 0)\(since)"
    default: sentence = "\(plan.dialplan): no dialplan is in force"
    }
    if let back = plan.wentBack {
      sentence += ", gone back to \(back.from.map { "from \($0) " } ?? "")at \(back.at); saving a file takes the files again"
    }
    if plan.isRefused {
      let errors = plan.findings.count { $0.severity == "error" }
      sentence += "; the files were refused (\(errors) error\(errors == 1 ? "" : "s"))"
    }
    return sentence
  }
}
