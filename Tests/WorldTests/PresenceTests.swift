import CalldockerTesting
import Calls
import SIPSyntax
import Testing
import Wire

@Suite("What a desk hears of its business")
struct PresenceTests {
  private let desk = AgentSessionID(50)

  /// What desks were told of an agent so far, in a short form.
  private func told(_ world: World, of agent: String) -> [String] {
    world.deskEvents.compactMap { told in
      guard case .agentState(let presence) = told.event, presence.agent.description == agent else { return nil }
      return presence.state.rawValue + (presence.reason.map { ": \($0)" } ?? "")
    }
  }
  private func changedCalls(_ world: World) -> [CallID] {
    world.deskEvents.compactMap { if case .callsChanged(let call) = $0.event { call } else { nil } }
  }
  private func state(_ world: World, of agent: String) -> AgentState? {
    world.exchange.tenant(world.tenant)?.presences().first { $0.agent.description == agent }?.state
  }

  @Test("A colleague's phone registers, rings, talks and is gone: each is told once, and what stays is not")
  func states() throws {
    let world = try World(seed: 70)
    try world.addAgent("bob")
    let mine = try world.addDesk(desk, status: .paused(reason: "mail"))
    #expect(mine.agent.state == .paused && mine.agent.reason == "mail")
    #expect(mine.agents.map(\.agent.description) == ["bob", "alice"] && mine.agents.map(\.state) == [.offline, .paused])
    let phone = world.addPhone("bob", habit: .answer(after: .seconds(2)))
    world.run(for: .seconds(1))
    #expect(told(world, of: "bob") == ["available"])
    _ = try world.call(from: world.addBrowser())
    world.run(for: .seconds(1))
    #expect(told(world, of: "bob") == ["available", "ringing"] && state(world, of: "bob") == .ringing)
    world.run(for: .seconds(2))
    phone.hangUp()
    world.run(for: .seconds(1))
    #expect(told(world, of: "bob") == ["available", "ringing", "busy", "available"])
    phone.register()
    world.run(for: .seconds(1))
    #expect(told(world, of: "bob").count == 4, "a registration that comes again changes nothing")
    world.run(for: .seconds(3700))
    #expect(told(world, of: "bob").last == "offline")
    #expect(told(world, of: "alice").isEmpty, "the answer to her registration said it already")
  }

  @Test("What changes and changes back before anybody was told is not told")
  func flicker() throws {
    let world = try World(seed: 71)
    try world.addDesk(desk)
    world.run(for: .seconds(1))
    let before = world.deskEvents.count
    for status in [AgentStatus.paused(reason: nil), .available, .paused(reason: "x"), .available] {
      _ = try world.exchange.setStatus(desk, status, at: world.network.now).0.get()
    }
    world.run(for: .seconds(1))
    #expect(world.deskEvents.count == before)
  }

  @Test("A status is one of two words, and its reason is cut")
  func words() {
    let reason = String(repeating: "a", count: AgentStatus.maximumReason)
    #expect(AgentStatus("paused", reason: reason + "a") == .paused(reason: reason))
    #expect(AgentStatus("available", reason: "x") == .available)
    #expect(AgentStatus("away", reason: nil) == nil)
  }

  @Test("A storm is told in portions: so many agents each time, and everybody in the end, as they are then")
  func storm() throws {
    let world = try World(seed: 72)
    try world.addDesk(desk)
    world.run(for: .seconds(1))
    let before = world.deskEvents.count
    let count = DeskNews.maximumAgents * 3 + 1
    for number in 0..<count { try world.addDesk(AgentSessionID(UInt64(100 + number)), of: "agent\(number)") }
    world.run(for: DeskNews.patience)
    #expect(world.deskEvents.count - before == DeskNews.maximumAgents)
    // The last one pauses while it still waits to be told.
    let last = AgentSessionID(UInt64(99 + count))
    _ = try world.exchange.setStatus(last, .paused(reason: nil), at: world.network.now).0.get()
    world.run(for: DeskNews.patience)
    #expect(world.deskEvents.count - before == DeskNews.maximumAgents * 2)
    world.run(for: .seconds(1))
    #expect(world.deskEvents.count - before == count)
    #expect(told(world, of: "agent\(count - 1)") == ["paused"])
    #expect(world.deskEvents.allSatisfy { $0.desks.first == desk })
    #expect(world.exchange.deadline == nil, "nothing is left to tell")
  }

  @Test("Another business's desks hear nothing of it")
  func tenants() throws {
    let world = try World(seed: 73)
    var random = Randomness.seeded(173)
    let other = TenantID(using: &random)
    try world.exchange.apply(.tenantAdded(other, name: "Other", isOpen: true, fallback: .refuse))
    _ = try world.exchange.registerAgent(
      AgentSessionID(60), tenant: other.description, agent: "alice", isAuthorised: false, at: world.network.now
    ).0.get()
    world.run(for: .seconds(1))
    let before = world.deskEvents.count
    try world.addDesk(desk)
    let call = try world.call(from: world.addBrowser())
    world.run(for: .seconds(1))
    #expect(told(world, of: "alice").last == "ringing" && changedCalls(world) == [call])
    #expect(world.deskEvents[before...].allSatisfy { $0.desks == [desk] })
  }

