import CalldockerTesting
import Calls
import Dialplan
import Peers
import Testing
import Wire

@Suite("Calls that a dialplan leads")
struct AttendedTests {
  private func world(_ plan: String, as attendance: Attendance = .own, agents: [String] = ["alice", "bob"]) throws -> World {
    let world = try World(seed: 7)
    for agent in agents { try world.addAgent(agent) }
    world.lead(by: plan, as: attendance)
    return world
  }

  private func steps(_ world: World, _ call: CallID) -> [String] {
    world.recorder.records(of: world.tenant, beginning: call.description, at: world.network.now).first?.entries.compactMap {
      if case .input(.step(let step)) = $0.event { "\(step.application)(\(step.arguments))" } else { nil }
    } ?? []
  }

  private func replays(_ world: World) {
    for record in world.recorder.latest(of: world.tenant, atMost: 5, at: world.network.now) {
      var replay = FlightReplay(record)
      let verdict = replay.run().verdict
      #expect(verdict.isSame, "\(verdict)")
    }
  }

  @Test("Dial(PJSIP/…) rings that agent, both hear each other, and the visitor's goodbye ends the call")
  func dials() throws {
    let world = try world("[widget]\nexten => s,1,Answer()\n same => n,Dial(PJSIP/bob,20)\n same => n,Hangup()\n")
    let (alice, bob) = (
      world.addPhone("alice", habit: .answer(after: .seconds(1))), world.addPhone("bob", habit: .answer(after: .seconds(1)))
    )
    world.run(for: .seconds(1))
    let call = try world.call(from: world.addBrowser())
    #expect(world.run(atMost: .seconds(10)) { bob.isTalking })
    world.run(for: .seconds(3))
    #expect(!alice.isTalking)
    #expect(steps(world, call) == ["Answer()", "Dial(PJSIP/bob,20)"])
    world.perform(world.exchange.hangUp(VisitorID(1), call, at: world.network.now))
    world.run(for: .seconds(70))
    #expect(world.records.last?.end == .visitorHungUp && world.records.last?.agent == AgentName("bob"))
    #expect(world.exchange.census.calls == 0 && world.attendant.callCount == 0)
    replays(world)
  }

  @Test("Dial(PJSIP/a&PJSIP/b) rings both at once; the first answer wins, and the other is told so")
  func together() throws {
    let world = try world("[widget]\nexten => s,1,Dial(PJSIP/alice&PJSIP/bob,20)\n")
    let slow = world.addPhone("alice", habit: .answer(after: .seconds(5)))
    let quick = world.addPhone("bob", habit: .answer(after: .seconds(1)))
    world.run(for: .seconds(1))
    _ = try world.call(from: world.addBrowser())
    #expect(world.run(atMost: .seconds(10)) { quick.isTalking })
    world.run(for: .seconds(10))
    #expect(!slow.isTalking && quick.isTalking)
    #expect(world.exchange.tenant(world.tenant)?.agents[AgentName("alice")!]?.call == nil)
    replays(world)
  }

  @Test("A team rings together; who is of no team does not")
  func teams() throws {
    let world = try world("[widget]\nexten => s,1,Dial(TEAM/sales,20)\n", agents: ["alice", "bob", "carol"])
    try world.exchange.apply(.teamAdded(world.tenant, "sales"))
    try world.exchange.apply(.membersSet(world.tenant, team: "sales", members: [AgentName("alice")!, AgentName("carol")!]))
    for agent in ["alice", "bob"] { world.addPhone(agent, habit: .ringOnly) }
    let carol = world.addPhone("carol", habit: .answer(after: .seconds(2)))
    world.run(for: .seconds(1))
    _ = try world.call(from: world.addBrowser())
    world.run(for: .seconds(1))
    let agents = world.exchange.tenant(world.tenant)?.agents
    #expect(agents?[AgentName("alice")!]?.call != nil && agents?[AgentName("carol")!]?.call != nil)
    #expect(agents?[AgentName("bob")!]?.call == nil)
    #expect(world.run(atMost: .seconds(10)) { carol.isTalking })
    replays(world)
  }

  @Test("DIALSTATUS decides what comes next: nobody answers, then somebody else is rung")
  func statuses() throws {
    let plan = """
      [widget]
      exten => s,1,Dial(PJSIP/alice,5)
       same => n,GotoIf($["${DIALSTATUS}" = "NOANSWER"]?other)
       same => n,Hangup()
       same => n(other),Dial(PJSIP/bob,20)
      """
    let world = try world(plan)
    world.addPhone("alice", habit: .ringOnly)
    let bob = world.addPhone("bob", habit: .answer(after: .seconds(1)))
    world.run(for: .seconds(1))
    _ = try world.call(from: world.addBrowser())
    #expect(world.run(atMost: .seconds(15)) { bob.isTalking })
    replays(world)
  }

