import CalldockerTesting
import Calls
import Peers
import Testing
import Wire

@Suite("The desk that stumbles")
struct DeskAbsenceTests {
  private let desk = AgentSessionID(50)
  private let again = AgentSessionID(51)

  private struct Talk {
    let world: World
    let visitor: BrowserPeer
    let page: BrowserPeer
    let call: CallID

    var ended: EndReason? {
      for case .ended(_, let reason, _) in world.visitorEvents { return reason }
      return nil
    }
  }

  /// A visitor (440 Hz) talks with alice at her desk (1000 Hz).
  private func talk(seed: UInt64) throws -> Talk {
    let world = try World(seed: seed)
    try world.addDesk(desk)
    let (visitor, page) = (world.addBrowser(hums: 440), world.addBrowser(hums: 1000))
    let call = try world.call(from: visitor)
    try world.accept(call, at: desk, in: page)
    #expect(world.run(atMost: .seconds(5)) { visitor.isConnected && page.isConnected }, "\(world.history)")
    world.run(for: .seconds(3))
    return Talk(world: world, visitor: visitor, page: page, call: call)
  }

  @Test("A lost socket leaves the sound alone; the agent comes back over another one, and is not rung meanwhile")
  func socket() throws {
    let talk = try talk(seed: 90)
    talk.world.lose(desk: desk)
    talk.world.run(for: .seconds(50))
    #expect(talk.ended == nil && talk.visitor.voice.share(of: 1000, lastSeconds: 2) > 0.9)
    #expect(try talk.world.addDesk(again).agent.state == .busy)
    #expect(throws: Refusal(.noAgents)) { try talk.world.call(from: talk.world.addBrowser(), visitor: 2) }
    let resumed = try talk.world.resume(talk.call, at: again)
    #expect(resumed.event == .soundIsWell(talk.call) && resumed.answer == nil && resumed.from == "Vera")
    #expect(resumed.seconds > 49)
    talk.world.run(for: .seconds(20))
    #expect(talk.ended == nil && talk.page.voice.share(of: 440, lastSeconds: 2) > 0.9)
    talk.world.perform(talk.world.exchange.hangUp(desk, talk.call, at: talk.world.network.now))
    #expect(talk.ended == nil, "the socket that was has no call any more")
    talk.world.perform(talk.world.exchange.hangUp(again, talk.call, at: talk.world.network.now))
    #expect(talk.ended == .agentHungUp)
  }

  @Test("A desk that was duplicated takes the call over: the former one hears so in words, and cannot end it")
  func duplicate() throws {
    let talk = try talk(seed: 98)
    try talk.world.addDesk(again)
    let told = talk.world.agentEvents.count
    let copy = talk.world.addBrowser(hums: 550)
    try talk.world.resume(talk.call, at: again, in: copy)
    #expect(talk.world.agentEvents[told...] == [.takenOver(talk.call)])
    talk.world.perform(talk.world.exchange.hangUp(desk, talk.call, at: talk.world.network.now))
    talk.world.lose(desk: desk, isDeliberate: true)
    #expect(talk.world.run(atMost: .seconds(5)) { copy.isConnected })
    talk.world.run(for: .seconds(3))
    #expect(talk.ended == nil && talk.visitor.voice.share(of: 550, lastSeconds: 1) > 0.9)
  }

  @Test("A desk whose line was lost and that comes back is told of no other")
  func comesBackAlone() throws {
    let talk = try talk(seed: 99)
    talk.world.lose(desk: desk)
    try talk.world.addDesk(again)
    let told = talk.world.agentEvents.count
    try talk.world.resume(talk.call, at: again)
    #expect(talk.world.agentEvents.count == told)
  }

  @Test("Who is removed hears how its call ended, then that it is an agent no more, and has no seat")
  func isToldOfRemoval() throws {
    let talk = try talk(seed: 100)
    let alice = try #require(AgentName("alice"))
    talk.world.perform(try talk.world.exchange.apply(.agentRemoved(talk.world.tenant, alice), at: talk.world.network.now))
    #expect(talk.ended == .unavailable)
    #expect(talk.world.agentEvents.last == .ended(talk.call, .unavailable, seconds: 3))
    #expect(talk.world.dismissals.map(\.session) == [desk] && talk.world.dismissals.map(\.why) == [.agentRemoved])
    #expect(talk.world.exchange.census.sessions == 0)
    let other = try World(seed: 101)
    for number in 0..<2 { try other.addDesk(AgentSessionID(UInt64(60 + number)), of: "agent\(number)") }
    other.perform(try other.exchange.apply(.tenantRemoved(other.tenant), at: other.network.now))
    #expect(other.dismissals.map(\.why) == [.businessRemoved, .businessRemoved])
  }

