import CalldockerTesting
import Calls
import Peers
import Testing
import Wire

@Suite("What the call log keeps")
struct RecordTests {
  @Test("A call is written when it begins, and again when it is over, with what was measured on both legs")
  func whole() throws {
    let world = try World(seed: 60)
    world.network.loss = 0.03
    world.network.delay = .milliseconds(20)...(.milliseconds(30))
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .answer(after: .seconds(3)))
    #expect(world.run(atMost: .seconds(40)) { phone.isRegistered })
    let browser = world.addBrowser()
    let call = try world.call(from: browser)
    #expect(world.records.count == 1 && world.records[0].end == nil)
    #expect(world.run(atMost: .seconds(20)) { phone.isTalking && browser.isConnected })
    world.run(for: .seconds(30))
    phone.hangUp()
    world.run(for: .seconds(10))
    let record = try #require(world.records.last)
    #expect(world.records.count == 2 && record.call == call && record.agent?.description == "alice")
    #expect(record.end == .agentHungUp && (3...4).contains(record.ringingSeconds) && (29...32).contains(record.talkingSeconds))
    for leg in [try #require(record.visitorLeg), try #require(record.agentLeg)] {
      #expect(leg.packetsReceived > 1000 && (0.01...0.06).contains(leg.loss), "\(leg)")
      #expect((0.5...20).contains(leg.jitter), "\(leg)")
      #expect((2.5...4.3).contains(try #require(leg.meanOpinion)), "3 % of loss is heard: \(leg)")
    }
    #expect(record.visitorLeg?.codec == .opus && record.agentLeg?.codec == .pcmu)
  }

  @Test("Nobody answered: who rang last, how long, and why")
  func unanswered() throws {
    let world = try World(seed: 61)
    try world.addAgent("alice")
    world.addPhone("alice", habit: .ringOnly)
    world.run(for: .seconds(1))
    _ = try world.call(from: world.addBrowser())
    world.run(for: .seconds(40))
    let record = try #require(world.records.last)
    #expect(record.end == .noAnswer && record.answeredAt == nil && record.ringingSeconds == 25 && record.talkingSeconds == 0)
    #expect(record.agentLeg == nil && record.visitorLeg?.packetsReceived ?? 0 > 1000)
  }
}
