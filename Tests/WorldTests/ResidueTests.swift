import CalldockerTesting
import Calls
import Peers
import RTP
import SIPSyntax
import Testing
import Wire

/// After a call and the half minutes that its last messages may take, an exchange is as empty as before it.
@Suite("Nothing is left of a call")
struct ResidueTests {
  private func world(_ habits: SoftPhone.Habit...) throws -> World {
    let world = try World(seed: 21)
    try world.addAgent("alice")
    for habit in habits { world.addPhone("alice", habit: habit) }
    world.run(for: .seconds(1))
    return world
  }

  private func expectNothing(_ world: World) {
    // The phones' registrations run out last.
    world.run(for: .seconds(3800))
    #expect(world.exchange.census == Exchange.Census(), "\(world.history)")
    #expect(world.exchange.deadline == nil && world.legCount == 0)
  }

  @Test("Talked and hung up, by the phone and by the visitor", arguments: [true, false])
  func talked(byPhone: Bool) throws {
    let world = try world(.answer(after: .seconds(1)))
    let call = try world.call(from: world.addBrowser())
    world.run(for: .seconds(3))
    #expect(world.exchange.census.dialogs == 1)
    if byPhone {
      world.phones[0].hangUp()
    } else {
      world.perform(world.exchange.hangUp(VisitorID(1), call, at: world.network.now))
    }
    expectNothing(world)
  }

  @Test("Declined by one phone, by the agent, or never answered", arguments: [StatusCode.busyHere, .decline, nil])
  func refused(status: StatusCode?) throws {
    let world = try world(status.map { .decline($0) } ?? .ringOnly, .ringOnly)
    _ = try world.call(from: world.addBrowser())
    expectNothing(world)
  }

  @Test("Three phones answer at once")
  func race() throws {
    let world = try world(.answer(after: .seconds(1)), .answer(after: .seconds(1)), .answer(after: .seconds(1)))
    let call = try world.call(from: world.addBrowser())
    world.run(for: .seconds(3))
    world.perform(world.exchange.hangUp(VisitorID(1), call, at: world.network.now))
    expectNothing(world)
  }

  @Test("The visitor leaves before anybody answers")
  func left() throws {
    let world = try world(.ringOnly)
    _ = try world.call(from: world.addBrowser())
    world.run(for: .seconds(2))
    world.perform(world.exchange.visitorGone(VisitorID(1), isDeliberate: true, at: world.network.now))
    expectNothing(world)
  }

  @Test("A phone's leg fails while it rings: its INVITE is taken back and its leg closed")
  func failedLeg() throws {
    let world = try world(.ringOnly)
    _ = try world.call(from: world.addBrowser())
    world.run(for: .seconds(1))
    // The visitor's leg is the first, the phone's the second.
    world.perform(world.exchange.receive(.failed(LegID(2), .handshakeFailed), at: world.network.now))
    world.run(for: .seconds(2))
    #expect(world.phones[0].cancelReasons.count == 1, "\(world.history)")
    expectNothing(world)
  }

  @Test("Shut down in the middle of everything")
  func shutDown() throws {
    let world = try world(.answer(after: .seconds(1)))
    _ = try world.call(from: world.addBrowser())
    world.run(for: .seconds(3))
    world.perform(world.exchange.shutDown(at: world.network.now))
    #expect(world.exchange.callCount == 0)
    expectNothing(world)
  }
}
