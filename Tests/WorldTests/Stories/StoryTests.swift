import CalldockerTesting
import Calls
import Foundation
import Testing
import Wire

/// Scenario by scenario, what a person reads of a call. After a change of a sentence `TOLD=write swift test --filter StoryTests` writes
/// `told.txt` anew, to be read before it is kept.
@Suite("What a person reads of a call that went this way")
struct StoryTests {
  private static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "told.txt")
  private static let writes = ProcessInfo.processInfo.environment["TOLD"] == "write"

  /// The texts of the file by the names above them.
  private static let told: [String: String] = {
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    let parts = text.split(separator: "== ").map { $0.split(separator: "\n", maxSplits: 1) }
    return Dictionary(uniqueKeysWithValues: parts.filter { $0.count == 2 }.map { (String($0[0]), trimmed(String($0[1]))) })
  }()

  private static func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }

  /// Without what depends on how sound is made: how many packets there were, and how loud.
  private static func bare(_ story: String) -> String {
    story.replacing(#/[0-9.]+( packets| sent,| % lost)/#) { "…\($0.output.1)" }.replacing(#/-[0-9]+ dBFS/#, with: "… dBFS")
  }

  /// The story without its first line, which is about no call in particular.
  private static func play(_ scenario: Scenario) throws -> (record: FlightRecord, story: String, history: String) {
    let stage = try Stage(seed: 90)
    try scenario.play(stage)
    let record = try stage.record()
    let story = FlightStory(record, clock: FlightClock(offset: 0), showsPersonal: true).text
    return (record, bare(String(story.drop { $0 != "\n" }.dropFirst())), stage.world.history)
  }

  @Test("Scenario by scenario: every sentence, and the same end when it is run again", arguments: Scenario.all)
  func tell(_ scenario: Scenario) throws {
    let (record, story, history) = try Self.play(scenario)
    var replay = FlightReplay(try ReplayTests.written(record))
    let (verdict, replayed) = replay.run()
    #expect(verdict.isSame && replayed?.end == record.end, "\(verdict)\n\(story)\n\(history)")
    Self.judgeHidden(record)
    guard !Self.writes else { return }
    #expect(story == Self.told[scenario.name], "\(scenario.name):\n\(story)")
  }

  /// Names, numbers and pages stay where they are.
  private static func judgeHidden(_ record: FlightRecord) {
    let clock = FlightClock(offset: 0)
    let hidden = FlightStory(record, clock: clock, showsPersonal: false).text
    let ladder = FlightLadder(record, clock: clock, showsPersonal: false, width: 100).text
    for word in ["alice", "bob", "Vera", "198.51.100", "203.0.113"] {
      #expect(!hidden.contains(word) && !ladder.contains(word), "\(word) in:\n\(hidden)\n\(ladder)")
    }
    #expect(ladder.split(separator: "\n").allSatisfy { $0.count <= 100 }, "\(ladder)")
  }

  @Test("The file tells of no scenario that there is not", .enabled(if: !writes))
  func complete() { #expect(Set(Self.told.keys) == Set(Scenario.all.map(\.name))) }

  @Test("Writes the file anew", .enabled(if: writes))
  func write() throws {
    let parts = try Scenario.all.map { "== \($0.name)\n\n\(try Self.play($0).story)\n" }
    try parts.joined(separator: "\n").write(to: Self.file, atomically: true, encoding: .utf8)
  }
}
