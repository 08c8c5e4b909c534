import CalldockerTesting
import Calls
import Peers
import SIPSyntax
import Testing
import Wire

@Suite("Every call can explain itself")
struct FlightTests {
  private let clock = FlightClock(offset: 0)

  private func record(_ world: World, _ call: CallID) throws -> FlightRecord {
    let found = world.recorder.records(of: world.tenant, beginning: String(call.description.prefix(6)), at: world.network.now)
    return try #require(found.first, "\(world.history)")
  }
  private func story(_ world: World, _ call: CallID, showsPersonal: Bool = true) throws -> String {
    FlightStory(try record(world, call), clock: clock, showsPersonal: showsPersonal).text
  }

  /// The line of a story that holds all of these, and its time in milliseconds.
  private func line(_ story: String, _ parts: String...) throws -> (text: Substring, at: Int) {
    let lines = story.split(separator: "\n").filter { line in parts.allSatisfy { line.contains($0) } }
    try #require(lines.count == 1, "\(parts) in:\n\(story)")
    let time = lines[0].prefix(12).split { $0 == ":" || $0 == "." }.compactMap { Int($0) }
    return (lines[0], time.count == 4 ? ((time[0] * 60 + time[1]) * 60 + time[2]) * 1000 + time[3] : -1)
  }
  private func now(_ world: World) -> Int { Int((world.network.now - Instant()).milliseconds) }

