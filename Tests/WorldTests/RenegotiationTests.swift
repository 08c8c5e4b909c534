import CalldockerTesting
import Calls
import Peers
import Testing
import Wire

@Suite("What a phone changes in a running call, and the browser never learns of")
struct RenegotiationTests {
  /// A world in which alice's phone and a visitor talk.
  private func call(seed: UInt64) throws -> (World, SoftPhone, BrowserPeer) {
    let world = try World(seed: seed)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .answer(after: .seconds(1)))
    world.run(for: .seconds(1))
    let browser = world.addBrowser()
    _ = try world.call(from: browser)
    #expect(world.run(atMost: .seconds(10)) { phone.isTalking && browser.isConnected }, "\(world.history)")
    world.run(for: .seconds(1))
    return (world, phone, browser)
  }

  @Test("A hold sends the phone nothing and is told to the visitor; so is its end (RFC 3264 §8.4)")
  func hold() throws {
    let (world, phone, browser) = try call(seed: 20)
    phone.reinvite(.sendonly)
    world.run(for: .seconds(1))
    let held = try #require(phone.lastHeard)
    #expect(world.visitorEvents.contains { if case .held = $0 { true } else { false } })
    world.run(for: .seconds(4))
    #expect(phone.lastHeard == held, "a phone that holds is sent no sound")
    #expect(phone.renegotiations == [.ok], "what was acknowledged is not repeated: \(world.history)")
    phone.reinvite(.sendrecv)
    world.run(for: .seconds(2))
    #expect(try #require(phone.lastHeard) > held + .seconds(4))
    #expect(world.visitorEvents.count { if case .talking = $0 { true } else { false } } == 2)
    #expect(browser.voice.sources.count == 1)
    phone.hangUp()
    world.run(for: .seconds(40))
    #expect(world.exchange.callCount == 0 && world.legCount == 0)
  }

  @Test("A re-INVITE without an offer gets ours, and the ACK's answer counts (RFC 3261 §14.2)")
  func lateOffer() throws {
    let (world, phone, browser) = try call(seed: 21)
    phone.reinvite(.sendrecv, movingTo: 9000, offers: false)
    world.run(for: .milliseconds(100))
    let before = try #require(phone.lastHeard)
    world.run(for: .seconds(2))
    #expect(try #require(phone.lastHeard) > before + .seconds(1), "sound follows the phone to its new port")
    #expect(browser.voice.share(of: 1000) > 0.8)
    #expect(phone.renegotiations == [.ok])
  }

  @Test("A phone that never acknowledges a re-INVITE's answer is hung up after 32 s (RFC 3261 §13.3.1.4)")
  func unacknowledged() throws {
    let (world, phone, _) = try call(seed: 22)
    phone.acknowledges = false
    phone.reinvite(.sendrecv)
    world.run(for: .seconds(31))
    #expect(phone.isTalking)
    #expect(phone.renegotiations.count > 5, "the answer is repeated")
    world.run(for: .seconds(2))
    #expect(!phone.isTalking, "\(world.history)")
    #expect(world.visitorEvents.contains { if case .ended(_, .connectionLost, _) = $0 { true } else { false } })
  }

  @Test("While our offer waits for its answer, another INVITE is 491 (RFC 3261 §14.2)")
  func glare() throws {
    let (world, phone, _) = try call(seed: 23)
    phone.acknowledges = false
    phone.reinvite(.sendrecv, offers: false)
    world.run(for: .milliseconds(100))
    phone.reinvite(.sendonly)
    world.run(for: .milliseconds(100))
    #expect(phone.renegotiations.last == .requestPending)
    #expect(!world.visitorEvents.contains { if case .held = $0 { true } else { false } })
  }

  @Test("A phone that does not register again is forgotten when its time is over (RFC 3261 §10.3)")
  func expiry() throws {
    let world = try World(seed: 24)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .ringOnly)
    world.run(for: .seconds(1))
    #expect(phone.isRegistered && world.exchange.tenant(world.tenant)?.isAnybodyThere == true)
    world.run(for: .seconds(3601))
    #expect(world.exchange.tenant(world.tenant)?.isAnybodyThere == false)
    #expect(world.exchange.deadline == nil, "an exchange with nothing to do sleeps")
  }
}
