import CalldockerTesting
import Calls
import Peers
import Testing
import Wire

@Suite("The browser that stumbles")
struct AbsenceTests {
  private let session = AgentSessionID(50)

  private func ended(_ world: World) -> EndReason? {
    for case .ended(_, let reason, _) in world.visitorEvents { return reason }
    return nil
  }

  /// A world in which a visitor talks with alice's phone.
  private func talking(seed: UInt64) throws -> (World, SoftPhone, BrowserPeer, CallID) {
    let world = try World(seed: seed)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .answer(after: .seconds(1)))
    world.run(for: .seconds(1))
    let browser = world.addBrowser(hums: 440)
    let call = try world.call(from: browser)
    #expect(world.run(atMost: .seconds(10)) { phone.isTalking && browser.isConnected }, "\(world.history)")
    world.run(for: .seconds(2))
    return (world, phone, browser, call)
  }

  @Test("A lost socket leaves the sound alone; the visitor comes back over another one")
  func socket() throws {
    let (world, phone, browser, call) = try talking(seed: 40)
    world.lose()
    world.run(for: .seconds(50))
    #expect(phone.isTalking && ended(world) == nil)
    #expect(phone.voice.share(of: 440) > 0.9, "\(phone.voice.share(of: 440))")
    let resumed = try world.resume(call, as: 2)
    #expect(resumed.event == .talking(call, agent: "alice") && resumed.answer == nil && resumed.seconds > 49)
    world.run(for: .seconds(20))
    #expect(phone.isTalking && browser.voice.share(of: 1000) > 0.9)
    world.perform(world.exchange.hangUp(VisitorID(2), call, at: world.network.now))
    #expect(world.run(atMost: .seconds(2)) { !phone.isTalking })
  }

  @Test("A tab that was duplicated takes the call over: the former one hears so in words, and cannot end it")
  func duplicate() throws {
    let (world, phone, _, call) = try talking(seed: 48)
    let told = world.visitorEvents.count
    let copy = world.addBrowser(hums: 550)
    try world.resume(call, as: 2, in: copy)
    #expect(world.visitorEvents[told...] == [.takenOver(call)])
    world.perform(world.exchange.hangUp(VisitorID(1), call, at: world.network.now))
    world.lose(isDeliberate: true)
    #expect(world.run(atMost: .seconds(5)) { copy.isConnected })
    world.run(for: .seconds(3))
    #expect(phone.isTalking && ended(world) == nil && phone.voice.share(of: 550, lastSeconds: 1) > 0.9)
  }

  @Test("A page that is loaded anew gets a leg of its own; until then the agent hears a soft tone")
  func reload() throws {
    let (world, phone, browser, call) = try talking(seed: 41)
    browser.vanish()
    world.lose()
    world.run(for: .seconds(8))
    #expect(phone.voice.share(of: 330, lastSeconds: 4) > 0.9, "\(phone.voice.share(of: 330, lastSeconds: 4))")
    let page = world.addBrowser(hums: 550)
    let resumed = try world.resume(call, as: 2, in: page)
    #expect(resumed.event == .talking(call, agent: "alice"))
    #expect(world.run(atMost: .seconds(5)) { page.isConnected })
    world.run(for: .seconds(4))
    #expect(phone.voice.share(of: 550, lastSeconds: 2) > 0.9, "\(phone.voice.share(of: 550, lastSeconds: 2))")
    #expect(page.voice.share(of: 1000) > 0.9)
    #expect(world.legCount == 2, "the old leg is closed")
  }

  @Test("A page's DTLS goodbye is no hang-up: the call waits for the page")
  func closeNotify() throws {
    let (world, phone, browser, call) = try talking(seed: 47)
    browser.sayGoodbye()
    world.run(for: .milliseconds(100))
    browser.vanish()
    world.lose()
    world.run(for: .seconds(10))
    #expect(phone.isTalking && phone.voice.share(of: 330, lastSeconds: 4) > 0.9)
    let page = world.addBrowser(hums: 550)
    try world.resume(call, as: 2, in: page)
    world.run(for: .seconds(3))
    #expect(phone.voice.share(of: 550, lastSeconds: 1) > 0.9)
  }

  @Test("A visitor who does not come back within 60 s has left")
  func sixtySeconds() throws {
    let (world, phone, browser, call) = try talking(seed: 42)
    browser.vanish()
    world.lose()
    world.run(for: .seconds(59))
    #expect(phone.isTalking, "even though its checks ended half a minute ago")
    #expect(throws: Refusal.self) { try world.resume(call, as: 2) }
    world.run(for: .seconds(2))
    #expect(!phone.isTalking && world.exchange.callCount == 0 && world.legCount == 0)
  }

  @Test("A goodbye ends the call at once; so does a loss before there was any sound")
  func goodbye() throws {
    let (world, phone, _, _) = try talking(seed: 43)
    world.lose(isDeliberate: true)
    #expect(ended(world) == .visitorHungUp)
    #expect(world.run(atMost: .seconds(1)) { !phone.isTalking })

    let (result, outputs) = world.exchange.callRequest(
      VisitorID(9), CallRequest(tenant: world.tenant.description), at: world.network.now)
    world.perform(outputs)
    _ = try result.get()
    world.lose(visitor: 9)
    #expect(world.exchange.callCount == 0)
  }

  @Test("Who does not know the token learns nothing, not even whether there is such a call")
  func token() throws {
    let (world, _, _, call) = try talking(seed: 44)
    let first = world.resumeToken
    world.lose()
    #expect(throws: Refusal(.unknownCall)) { try world.resume(call, as: 2, token: "guess") }
    #expect(throws: Refusal(.unknownCall)) { try world.resume(CallID("none"), as: 2) }
    try world.resume(call, as: 2, token: first)
    world.lose(visitor: 2)
    #expect(throws: Refusal(.unknownCall)) { try world.resume(call, as: 3, token: first) }
    try world.resume(call, as: 3)
    #expect(throws: Refusal(.badRequest, "This connection has a call already.")) { try world.resume(call, as: 3) }
  }

  @Test("An agent in a browser is told when the visitor is lost and when it is back")
  func told() throws {
    let world = try World(seed: 45)
    try world.addDesk(session)
    let visitor = world.addBrowser(hums: 440)
    let call = try world.call(from: visitor)
    let desk = world.addBrowser(hums: 1000)
    try world.accept(call, at: session, in: desk)
    #expect(world.run(atMost: .seconds(5)) { visitor.isConnected && desk.isConnected })
    world.run(for: .seconds(1))
    visitor.speaks = false
    world.run(for: .seconds(5))
    #expect(world.agentEvents.last == .visitorLost(call))
    visitor.speaks = true
    world.run(for: .seconds(2))
    #expect(world.agentEvents.last == .visitorBack(call))
    #expect(ended(world) == nil)
    #expect(desk.voice.share(of: 440, lastSeconds: 1) > 0.9)
  }

  @Test("A call that still rings waits for its visitor too, and an agent who answers meanwhile hears the tone")
  func ringing() throws {
    let world = try World(seed: 46)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .answer(after: .seconds(10)))
    world.run(for: .seconds(1))
    let browser = world.addBrowser()
    let call = try world.call(from: browser)
    #expect(world.run(atMost: .seconds(5)) { browser.isConnected })
    browser.vanish()
    world.lose()
    #expect(world.run(atMost: .seconds(12)) { phone.isTalking })
    world.run(for: .seconds(5))
    #expect(phone.voice.share(of: 330, lastSeconds: 2) > 0.9)
    let page = world.addBrowser(hums: 550)
    try world.resume(call, as: 2, in: page)
    world.run(for: .seconds(3))
    #expect(phone.voice.share(of: 550, lastSeconds: 1) > 0.9)
  }
}
