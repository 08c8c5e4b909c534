import CalldockerTesting
import Calls
import SIPSyntax
import Testing
import Wire

@Suite("A call that is run again goes the same way")
struct ReplayTests {
  private static let block: UInt64 = 50

  @Test("Every race of parallel ringing, from its recording", arguments: 0..<UInt64(8))
  func races(block: UInt64) throws {
    var whole = 0
    for seed in (block * Self.block)..<((block + 1) * Self.block) {
      let world = try RaceTests.live(seed: seed)
      for record in world.recorder.latest(of: world.tenant, atMost: 10, at: world.now) {
        var replay = FlightReplay(record)
        let (verdict, replayed) = replay.run()
        whole += 1
        let history = Comment(rawValue: "seed \(seed): \(verdict)\n\(world.ladder.joined(separator: "\n"))")
        #expect(verdict.isSame, history)
        #expect(replayed?.end == record.end && replayed?.agent == record.agent, history)
        guard verdict.isSame else { return }
      }
    }
    #expect(whole > 40)
  }
}