  @Test("A call that was written is told when it begins and when it is over; of a crowd the latest")
  func calls() throws {
    let world = try World(seed: 74)
    try world.addDesk(desk)
    let call = try world.call(from: world.addBrowser())
    world.run(for: .seconds(1))
    #expect(changedCalls(world) == [call])
    world.perform(world.exchange.reject(desk, call, at: world.network.now))
    world.run(for: .seconds(10))
    #expect(changedCalls(world) == [call, call])
    for number in 0...DeskNews.maximumCalls {
      world.exchange.recordWritten(CallID("call\(number)"), of: world.tenant, at: world.network.now)
    }
    world.run(for: .seconds(1))
    #expect(changedCalls(world).count == 2 + DeskNews.maximumCalls)
    #expect(changedCalls(world).last == CallID("call\(DeskNews.maximumCalls)"))
  }

  @Test("Who is added is told, who is removed is told as offline, and the last desk takes the news with it")
  func members() throws {
    let world = try World(seed: 75)
    try world.addDesk(desk)
    try world.addAgent("carol")
    world.run(for: .seconds(1))
    #expect(told(world, of: "carol") == ["offline"])
    world.addPhone("carol", habit: .ringOnly)
    world.run(for: .seconds(1))
    let carol = try #require(AgentName("carol"))
    world.perform(try world.exchange.apply(.agentRemoved(world.tenant, carol), at: world.network.now))
    world.run(for: .seconds(1))
    #expect(told(world, of: "carol") == ["offline", "available", "offline"])
    _ = try world.exchange.setStatus(desk, .paused(reason: nil), at: world.network.now).0.get()
    #expect(world.exchange.census.news == 1)
    world.perform(world.exchange.sessionGone(desk, isDeliberate: true, at: world.network.now))
    #expect(world.exchange.census.news == 0 && world.exchange.census.sessions == 0)
    world.run(for: .seconds(40))
    #expect(world.exchange.census == Exchange.Census())
  }

  @Test("A business's agents may be at work in so many browsers, and not in one more")
  func limit() throws {
    let world = try World(seed: 76)
    for number in 0..<Tenant.maximumSessions {
      try world.addDesk(AgentSessionID(UInt64(100 + number)), of: "agent\(number / Agent.maximumSessions)")
    }
    let refusal = #expect(throws: Refusal.self) { try world.addDesk(desk) }
    #expect(refusal?.reason == .busy && refusal?.message.contains("\(Tenant.maximumSessions)") == true)
    world.perform(world.exchange.sessionGone(AgentSessionID(100), isDeliberate: true, at: world.network.now))
    try world.addDesk(desk)
  }
}

@Suite("An agent who pauses")
struct PauseTests {
  private let desk = AgentSessionID(50)
  private let second = AgentSessionID(51)

  private func incoming(_ world: World) -> Int {
    world.agentEvents.count { if case .incomingCall = $0 { true } else { false } }
  }

  @Test("A paused desk that comes back is not rung in between; one that says nothing keeps what the agent said")
  func comesBack() throws {
    let world = try World(seed: 80)
    try world.addDesk(desk, status: .paused(reason: "lunch"))
    #expect(throws: Refusal(.noAgents)) { try world.call(from: world.addBrowser()) }
    #expect(try world.addDesk(second).agent.state == .paused)
    world.perform(world.exchange.sessionGone(desk, isDeliberate: true, at: world.network.now))
    #expect(throws: Refusal(.noAgents)) { try world.call(from: world.addBrowser()) }
    #expect(try world.addDesk(desk, status: .available).agent.state == .available)
    _ = try world.call(from: world.addBrowser())
    #expect(incoming(world) == 2, "both of its tabs")
  }

