import Dialplan
import Foundation
import Runtime
import Wire

extension Command {
  static let dialplanTrace = Verb(
    name: "dialplan trace", words: [], summary: "walk a call through a dialplan without a call, and print each application",
    flags: [
      Flag("file", "F", "the extensions.conf to walk, or a folder that has one; what it includes is looked for there"),
      Flag("context", "C", "the context in which the call arrives"), Flag("exten", "E", "the extension that was dialled"),
      Flag("input", "DIGITS", "what the caller types during the next step that listens; empty for nothing", repeats: true),
      Flag("hangup-on", "APP", "the caller hangs up 0.4 s into the first step of this application"),
      Flag("at", "TIME", "when the call begins, such as \"2026-11-23 10:00\" (UTC); now unless told"),
      Flag("caller", "WHO", "who calls, such as '\"Ann\" <5551234>'"),
      Flag("result", "APP=STATUS", "how Dial, Queue, VoiceMail or Record ends; the k-th is for its k-th step", repeats: true),
      Flag("queues", "F", "the queues.conf that says which queues there are"),
      Flag("sounds", "DIR", "where prompts are, whose length counts; without it each lasts a second"),
      Flag("json", nil, "one object a line: context, exten, priority, app, args"),
    ],
    notes: """
      Time is imagined: a walk of an hour takes no time. Somebody who types begins after 0.3 s and needs 0.25 s for each further
      digit. Dial ends with CHANUNAVAIL and Queue with JOINEMPTY unless --result says otherwise; Local/ legs are walked themselves.
      """
  ) { options, _ in
    let walked = Walk.walk(try plan(options), try scenario(options))
    let isJSON = options.has("json")
    for line in walked.lines {
      switch line {
      case .step(let step):
        try Console.write((isJSON ? try json(StepShown(step)) : shown(step)) + "\n")
      case .log(let level, let sentence) where !isJSON && level != .debug:
        try Console.write("\(String(repeating: " ", count: 10))\(level.rawValue): \(sentence)\n")
      case .log: break
      }
    }
    if let stopped = walked.stopped { throw Failure(code: EX_DATAERR, sentence: stopped) }
  }

  private struct StepShown: Encodable {
    var context: String
    var exten: String
    var priority: Int
    var app: String
    var args: String

    init(_ step: Walked.Step) {
      context = step.position.context
      exten = step.position.exten
      priority = step.position.priority
      app = step.application
      args = step.arguments
    }
  }

  private static func shown(_ step: Walked.Step) -> String {
    let seconds = String(format: "%.2f", Double(step.at.milliseconds) / 1000)
    let time = String(repeating: " ", count: max(0, 7 - seconds.count)) + seconds
    return "\(time)  \(step.position.description.padded(to: 24))  \(step.application)(\(step.arguments))"
  }

  static func plan(_ options: Options, verb: String = "dialplan trace") throws -> Dialplan {
    guard let path = options["file"] else {
      throw Failure(
        code: EX_USAGE, sentence: "--file is missing: say which extensions.conf.\n\nMore: calldocker \(verb) --help")
    }
    let loaded = try PlanOnDisk(path).loaded
    let errors = loaded.findings.all.filter { $0.severity == .error }
    guard errors.isEmpty else {
      throw Failure(code: EX_DATAERR, sentence: errors.map(\.description).joined(separator: "\n"))
    }
    return loaded.plan
  }

  private static func scenario(_ options: Options) throws -> Scenario {
    guard let context = options["context"], let exten = options["exten"] else {
      throw Failure(
        code: EX_USAGE, sentence: "--context and --exten say where the call arrives.\n\nMore: calldocker dialplan trace --help")
    }
    var scenario = Scenario(context: context, exten: exten)
    scenario.inputs = options.values("input")
    scenario.zones = ZoneFolder.read()
    scenario.hangsUpOn = options["hangup-on"]
    scenario.epoch = try options["at"].map(epoch) ?? Int64(Date().timeIntervalSince1970)
    if let caller = options["caller"] { scenario.caller = Channel.Party(written: caller) }
    for result in options.values("result") {
      let parts = result.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw Failure(code: EX_USAGE, sentence: "--result \(result): say APP=STATUS, such as Dial=BUSY.")
      }
      scenario.results[parts[0].lowercased(), default: []].append(parts[1].uppercased())
    }
    if let folder = options["sounds"] { scenario.sounds = SoundFolder(folder).lengths }
    if let file = options["queues"] { scenario.queues = try queues(file) }
    return scenario
  }

  /// `2026-11-23 10:00`, seconds and the letter T allowed, in UTC.
  static func epoch(_ text: String) throws -> Int64 {
    for format in ["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm"] {
      let formatter = DateFormatter()
      formatter.locale = Locale(identifier: "en_US_POSIX")
      formatter.timeZone = TimeZone(secondsFromGMT: 0)
      formatter.dateFormat = format
      let plain = text.replacingOccurrences(of: "T", with: " ").replacingOccurrences(of: "Z", with: "")
      if let date = formatter.date(from: plain) { return Int64(date.timeIntervalSince1970) }
    }
    throw Failure(code: EX_USAGE, sentence: "--at \(text): say a time such as \"2026-11-23 10:00\".")
  }

  private static func queues(_ path: String) throws -> Set<String> {
    guard FileManager.default.isReadableFile(atPath: path) else {
      throw Failure(code: EX_NOINPUT, sentence: "The file \(path) cannot be read.")
    }
    let file = URL(fileURLWithPath: path)
    let files = DialplanFolder(file.deletingLastPathComponent().path).files
    return Set(QueuesFile.load(file.lastPathComponent, from: files).queues.map(\.name))
  }
}