  @Test("A desk that shows a fresh token keeps its seat and its call; another agent's is refused")
  func freshToken() throws {
    let talk = try talk(seed: 102)
    let (result, outputs) = talk.world.exchange.registerAgent(
      desk, tenant: talk.world.tenant.description, agent: "Alice", isAuthorised: true, at: talk.world.network.now)
    #expect(try result.get().agent.state == .busy && outputs.isEmpty && talk.world.exchange.isTalking(desk))
    for (agent, isAuthorised) in [("bob", true), ("alice", false)] {
      let (other, _) = talk.world.exchange.registerAgent(
        desk, tenant: talk.world.tenant.description, agent: agent, isAuthorised: isAuthorised, at: talk.world.network.now)
      #expect(throws: Refusal.self) { try other.get() }
    }
  }

  @Test("A page that is loaded anew gets a leg of its own; until then the visitor hears a soft tone and is told")
  func reload() throws {
    let talk = try talk(seed: 91)
    talk.page.sayGoodbye()
    talk.world.run(for: .milliseconds(100))
    talk.page.vanish()
    talk.world.lose(desk: desk)
    talk.world.run(for: .seconds(8))
    #expect(talk.visitor.voice.share(of: 330, lastSeconds: 4) > 0.9, "\(talk.visitor.voice.share(of: 330, lastSeconds: 4))")
    let trouble = SoundTrouble(.hearsNothing, .nothingArrives)
    #expect(talk.world.visitorEvents.last == .troubled(talk.call, agent: "alice", trouble))
    let page = talk.world.addBrowser(hums: 700)
    try talk.world.addDesk(again)
    let resumed = try talk.world.resume(talk.call, at: again, in: page)
    #expect(resumed.answer != nil)
    #expect(talk.world.run(atMost: .seconds(5)) { page.isConnected })
    talk.world.run(for: .seconds(4))
    #expect(talk.visitor.voice.share(of: 700, lastSeconds: 2) > 0.9, "\(talk.visitor.voice.share(of: 700, lastSeconds: 2))")
    #expect(page.voice.share(of: 440, lastSeconds: 2) > 0.9)
    #expect(talk.world.visitorEvents.last == .talking(talk.call, agent: "alice"))
    #expect(talk.world.legCount == 2, "the old leg is closed")
    #expect(talk.visitor.voice.sources.count == 1, "the visitor's browser hears one source for life")
  }

  @Test("An agent whose network changes restarts ICE, by call-offer and by call-resume: keys and leg stay")
  func restart() throws {
    let talk = try talk(seed: 92)
    let world = talk.world
    talk.page.restart()
    let (result, outputs) = world.exchange.callOffer(desk, talk.call, talk.page.offer, at: world.network.now)
    world.perform(outputs)
    let answer = try result.get()
    #expect(answer.contains(" 2 IN IP4 "), "the same session in its second version (RFC 8866 §5.2): \(answer)")
    #expect(outputs.contains { if case .media(.restart) = $0 { true } else { false } })
    try talk.page.goOn(answer)
    world.run(for: .seconds(40))
    #expect(talk.ended == nil && talk.visitor.voice.share(of: 1000, lastSeconds: 2) > 0.9, "consent goes by the new checks")
    world.lose(desk: desk)
    try world.addDesk(again)
    talk.page.restart()
    let (resumed, wishes) = world.exchange.resume(
      again, tenant: world.tenant.description, talk.call, token: world.deskToken, offer: talk.page.offer, at: world.network.now)
    world.perform(wishes)
    try talk.page.goOn(try #require(try resumed.get().answer))
    world.run(for: .seconds(40))
    #expect(talk.visitor.voice.share(of: 1000, lastSeconds: 2) > 0.9 && world.legCount == 2)
    let stray = world.exchange.callOffer(again, CallID("none"), talk.page.offer, at: world.network.now)
    #expect(stray.0 == .failure(Refusal(.unknownCall)))
  }

  @Test("An agent who does not come back within 60 s has left")
  func sixtySeconds() throws {
    let talk = try talk(seed: 93)
    talk.page.vanish()
    talk.world.lose(desk: desk)
    talk.world.run(for: .seconds(59))
    #expect(talk.ended == nil, "even though its checks ended half a minute ago")
    try talk.world.addDesk(again)
    #expect(throws: Refusal.self, "without an offer its sound is gone") { try talk.world.resume(talk.call, at: again) }
    talk.world.run(for: .seconds(2))
    #expect(talk.ended == .connectionLost && talk.world.legCount == 0)
    #expect(talk.world.exchange.tenant(talk.world.tenant)?.presences().first?.state == .available)
    talk.world.lose(desk: again)
    talk.world.run(for: .seconds(40))
    #expect(talk.world.exchange.census == Exchange.Census())
  }

  @Test("A goodbye ends the call at once")
  func goodbye() throws {
    let talk = try talk(seed: 94)
    talk.world.lose(desk: desk, isDeliberate: true)
    #expect(talk.ended == .agentHungUp && talk.world.exchange.callCount == 0)
    #expect(throws: Refusal(.unauthorised, "register-agent comes before call-resume.")) {
      try talk.world.resume(talk.call, at: desk)
    }
    try talk.world.addDesk(again)
    #expect(throws: Refusal(.unknownCall)) { try talk.world.resume(talk.call, at: again) }
  }

