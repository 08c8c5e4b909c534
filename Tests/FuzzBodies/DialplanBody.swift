import Dialplan

extension FuzzTarget {
  /// An extensions.conf, behind a line `%%` a file that it may include as b.conf: whatever they are, each finding has its place in them, and
  /// what was understood survives being printed.
  static let dialplan: Body = { octets throws(BrokenPromise) in
    let files = Self.files(octets)
    let loaded = Dialplan.load(from: SourceFiles(files))
    for finding in loaded.findings.all { try isInside(finding.place, files) }
    try promise(loaded.findings.all.count <= 2 * FindingList.maximumOfEach + 2, "findings are few")
    let findings = Checker.check(loaded.plan)
    try promise(findings.allSatisfy { $0.severity == .warning }, "the checker only warns")
    try survives(loaded.plan)
    // The same bytes as the other files of a business.
    let others = SourceFiles(files)
    for findings in [
      QueuesFile.load("extensions.conf", from: others).findings, VoicemailFile.load("extensions.conf", from: others).findings,
      MusicFile.load("extensions.conf", from: others).findings,
    ] {
      for finding in findings.all { try isInside(finding.place, files) }
    }
  }

  private static func files(_ octets: [UInt8]) -> [SourceFiles.File] {
    let mark = Array("\n%%\n".utf8)
    guard let first = octets.indices.first(where: { octets[$0...].starts(with: mark) }) else {
      return [SourceFiles.File("extensions.conf", octets)]
    }
    return [
      SourceFiles.File("extensions.conf", Array(octets[..<first])),
      SourceFiles.File("b.conf", Array(octets[(first + mark.count)...])),
    ]
  }

  private static func isInside(_ place: SourcePlace, _ files: [SourceFiles.File]) throws(BrokenPromise) {
    guard let file = files.first(where: { $0.name == place.file }) else {
      throw BrokenPromise(description: "\(place) is in no file")
    }
    let lines = file.octets.split(separator: 0x0A, omittingEmptySubsequences: false)
    let isInside = (1...lines.count).contains(place.line) && (1...lines[place.line - 1].count + 1).contains(place.column)
    // Bytes that are no text are longer once they are replaced.
    let isText = String(validating: file.octets, as: UTF8.self) != nil
    try promise(isInside || !isText, "\(place) is a place in the file")
  }

  private static func survives(_ plan: Dialplan) throws(BrokenPromise) {
    let printed = plan.printed
    // What was put together by += may be too long for one line.
    guard printed.utf8.split(separator: 0x0A).allSatisfy({ $0.count <= SourceReader.maximumLineLength }) else { return }
    let again = Dialplan.load(from: SourceFiles(["extensions.conf": printed]))
    let faults = again.findings.all.filter {
      $0.severity == .error && !plan.promises.flatMap(\.findings).map(\.what).contains($0.what)
    }
    try promise(faults.isEmpty, "what was printed is read: \(faults)")
    let (before, after) = (meaning(plan), meaning(again.plan))
    let lost = before.filter { !after.contains($0) }.prefix(3)
    let gained = after.filter { !before.contains($0) }.prefix(3)
    try promise(before == after, "what was read survives: \(lost) became \(gained)")
  }

  /// Everything of a plan but where it stood.
  private static func meaning(_ plan: Dialplan) -> [String] {
    var lines = ["\(plan.fallsThrough) \(plan.clearsGlobals)"]
    lines += plan.globals.map { "\($0.name)=\($0.value)" } + plan.promises.map { ";@test \($0.text)" }
    for name in plan.contextsInOrder {
      guard let context = plan.contexts[name] else { continue }
      lines.append(
        "[\(context.name)] \(context.includes.map { [$0.context, $0.times?.text ?? "-"] }) \(context.ignored.map(\.text))")
      for item in context.extensions {
        lines.append("\(item.pattern.text)|\(item.caller?.text ?? "-")|\(item.hint ?? "-")|\(item.caption ?? "-")|")
        lines += item.labels.sorted { $0.key < $1.key }.map { "\($0.key) is \($0.value)" }
        for (priority, step) in item.steps.sorted(by: { $0.key < $1.key }) {
          lines.append("\(priority) \(step.application)<\(step.arguments.text)>")
        }
      }
    }
    return lines
  }
}
