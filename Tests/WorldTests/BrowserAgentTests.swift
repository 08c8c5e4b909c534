import CalldockerTesting
import Calls
import Peers
import SIPSyntax
import Testing
import Wire

@Suite("An agent who works in a browser")
struct BrowserAgentTests {
  private let session = AgentSessionID(50)

  private func ended(_ world: World) -> EndReason? {
    for case .ended(_, let reason, _) in world.visitorEvents { return reason }
    return nil
  }
  private func endings(_ world: World) -> [AgentEvent.IncomingEnd] {
    world.agentEvents.compactMap { if case .incomingCallEnded(_, let why) = $0 { why } else { nil } }
  }

  /// The agent's click on "accept", in a browser that hums 1000 Hz.
  private func accept(_ world: World, _ call: CallID) throws -> BrowserPeer {
    let desk = world.addBrowser(hums: 1000)
    try world.accept(call, at: session, in: desk)
    return desk
  }

  @Test("Visitor and agent hear each other, browser to browser, and each side's hang-up is told to the other")
  func talk() throws {
    let world = try World(seed: 30)
    try world.addDesk(session)
    let visitor = world.addBrowser(hums: 440)
    let call = try world.call(from: visitor)
    #expect(world.agentEvents == [.incomingCall(call, from: "Vera", page: nil)])
    #expect(world.visitorEvents.contains(.ringing(call)))
    let desk = try accept(world, call)
    #expect(world.run(atMost: .seconds(5)) { visitor.isConnected && desk.isConnected }, "\(world.history)")
    world.run(for: .seconds(3))
    #expect(desk.voice.share(of: 440) > 0.9, "\(desk.voice.share(of: 440))")
    #expect(visitor.voice.share(of: 1000) > 0.9, "\(visitor.voice.share(of: 1000))")
    world.perform(world.exchange.hangUp(session, call, at: world.network.now))
    #expect(ended(world) == .agentHungUp)
    #expect(world.agentEvents.last == .ended(call, .agentHungUp, seconds: 3))
    #expect(world.exchange.callCount == 0 && world.legCount == 0)
  }