  @Test("Only the same agent with the token comes back; the token is good once, and a visitor's is none")
  func token() throws {
    let talk = try talk(seed: 95)
    let world = talk.world
    let first = world.deskToken
    world.lose(desk: desk)
    try world.addDesk(AgentSessionID(60), of: "bob")
    #expect(throws: Refusal(.unknownCall), "bob is another") { try world.resume(talk.call, at: AgentSessionID(60)) }
    try world.addDesk(again)
    for token in ["guess", "", world.resumeToken] {
      #expect(throws: Refusal(.unknownCall)) { try world.resume(talk.call, at: again, token: token) }
    }
    #expect(throws: Refusal(.unknownCall)) { try world.resume(talk.call, as: 2, token: first) }
    try world.resume(talk.call, at: again, token: first)
    world.lose(desk: again)
    try world.addDesk(desk)
    #expect(throws: Refusal(.unknownCall)) { try world.resume(talk.call, at: desk, token: first) }
    try world.resume(talk.call, at: desk)
  }

  @Test("An agent may be back before anybody noticed that the old socket is dead; its end then means nothing")
  func overlap() throws {
    let talk = try talk(seed: 99)
    try talk.world.addDesk(again)
    try talk.world.resume(talk.call, at: again)
    talk.world.lose(desk: desk)
    talk.world.run(for: .seconds(70))
    #expect(talk.ended == nil && talk.page.voice.share(of: 440, lastSeconds: 2) > 0.9)
    talk.world.lose(desk: again, isDeliberate: true)
    #expect(talk.ended == .agentHungUp)
  }

  @Test("Who proved to be the agent hears by register-agent of the call that waits, and of none that does not")
  func waiting() throws {
    let talk = try talk(seed: 96)
    #expect(try talk.world.addDesk(again, isAuthorised: true).waiting == nil, "the other tab talks")
    talk.world.lose(desk: desk)
    #expect(try talk.world.addDesk(AgentSessionID(52)).waiting == nil, "an open tenant lets anybody in")
    let waiting = try #require(try talk.world.addDesk(AgentSessionID(53), isAuthorised: true).waiting)
    #expect(waiting.call == talk.call && waiting.resumeToken == talk.world.deskToken)
    try talk.world.resume(waiting.call, at: again, token: waiting.resumeToken, in: talk.world.addBrowser())
  }

  @Test("Both may stumble at once, and come back in either order", arguments: [true, false])
  func both(visitorFirst: Bool) throws {
    let talk = try talk(seed: 97)
    let world = talk.world
    for browser in [talk.page, talk.visitor] { browser.vanish() }
    world.lose(desk: desk)
    world.lose()
    world.run(for: .seconds(10))
    let (visitor, page) = (world.addBrowser(hums: 550), world.addBrowser(hums: 700))
    if visitorFirst { try world.resume(talk.call, as: 2, in: visitor) }
    try world.addDesk(again)
    let resumed = try world.resume(talk.call, at: again, in: page)
    #expect(resumed.event == (visitorFirst ? .soundIsWell(talk.call) : .visitorLost(talk.call)))
    world.run(for: .seconds(5))
    if !visitorFirst {
      #expect(page.voice.share(of: 330, lastSeconds: 2) > 0.9, "the visitor is still away")
      try world.resume(talk.call, as: 2, in: visitor)
    }
    world.run(for: .seconds(5))
    #expect(page.voice.share(of: 550, lastSeconds: 2) > 0.9 && visitor.voice.share(of: 700, lastSeconds: 2) > 0.9)
    world.perform(world.exchange.hangUp(VisitorID(2), talk.call, at: world.network.now))
    guard case .ended(talk.call, .visitorHungUp, _)? = world.agentEvents.last else {
      Issue.record("the agent was not told of the end: \(world.agentEvents)")
      return
    }
    world.lose(desk: again)
    world.run(for: .seconds(40))
    #expect(world.exchange.census == Exchange.Census() && world.legCount == 0)
  }

  @Test("An agent who is away and removed, or whose business is, takes the call with it")
  func removed() throws {
    let talk = try talk(seed: 98)
    talk.world.lose(desk: desk)
    let alice = try #require(AgentName("alice"))
    talk.world.perform(try talk.world.exchange.apply(.agentRemoved(talk.world.tenant, alice), at: talk.world.network.now))
    #expect(talk.ended == .unavailable)
    talk.world.run(for: .seconds(70))
    #expect(talk.world.exchange.census == Exchange.Census())
  }
}