  @Test("Who declined, who was asked next, and who was not and why")
  func declined() throws {
    let world = try World(seed: 70)
    for name in ["alice", "bob", "carol"] { try world.addAgent(name) }
    world.addPhone("alice", habit: .decline(.busyHere))
    let bob = world.addPhone("bob", habit: .answer(after: .seconds(2)))
    world.run(for: .seconds(1))
    let clicked = now(world)
    let call = try world.call(from: world.addBrowser())
    #expect(world.run(atMost: .seconds(10)) { bob.isTalking }, "\(world.history)")
    let answeredAt = now(world)
    world.run(for: .seconds(3))
    bob.hangUp()
    world.run(for: .seconds(1))
    let story = try story(world, call)
    #expect(try line(story, "A visitor named Vera asked").at == clicked)
    #expect(try line(story, "alice was chosen: available, and had no call yet.").at == clicked)
    #expect(try line(story, "bob was not chosen: available").at == clicked)
    _ = try line(story, "alice's phone at 198.51.100.1:5060 was sent an INVITE; it answered 486 Busy Here")
    _ = try line(story, "alice was skipped: had been rung for this call already.")
    _ = try line(story, "bob was chosen")
    let skipped = story.split(separator: "\n").filter { $0.contains("carol was skipped: no phone is registered.") }
    #expect(skipped.count == 2, "at each choice:\n\(story)")
    _ = try line(
      story, "bob's phone at 198.51.100.2:5060 was sent an INVITE; it rang after ", "and answered 200 OK after 2.0 s")
    let answered = try line(story, "bob answered (bob's phone at 198.51.100.2:5060), 2.")
    #expect((answeredAt - 100...answeredAt + 100).contains(answered.at), "\(answered) is \(answeredAt)")
    _ = try line(story, "bob's phone at 198.51.100.2:5060 hung up (BYE).")
    _ = try line(story, "The call ended: bob hung up, after ")
    #expect(!story.contains("Hint"), "an answered call needs none:\n\(story)")
    let hidden = try self.story(world, call, showsPersonal: false)
    for name in ["alice", "bob", "carol", "Vera", "198.51"] { #expect(!hidden.contains(name), "\(name) in:\n\(hidden)") }
    let fields = FlightFields(try record(world, call), clock: clock, showsPersonal: true).entries
    #expect(fields.first?.event == "asked" && fields.contains { $0.event == "sip" && $0.fields["title"] == "486 Busy Here" })
    #expect(fields.contains { $0.event == "ended" && $0.fields["reason"] == "agent-hung-up" })
    #expect(!FlightFields(try record(world, call), clock: clock, showsPersonal: false).entries.contains { $0.message != nil })
  }

  @Test("The ladder has an arrow for every message, and fits its width", arguments: [60, 100, 160])
  func ladder(width: Int) throws {
    let world = try World(seed: 71)
    for name in ["alice", "bob"] { try world.addAgent(name) }
    world.addPhone("alice", habit: .decline(.decline))
    let bob = world.addPhone("bob", habit: .answer(after: .seconds(1)))
    world.run(for: .seconds(1))
    let call = try world.call(from: world.addBrowser())
    #expect(world.run(atMost: .seconds(10)) { bob.isTalking }, "\(world.history)")
    bob.hangUp()
    world.run(for: .seconds(1))
    let ladder = FlightLadder(try record(world, call), clock: clock, showsPersonal: true, width: width).text
    #expect(ladder.split(separator: "\n").allSatisfy { $0.count <= width }, "\(ladder)")
    for label in ["INVITE", "603", "180 R", "200 OK", "ACK", "BYE"] { #expect(ladder.contains(label), "\(ladder)") }
    #expect(ladder.components(of: "INVITE") == 2, "\(ladder)")
  }

  @Test("Nobody registered: the refused request is explained, and says what to do")
  func nobody() throws {
    let world = try World(seed: 72)
    for name in ["alice", "bob"] { try world.addAgent(name) }
    let bob = world.addPhone("bob", habit: .ringOnly)
    world.run(for: .seconds(1))
    #expect(bob.isRegistered)
    // Its registration of an hour runs out.
    world.run(for: .seconds(2 * 3600))
    #expect(throws: Refusal.self) { _ = try world.call(from: world.addBrowser()) }
    let record = try #require(world.recorder.latest(of: world.tenant, atMost: 5, at: world.network.now).first)
    #expect(record.isRefused && record.end == "refused: no-agents")
    let story = FlightStory(record, clock: clock, showsPersonal: true).text
    _ = try line(story, "alice was skipped: no phone is registered.")
    _ = try line(story, "bob was skipped: the phone's registration ran out; it last registered 2 h before.")
    _ = try line(story, "The call was not admitted (no-agents)")
    _ = try line(story, "Hint: bob's phone last registered 2 h before the call; check that it is on and online.")
    _ = try line(story, "Hint: no phone of alice has registered since the server started")
  }

  @Test("A phone that is registered and does not react")
  func silent() throws {
    let world = try World(seed: 73)
    try world.addAgent("alice")
    let alice = world.addPhone("alice", habit: .ringOnly)
    world.run(for: .seconds(1))
    #expect(alice.isRegistered)
    world.network.loss = 1
    let call = try world.call(from: world.addBrowser())
    world.run(for: .seconds(40))
    let story = try story(world, call)
    let invited = try line(story, "alice's phone at 198.51.100.1:5060 was sent an INVITE, ", "times; nothing came back.")
    #expect(invited.text.contains("INVITE, 6 times") || invited.text.contains("INVITE, 7 times"), "\(invited)")
    _ = try line(story, "The call ended: nobody answered.")
  }

  @Test("Two phones race: one wins, the other is told that it was answered elsewhere")
  func elsewhere() throws {
    let world = try World(seed: 74)
    try world.addAgent("alice")
    let quick = world.addPhone("alice", habit: .answer(after: .seconds(1)))
    world.addPhone("alice", habit: .ringOnly)
    world.run(for: .seconds(1))
    let call = try world.call(from: world.addBrowser())
    #expect(world.run(atMost: .seconds(10)) { quick.isTalking }, "\(world.history)")
    world.run(for: .seconds(1))
    #expect(world.phones[1].cancelReasons.first??.cause == 200)
    let story = try story(world, call)
    _ = try line(story, "alice is rung on 2 phones, for at most 25 s.")
    _ = try line(story, "198.51.100.2:5060 was told to stop ringing: the call was answered elsewhere.")
    _ = try line(story, "198.51.100.2:5060 was sent an INVITE; it rang after", "stopped when it was told to", "487")
    _ = try line(story, "alice answered (alice's phone at 198.51.100.1:5060)")
    #expect(story.hasSuffix("The call is still going on."), "\(story)")
  }

  @Test("Nothing secret is kept, however the call goes")
  func secrets() throws {
    let world = try World(seed: 75)
    try world.addAgent("alice", password: "hunter2hunter2")
    let alice = world.addPhone("alice", password: "hunter2hunter2", habit: .answer(after: .seconds(1)))
    world.run(for: .seconds(1))
    let call = try world.call(from: world.addBrowser())
    #expect(world.run(atMost: .seconds(10)) { alice.isTalking }, "\(world.history)")
    world.run(for: .milliseconds(500))
    world.perform(world.exchange.sendDigits(VisitorID(1), call, "4711"))
    world.run(for: .seconds(1))
    let record = try record(world, call)
    let kept = "\(record.entries)\(FlightFields(record, clock: clock, showsPersonal: true).entries)"
    for secret in ["hunter2", world.resumeToken, "ice-pwd", "Authorization", "nonce", "fingerprint"] {
      #expect(!kept.contains(secret), "\(secret)")
    }
    #expect(try story(world, call).contains("4 keys went to alice's phone"))
  }

  @Test("A desk that was lost and came back is told, and so is one that changed its network")
  func desk() throws {
    let world = try World(seed: 77)
    let (desk, again) = (AgentSessionID(50), AgentSessionID(51))
    try world.addDesk(desk)
    let (visitor, page) = (world.addBrowser(), world.addBrowser(hums: 1000))
    let call = try world.call(from: visitor)
    world.run(for: .seconds(1))
    world.lose(desk: desk)
    world.run(for: .seconds(1))
    try world.addDesk(again)
    try world.accept(call, at: again, in: page)
    world.run(for: .seconds(2))
    world.perform(world.exchange.callOffer(again, call, page.offer, at: world.network.now).1)
    world.lose(desk: again)
    world.run(for: .seconds(1))
    try world.addDesk(desk)
    try world.resume(call, at: desk, in: world.addBrowser())
    world.lose(desk: desk, isDeliberate: true)
    let text = try story(world, call)
    let moments = [
      try line(text, "The connection of alice's browser was lost; the call waits up to 10 s for it."),
      try line(text, "alice's browser changed its network (ICE restart)."),
      try line(text, "The connection of alice's browser was lost; the call waits up to 60 s for it."),
      try line(text, "alice is back in a browser, with a new offer of its sound."),
      try line(text, "The call ended: alice hung up"),
    ].map(\.at)
    #expect(moments == moments.sorted() && moments[0] == 1000, "\(text)")
    #expect(try !story(world, call, showsPersonal: false).contains("alice"))
    let fields = FlightFields(try record(world, call), clock: clock, showsPersonal: true).entries
    #expect(
      fields.filter { $0.event.hasPrefix("agent-") }.map(\.event) == ["agent-lost", "agent-joined", "agent-lost", "agent-back"])
  }

  @Test("A tenant sees its own calls only; what is over lets go of its indexes")
  func tenants() throws {
    let world = try World(seed: 76)
    try world.addAgent("alice")
    let alice = world.addPhone("alice", habit: .answer(after: .seconds(1)))
    world.run(for: .seconds(1))
    let call = try world.call(from: world.addBrowser())
    #expect(world.run(atMost: .seconds(10)) { alice.isTalking })
    var random = Randomness.seeded(9)
    let other = TenantID(using: &random)
    #expect(world.recorder.records(of: other, beginning: call.description, at: world.network.now).isEmpty)
    #expect(world.recorder.census.live == 1 && world.recorder.census.dialogs == 1 && world.recorder.census.legs == 2)
    alice.hangUp()
    world.run(for: .seconds(70))
    world.recorder.expire(at: world.network.now)
    #expect(world.recorder.census == FlightRecorder.Census())
    #expect(try record(world, call).end == "agent-hung-up")
    #expect(world.recorder.records(of: other, beginning: call.description, at: world.network.now).isEmpty)
  }
}

extension String {
  /// How often a text occurs in it.
  fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
