import CalldockerTesting
import Calls
import Foundation
import Testing
import Wire

@Suite("What a person reads of a call that went this way")
struct StoryTests {
  @Test("Scenario by scenario: every sentence, and the same end when it is run again", arguments: Scenario.all)
  func tell(_ scenario: Scenario) throws {
    let stage = try Stage(seed: 90)
    try scenario.play(stage)
    let record = try stage.record()
    let story = FlightStory(record, clock: FlightClock(offset: 0), showsPersonal: true).text
    let ladder = FlightLadder(record, clock: FlightClock(offset: 0), showsPersonal: true, width: 110).text
    var replay = FlightReplay(try ReplayTests.written(record))
    let verdict = replay.run().verdict
    let path = "/tmp/why/\(scenario.name).txt"
    try "== \(scenario.name)\n\(story)\n\(verdict)\n\n\(ladder)\n".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(verdict.isSame, "\(verdict)\n\(story)\n\(stage.world.history)")
  }
}