  @Test("An agent's phone and browser ring together; the browser's answer silences the phone as answered elsewhere")
  func both() throws {
    let world = try World(seed: 31)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .ringOnly)
    world.run(for: .seconds(1))
    try world.addDesk(session)
    let call = try world.call(from: world.addBrowser())
    #expect(world.run(atMost: .seconds(2)) { phone.timesRung == 1 })
    _ = try accept(world, call)
    world.run(for: .seconds(1))
    #expect(phone.cancelReasons == [Reason(cause: 200, text: "Call completed elsewhere")])
    #expect(endings(world).isEmpty, "the browser that answered is not told that its call went elsewhere")
  }

  @Test("The phone's answer silences the browser")
  func phoneFirst() throws {
    let world = try World(seed: 32)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .answer(after: .seconds(1)))
    world.run(for: .seconds(1))
    try world.addDesk(session)
    let call = try world.call(from: world.addBrowser())
    #expect(world.run(atMost: .seconds(5)) { phone.isTalking })
    world.run(for: .milliseconds(50))
    #expect(endings(world) == [.answeredElsewhere])
    let late = world.exchange.accept(session, call, offer: world.addBrowser().offer, at: world.network.now)
    #expect(late.0 == .failure(Refusal(.unknownCall)))
  }

  @Test("Who rejects is followed by the next agent; when the last one does, the visitor hears that it was declined")
  func reject() throws {
    let world = try World(seed: 33)
    try world.addDesk(session)
    try world.addDesk(AgentSessionID(51), of: "bob")
    let call = try world.call(from: world.addBrowser())
    world.perform(world.exchange.reject(session, call, at: world.network.now))
    #expect(world.agentEvents.count { if case .incomingCall = $0 { true } else { false } } == 2)
    #expect(ended(world) == nil)
    world.perform(world.exchange.reject(AgentSessionID(51), call, at: world.network.now))
    #expect(ended(world) == .declined)
  }

  @Test("Two desks of one agent ring; the first that accepts has the call, and the other hears that and comes too late")
  func tabs() throws {
    let world = try World(seed: 39)
    let other = AgentSessionID(51)
    try world.addDesk(session)
    try world.addDesk(other)
    let call = try world.call(from: world.addBrowser())
    #expect(world.agentEvents.count { if case .incomingCall = $0 { true } else { false } } == 2)
    try world.accept(call, at: other, in: world.addBrowser(hums: 1000))
    #expect(endings(world) == [.answeredElsewhere], "one of them is told")
    #expect(throws: Refusal(.unknownCall)) { try world.accept(call, at: session, in: world.addBrowser()) }
    world.perform(world.exchange.hangUp(session, call, at: world.network.now))
    world.perform(world.exchange.reject(session, call, at: world.network.now))
    #expect(ended(world) == nil, "the tab that did not answer has no part in the call")
    world.lose(desk: session, isDeliberate: true)
    #expect(ended(world) == nil)
  }

  @Test("A reject at a desk is the agent's: its phone and its other desk stop, and the next agent rings")
  func rejectsForAll() throws {
    let world = try World(seed: 29)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .ringOnly)
    world.run(for: .seconds(1))
    try world.addDesk(session)
    try world.addDesk(AgentSessionID(51))
    try world.addDesk(AgentSessionID(60), of: "bob")
    let call = try world.call(from: world.addBrowser())
    #expect(world.run(atMost: .seconds(2)) { phone.timesRung == 1 })
    world.perform(world.exchange.reject(session, call, at: world.network.now))
    world.run(for: .seconds(1))
    #expect(phone.cancelReasons.count == 1 && endings(world) == [.timeout, .timeout])
    #expect(world.agentEvents.last == .incomingCall(call, from: "Vera", page: nil))
    #expect(throws: Refusal(.unknownCall)) { try world.accept(call, at: AgentSessionID(51), in: world.addBrowser()) }
    try world.accept(call, at: AgentSessionID(60), in: world.addBrowser())
    #expect(world.visitorEvents.contains(.talking(call, agent: "bob")))
  }

  @Test("A desk that is lost while the phone rings does not take the phone's ringing with it")
  func lostWhileRinging() throws {
    let world = try World(seed: 28)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .answer(after: .seconds(3)))
    world.run(for: .seconds(1))
    try world.addDesk(session)
    _ = try world.call(from: world.addBrowser())
    world.run(for: .seconds(1))
    world.lose(desk: session)
    #expect(world.run(atMost: .seconds(4)) { phone.isTalking })
  }

  @Test("The only desk that rings may be lost and come back within 10 s; where another agent is free, that one rings at once")
  func lostAndBack() throws {
    let world = try World(seed: 27)
    let back = AgentSessionID(51)
    try world.addDesk(session)
    let call = try world.call(from: world.addBrowser())
    world.lose(desk: session)
    world.run(for: .seconds(9))
    #expect(ended(world) == nil)
    #expect(throws: Refusal(.noAgents)) { try world.call(from: world.addBrowser(), visitor: 2) }
    try world.addDesk(back)
    world.run(for: .seconds(15))
    #expect(ended(world) == nil, "its ringing has its whole time")
    try world.addDesk(AgentSessionID(60), of: "bob")
    world.lose(desk: back)
    #expect(world.agentEvents.last == .incomingCall(call, from: "Vera", page: nil))
    world.lose(desk: AgentSessionID(60))
    world.run(for: Call.deskReturnTime + .milliseconds(1))
    #expect(ended(world) == .noAnswer)
    world.run(for: .seconds(40))
    #expect(world.exchange.census == Exchange.Census())
  }

  @Test("A browser that closes takes its agent out of routing, whether it rings or talks")
  func gone() throws {
    let world = try World(seed: 34)
    try world.addDesk(session)
    _ = try world.call(from: world.addBrowser())
    world.perform(world.exchange.sessionGone(session, isDeliberate: true, at: world.network.now))
    #expect(ended(world) == .noAnswer)
    #expect(throws: Refusal(.noAgents)) { try world.call(from: world.addBrowser(), visitor: 2) }

    let other = try World(seed: 35)
    try other.addDesk(session)
    let call = try other.call(from: other.addBrowser())
    _ = try accept(other, call)
    other.run(for: .seconds(1))
    other.perform(other.exchange.sessionGone(session, isDeliberate: true, at: other.network.now))
    #expect(ended(other) == .agentHungUp)
  }

  @Test("An agent who pauses is not rung; one who talks is not rung twice")
  func unavailable() throws {
    let world = try World(seed: 36)
    try world.addDesk(session)
    _ = try world.exchange.setStatus(session, .paused(reason: nil), at: world.network.now).0.get()
    #expect(throws: Refusal(.noAgents)) { try world.call(from: world.addBrowser()) }
    _ = try world.exchange.setStatus(session, .available, at: world.network.now).0.get()
    let call = try world.call(from: world.addBrowser())
    _ = try accept(world, call)
    #expect(throws: Refusal(.noAgents)) { try world.call(from: world.addBrowser(), visitor: 2) }
  }

  @Test("Nonsense for an offer ends nothing: the call rings on")
  func badOffer() throws {
    let world = try World(seed: 37)
    try world.addDesk(session)
    let call = try world.call(from: world.addBrowser())
    let (result, outputs) = world.exchange.accept(session, call, offer: "v=1", at: world.network.now)
    guard case .failure(let refusal) = result else {
      Issue.record("accepted")
      return
    }
    #expect(refusal.reason == .badSDP && refusal.message.contains("line 1"))
    #expect(outputs.isEmpty)
    _ = try accept(world, call)
  }

  @Test("One agent may be at work in 8 browsers, and not in 9")
  func limit() throws {
    let world = try World(seed: 38)
    for number in 0..<Agent.maximumSessions { try world.addDesk(AgentSessionID(UInt64(100 + number))) }
    let refusal = #expect(throws: Refusal.self) { try world.addDesk(AgentSessionID(200), isAuthorised: true) }
    #expect(refusal?.reason == .busy)
  }
}
