import Dialplan
import Foundation
import Runtime

extension Command {
  static let dialplanCheck = Verb(
    name: "dialplan check", words: nil, summary: "say everything that is wrong with dialplans, and keep their promises",
    flags: [
      Flag("sounds", "DIR", "where prompts are; without it a missing one is not told of"),
      Flag("json", nil, "{\"findings\":[…],\"errors\":…,\"warnings\":…} on one line"),
    ],
    notes: """
      Say `calldocker dialplan check PATH…`, each an extensions.conf or a folder that has one; without any, each folder below
      dialplans/ is looked at. queues.conf and voicemail.conf beside it say which queues and mailboxes there are. An error is what
      would keep the file from taking force, a warning what will go wrong for a caller. Promises (;@test) are tried as well. The
      code is 65 where there is an error.
      """
  ) { options, _ in
    if let fault = options.faults.first {
      throw Failure(code: EX_USAGE, sentence: "\(fault)\n\nUsage: calldocker dialplan check [PATH]…")
    }
    let plans = try options.words.isEmpty ? PlanOnDisk.standing() : options.words.map { try PlanOnDisk($0) }
    let sounds = options["sounds"].map { SoundFolder($0).lengths }
    var findings: [Finding] = []
    let zones = ZoneFolder.read(here: ZoneFolder.ofMachine())
    for plan in plans { findings += check(plan, sounds, zones) }
    let errors = findings.count { $0.severity == .error }
    let shown = CheckShown(
      findings: findings.map(FindingShown.init), errors: errors, warnings: findings.count - errors)
    try print(options, json: try json(shown)) { summary(findings, of: plans.count) }
    if errors > 0 { throw Silent(code: EX_DATAERR) }
  }

  struct FindingShown: Codable, Sendable {
    var severity: String
    var file: String
    var line: Int
    var column: Int
    var what: String
    var advice: String?

    init(_ finding: Finding) {
      severity = finding.severity.rawValue
      (file, line, column) = (finding.place.file, finding.place.line, finding.place.column)
      (what, advice) = (finding.what, finding.advice)
    }
  }

  private struct CheckShown: Encodable {
    var findings: [FindingShown]
    var errors: Int
    var warnings: Int
  }

  private static func summary(_ findings: [Finding], of files: Int) -> String {
    let errors = findings.count { $0.severity == .error }
    let plans = files == 1 ? "1 dialplan" : "\(files) dialplans"
    let end = "\(plans): \(counted(errors, "error")), \(counted(findings.count - errors, "warning"))."
    return (findings.map(\.description) + [end]).joined(separator: "\n")
  }

  private static func counted(_ count: Int, _ thing: String) -> String { "\(count) \(thing)\(count == 1 ? "" : "s")" }

  /// What is wrong with one plan; places are told by paths from where the command was given.
  private static func check(_ plan: PlanOnDisk, _ sounds: [String: Duration]?, _ zones: ZoneFiles) -> [Finding] {
    let folder = plan.folder
    let reading = PlanReading(DialplanFolder(folder.path), name: plan.file.lastPathComponent, sounds: sounds, zones: zones)
    let prefix = folder.relativePath == "." ? "" : folder.relativePath + "/"
    return reading.findings.map { $0.below(prefix) }
  }
}