  @Test("Keys lead through a menu: WaitExten, then the extension that was pressed")
  func keys() throws {
    let plan = "[widget]\nexten => s,1,Answer()\n same => n,WaitExten(10)\nexten => 2,1,Dial(PJSIP/bob,20)\n"
    let world = try world(plan)
    let bob = world.addPhone("bob", habit: .answer(after: .seconds(1)))
    world.run(for: .seconds(1))
    let call = try world.call(from: world.addBrowser())
    world.run(for: .seconds(2))
    #expect(!bob.isTalking)
    world.perform(world.exchange.sendDigits(VisitorID(1), call, "2"))
    #expect(world.run(atMost: .seconds(10)) { bob.isTalking })
    replays(world)
  }

  @Test("data-extension: the call lands where the page says")
  func dialled() throws {
    let plan = "[widget]\nexten => s,1,Hangup()\nexten => support,1,Dial(PJSIP/bob,20)\n"
    let world = try world(plan)
    let bob = world.addPhone("bob", habit: .answer(after: .seconds(1)))
    world.run(for: .seconds(1))
    _ = try world.call(from: world.addBrowser(), dialling: "support")
    #expect(world.run(atMost: .seconds(10)) { bob.isTalking })
    replays(world)
  }

  @Test("Dial(Local/…) runs the plan for its leg, which rings the agent")
  func locals() throws {
    let plan = "[widget]\nexten => s,1,Dial(Local/desk@inside,20)\n[inside]\nexten => desk,1,Dial(PJSIP/bob,20)\n"
    let world = try world(plan)
    let bob = world.addPhone("bob", habit: .answer(after: .seconds(1)))
    world.run(for: .seconds(1))
    _ = try world.call(from: world.addBrowser())
    #expect(world.run(atMost: .seconds(10)) { bob.isTalking }, "\(world.history)")
    replays(world)
  }

  @Test("An agent hangs up: with g the plan goes on, without it the call ends")
  func goesOn() throws {
    for (options, isOn) in [("", false), (",g", true)] {
      let world = try world("[widget]\nexten => s,1,Dial(PJSIP/alice,20\(options))\n same => n,Dial(PJSIP/bob,20)\n")
      let alice = world.addPhone("alice", habit: .answer(after: .seconds(1)))
      let bob = world.addPhone("bob", habit: .answer(after: .seconds(1)))
      world.run(for: .seconds(1))
      _ = try world.call(from: world.addBrowser())
      #expect(world.run(atMost: .seconds(10)) { alice.isTalking })
      alice.hangUp()
      world.run(for: .seconds(5))
      #expect(bob.isTalking == isOn)
      if !isOn { #expect(world.records.last?.end == .agentHungUp) }
      replays(world)
    }
  }

  @Test("The plan that the house lends: refused at once where nobody is there, else one agent after the other")
  func lent() throws {
    let plan = """
      [widget]
      exten => s,1(next),Dial(NEXT/*,5)
       same => n,GotoIf($["${DIALSTATUS}" = "CHANUNAVAIL"]?nobody:next)
       same => n(nobody),Hangup()
      """
    let world = try world(plan, as: .lent)
    let (result, outputs) = world.exchange.callRequest(
      VisitorID(9), CallRequest(tenant: world.tenant.description), at: world.network.now)
    world.perform(outputs)
    #expect(throws: Refusal(.noAgents)) { try result.get() }
    world.addPhone("alice", habit: .ringOnly)
    world.addPhone("bob", habit: .decline(.busyHere))
    world.run(for: .seconds(1))
    _ = try world.call(from: world.addBrowser())
    world.run(for: .seconds(20))
    #expect(world.records.last?.end == .declined)
    #expect(world.attendant.callCount == 0)
    replays(world)
  }

  @Test("A plan that rings nobody over and over is stopped in the same moment, with a sentence")
  func storm() throws {
    let world = try world("[widget]\nexten => s,1,Dial(PJSIP/nobody)\n same => n,Goto(1)\n")
    _ = try world.call(from: world.addBrowser())
    world.run(for: .seconds(1))
    #expect(world.exchange.census.calls == 0 && world.attendant.callCount == 0)
    let said = world.errands.contains {
      if case .log(_, _, .warning, let text) = $0 { text.contains("over and over") } else { false }
    }
    #expect(said)
  }

  @Test("A running call keeps the plan that it began with; the next one gets the new one")
  func changed() throws {
    let plan = { (agent: String) in "[widget]\nexten => s,1,Answer()\n same => n,Wait(5)\n same => n,Dial(PJSIP/\(agent),20)\n"
    }
    let world = try world(plan("alice"))
    let alice = world.addPhone("alice", habit: .answer(after: .seconds(1)))
    let bob = world.addPhone("bob", habit: .answer(after: .seconds(1)))
    world.run(for: .seconds(1))
    _ = try world.call(from: world.addBrowser())
    world.run(for: .seconds(2))
    world.lead(by: plan("bob"))
    #expect(world.run(atMost: .seconds(10)) { alice.isTalking })
    _ = try world.call(from: world.addBrowser(), visitor: 2)
    #expect(world.run(atMost: .seconds(15)) { bob.isTalking })
  }
}
