import Foundation
import Testing

@testable import Dialplan

/// Plans in the manners in which people and programs write them.
@Suite("Plans as they are found")
struct SamplesTests {
  private static let files: SourceFiles = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Samples")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
    return SourceFiles(
      names.compactMap { name in
        FileManager.default.contents(atPath: folder.appending(path: name).path()).map { SourceFiles.File(name, Array($0)) }
      })
  }()

  @Test(
    "They load without errors, each with what its admin ought to know",
    arguments: [
      ("small-office.conf", 16, ["There is no context [parkedcalls] to include.", "Macro is gone"]),
      ("templates.conf", 13, ["Queue does not serve the option t"]),
      ("generated.conf", 14, ["ResetCDR is an application of Asterisk that is not served", "Dial does not serve the option"]),
      ("old-habits.conf", 6, ["No context can be named incoming-night|", "Dial( is not closed", "System would run a program"]),
      ("conference.conf", 9, ["ConfBridge is an application of Asterisk"]),
    ])
  func load(name: String, extensions: Int, said: [String]) {
    let loaded = Dialplan.load(name, from: Self.files)
    let findings = loaded.findings.all + Checker.check(loaded.plan)
    #expect(findings.filter { $0.severity == .error } == [])
    #expect(loaded.plan.contexts.values.reduce(0) { $0 + $1.extensions.count } == extensions)
    for sentence in said { #expect(findings.contains { $0.what.contains(sentence) }, "\(sentence)") }
    #expect(PrintingTests.meaning(PrintingTests.load(loaded.plan.printed).plan) == PrintingTests.meaning(loaded.plan))
  }
}