  @Test("A pause is the agent's: its phone does not ring either, until it is back or its last desk is closed")
  func phone() throws {
    let world = try World(seed: 81)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .ringOnly)
    world.run(for: .seconds(1))
    try world.addDesk(desk, status: .paused(reason: nil))
    #expect(throws: Refusal(.noAgents)) { try world.call(from: world.addBrowser()) }
    world.perform(world.exchange.sessionGone(desk, isDeliberate: true, at: world.network.now))
    _ = try world.call(from: world.addBrowser())
    #expect(world.run(atMost: .seconds(2)) { phone.timesRung == 1 }, "where no desk is open nobody would see the pause")
  }

  @Test("Who pauses while it rings may still answer, and is not rung after that")
  func whileRinging() throws {
    let world = try World(seed: 82)
    try world.addDesk(desk)
    let call = try world.call(from: world.addBrowser())
    _ = try world.exchange.setStatus(desk, .paused(reason: nil), at: world.network.now).0.get()
    try world.accept(call, at: desk, in: world.addBrowser())
    world.perform(world.exchange.hangUp(desk, call, at: world.network.now))
    #expect(throws: Refusal(.noAgents)) { try world.call(from: world.addBrowser(), visitor: 2) }
  }

  @Test("A desk that comes while its agent's phone rings rings as well, unless it pauses")
  func joins() throws {
    let world = try World(seed: 83)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .ringOnly)
    world.run(for: .seconds(1))
    let call = try world.call(from: world.addBrowser())
    #expect(world.run(atMost: .seconds(2)) { phone.timesRung == 1 })
    #expect(try world.addDesk(desk).agent.state == .ringing)
    #expect(world.agentEvents == [.incomingCall(call, from: "Vera", page: nil)])
    try world.addDesk(second, status: .paused(reason: nil))
    #expect(incoming(world) == 1)
    try world.accept(call, at: desk, in: world.addBrowser())
    world.run(for: .seconds(1))
    #expect(phone.cancelReasons == [Reason(cause: 200, text: "Call completed elsewhere")])
  }

  private func status(_ world: World) -> AgentStatus? {
    AgentName("alice").flatMap { world.exchange.tenant(world.tenant)?.agents[$0]?.status }
  }
  private func kept(_ outputs: [Exchange.Output]) -> [KeptStatus] {
    outputs.compactMap { if case .keepStatus(let status) = $0 { status } else { nil } }
  }

  @Test("A pause is kept before the desk hears so: with its beginning, and again when its reason or its end is said")
  func isKept() throws {
    let world = try World(seed: 85)
    try world.addAgent("alice")
    world.run(for: .seconds(1))
    let began = world.network.now
    let (result, outputs) = world.exchange.registerAgent(
      desk, tenant: world.tenant.description, agent: "alice", isAuthorised: true, status: .paused(reason: "lunch"), at: began)
    let first = try #require(kept(outputs).first)
    #expect(try result.get().keeping == first.ticket && first.ticket != nil)
    #expect(first.status == .paused(reason: "lunch") && first.pausedSince == began)
    world.perform(outputs)
    world.run(for: .seconds(60))
    let (again, none) = world.exchange.setStatus(desk, .paused(reason: "lunch"), at: world.network.now)
    #expect(try again.get() == nil && none.isEmpty, "the disk has it")
    let (other, more) = world.exchange.setStatus(desk, .paused(reason: "gym"), at: world.network.now)
    #expect(try other.get() != nil && kept(more).first?.pausedSince == began, "another reason does not begin it anew")
    world.perform(more)
    let left = world.exchange.sessionGone(desk, isDeliberate: true, at: world.network.now)
    #expect(kept(left).map(\.status) == [.available] && kept(left).first?.ticket == nil, "nobody waits for it")
  }

  @Test("What the disk did not take is undone, unless the agent said something else meanwhile")
  func notKept() throws {
    let world = try World(seed: 86)
    try world.addAgent("alice")
    try world.addDesk(desk)
    let first = kept(world.exchange.setStatus(desk, .paused(reason: nil), at: world.network.now).1)
    #expect(status(world) == .paused(reason: nil))
    world.exchange.statusNotKept(try #require(first.first), at: world.network.now)
    #expect(status(world) == .available)
    let second = kept(world.exchange.setStatus(desk, .paused(reason: "a"), at: world.network.now).1)
    let third = kept(world.exchange.setStatus(desk, .paused(reason: "b"), at: world.network.now).1)
    world.exchange.statusNotKept(try #require(second.first), at: world.network.now)
    #expect(status(world) == .paused(reason: "b"), "the later word may yet be kept")
    world.exchange.statusKept(try #require(third.first))
    let fourth = kept(world.exchange.setStatus(desk, .available, at: world.network.now).1)
    world.exchange.statusNotKept(try #require(fourth.first), at: world.network.now)
    #expect(status(world) == .paused(reason: "b"))
  }

  @Test("A pause that a restart found passes calls by, is seen, and ends with the agent's word or its last desk")
  func restored() throws {
    let world = try World(seed: 87)
    try world.addAgent("alice")
    let alice = try #require(AgentName("alice"))
    try world.exchange.apply(.statusSet(world.tenant, alice, .paused(reason: "lunch"), since: world.network.now))
    let phone = world.addPhone("alice", habit: .ringOnly)
    world.run(for: .seconds(1))
    #expect(throws: Refusal(.noAgents)) { try world.call(from: world.addBrowser()) }
    #expect(try world.addDesk(desk).agent.state == .paused)
    // A restart of ours takes every desk away, and no agent has said anything with that.
    world.exchange.beginShutDown()
    let outputs = world.exchange.sessionGone(desk, isDeliberate: true, at: world.network.now)
    #expect(kept(outputs).isEmpty && status(world) == .paused(reason: "lunch") && phone.timesRung == 0)
  }

  @Test("Of who is in a browser of an open business only nothing is kept")
  func guest() throws {
    let world = try World(seed: 88)
    try world.addDesk(desk)
    let (result, outputs) = world.exchange.setStatus(desk, .paused(reason: nil), at: world.network.now)
    #expect(try result.get() == nil && kept(outputs).isEmpty)
  }

  @Test("Who is no agent has no status")
  func stranger() throws {
    let world = try World(seed: 84)
    let result = world.exchange.setStatus(desk, .available, at: world.network.now).0
    #expect(throws: Refusal(.unauthorised)) { try result.get() }
  }
}
