import CalldockerTesting
import Calls
import Peers
import RTP
import SIPSyntax
import Testing
import Wire

@Suite("One call, in virtual time, through the real machines")
struct CallTests {
  private func talking(_ world: World) -> Bool {
    world.visitorEvents.contains { if case .talking = $0 { true } else { false } }
  }
  private func ended(_ world: World) -> EndReason? {
    for case .ended(_, let reason, _) in world.visitorEvents { return reason }
    return nil
  }

  @Test("A visitor's browser reaches an agent's phone, and both hear each other", arguments: [AudioCodec.opus, .pcmu, .pcma])
  func call(codec: AudioCodec) throws {
    let world = try World(seed: 1)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .answer(after: .seconds(2)), hums: 1000, codec: codec)
    #expect(world.run(atMost: .seconds(5)) { phone.isRegistered }, "\(world.history)")
    let browser = world.addBrowser(hums: 440)
    _ = try world.call(from: browser)
    #expect(world.run(atMost: .seconds(10)) { phone.isTalking && browser.isConnected }, "\(world.history)")
    world.run(for: .seconds(4))
    #expect(phone.voice.share(of: 440) > 0.9, "the phone hears the browser: \(phone.voice.share(of: 440))")
    #expect(browser.voice.share(of: 1000) > 0.9, "the browser hears the phone: \(browser.voice.share(of: 1000))")
    #expect(browser.voice.sources.count == 1, "one source toward the browser for life")
    #expect(talking(world))
    world.run(for: .seconds(8))
    #expect(try #require(phone.statements.last).packets > 100, "the phone is told what was sent to it")
    #expect(try #require(browser.blocks.last).extendedHighest > 0, "the browser is told what was heard of it")
    phone.hangUp()
    world.run(for: .seconds(1))
    #expect(ended(world) == .agentHungUp)
    #expect(world.legCount == 0)
    #expect(world.exchange.callCount == 0)
  }

  @Test("The visitor hangs up: the phone gets its BYE")
  func visitorHangsUp() throws {
    let world = try World(seed: 2)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .answer(after: .seconds(1)))
    world.run(for: .seconds(1))
    let id = try world.call(from: world.addBrowser())
    #expect(world.run(atMost: .seconds(10)) { phone.isTalking })
    world.run(for: .seconds(2))
    world.perform(world.exchange.hangUp(VisitorID(1), id, at: world.network.now))
    #expect(world.run(atMost: .seconds(2)) { !phone.isTalking }, "\(world.history)")
    #expect(ended(world) == .visitorHungUp)
  }

  @Test("Who declines is followed by the next agent")
  func decline() throws {
    let world = try World(seed: 3)
    for name in ["alice", "bob"] { try world.addAgent(name) }
    let alice = world.addPhone("alice", habit: .decline(.decline))
    let bob = world.addPhone("bob", habit: .answer(after: .seconds(1)))
    world.run(for: .seconds(1))
    _ = try world.call(from: world.addBrowser())
    #expect(world.run(atMost: .seconds(10)) { bob.isTalking }, "\(world.history)")
    #expect(alice.timesRung == 1 && !alice.isTalking)
  }

  @Test("Nobody answers: every agent rings its time, and the visitor learns why")
  func noAnswer() throws {
    let world = try World(seed: 4)
    for name in ["alice", "bob"] { try world.addAgent(name) }
    let alice = world.addPhone("alice", habit: .ringOnly)
    let bob = world.addPhone("bob", habit: .ringOnly)
    world.run(for: .seconds(1))
    _ = try world.call(from: world.addBrowser())
    world.run(for: .seconds(55))
    #expect(ended(world) == .noAnswer, "\(world.history)")
    #expect(alice.timesRung == 1 && bob.timesRung == 1)
    #expect(alice.cancelReasons == [nil] && bob.cancelReasons == [nil], "a missed call is one: nobody answered elsewhere")
    #expect(world.legCount == 0)
  }

  @Test("All phones of an agent ring; the first answer wins and the others fall silent")
  func parallel() throws {
    let world = try World(seed: 5)
    try world.addAgent("alice")
    let slow = world.addPhone("alice", habit: .ringOnly)
    let quick = world.addPhone("alice", habit: .answer(after: .seconds(3)), codec: .opus)
    world.run(for: .seconds(1))
    _ = try world.call(from: world.addBrowser())
    #expect(world.run(atMost: .seconds(10)) { quick.isTalking }, "\(world.history)")
    world.run(for: .seconds(2))
    #expect(slow.timesRung == 1 && !slow.isTalking)
    #expect(slow.cancelReasons == [Reason(cause: 200, text: "Call completed elsewhere")], "no missed call on that phone")
  }

  @Test("Two answers at once: one wins, the other is thanked and hung up", arguments: 0..<20 as Range<UInt64>)
  func race(seed: UInt64) throws {
    let world = try World(seed: seed)
    world.network.delay = .milliseconds(1)...(.milliseconds(40))
    try world.addAgent("alice")
    let phones = (0..<3).map { _ in world.addPhone("alice", habit: .answer(after: .seconds(1))) }
    world.run(for: .seconds(1))
    _ = try world.call(from: world.addBrowser())
    world.run(for: .seconds(6))
    #expect(phones.filter(\.isTalking).count == 1, "seed \(seed)\n\(world.history)")
  }

  @Test("Nobody is registered: the visitor is told at once")
  func nobody() throws {
    let world = try World(seed: 6)
    try world.addAgent("alice")
    let browser = world.addBrowser()
    #expect(throws: Refusal(.noAgents)) { try world.call(from: browser) }
  }

  @Test("A wrong password registers nobody")
  func wrongPassword() throws {
    let world = try World(seed: 7)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", password: "guess", habit: .ringOnly)
    world.run(for: .seconds(2))
    #expect(phone.isRefused && !phone.isRegistered)
    let browser = world.addBrowser()
    #expect(throws: Refusal(.noAgents)) { try world.call(from: browser) }
  }

  @Test("The echo greets and then gives back what it hears")
  func echo() throws {
    let world = try World(seed: 8, fallback: .echo)
    let browser = world.addBrowser(hums: 440)
    _ = try world.call(from: browser)
    #expect(world.run(atMost: .seconds(5)) { browser.isConnected })
    world.run(for: .milliseconds(1100))
    #expect(browser.voice.share(of: 660) > 0.7, "the greeting: \(browser.voice.share(of: 660))")
    world.run(for: .seconds(3))
    #expect(browser.voice.share(of: 440) > 0.9, "the echo: \(browser.voice.share(of: 440))")
    #expect(browser.voice.sources.count == 1)
  }

  @Test(
    "A key pressed in the browser is one digit on the phone, in the phone's own clock", arguments: [AudioCodec.opus, .pcmu])
  func digits(codec: AudioCodec) throws {
    let world = try World(seed: 9)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .answer(after: .seconds(1)), codec: codec)
    world.run(for: .seconds(1))
    let browser = world.addBrowser()
    _ = try world.call(from: browser)
    #expect(world.run(atMost: .seconds(10)) { phone.isTalking && browser.isConnected })
    world.run(for: .seconds(1))
    for key in [5, 5, 11] as [UInt8] {
      browser.press(key)
      world.run(for: .milliseconds(400))
    }
    #expect(phone.voice.digits == [5, 5, 11])
  }

  @Test("A visitor presses as many keys at once as a person can, and none past the limit")
  func manyDigits() throws {
    let world = try World(seed: 11)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .answer(after: .seconds(1)))
    world.run(for: .seconds(1))
    let call = try world.call(from: world.addBrowser())
    #expect(world.run(atMost: .seconds(10)) { phone.isTalking })
    world.run(for: .seconds(1))
    let keys = String(repeating: "1", count: Exchange.maximumDigits) + String(repeating: "2", count: 1_000_000)
    let outputs = world.exchange.sendDigits(VisitorID(1), call, keys)
    guard case .media(.sendDigits(_, let digits))? = outputs.last else { return #expect(Bool(false), "no digits") }
    #expect(digits.map(\.key) == Array(repeating: "1", count: Exchange.maximumDigits))
  }

  @Test("A browser that vanishes is noticed after 30 s, and the phone is hung up")
  func vanishing() throws {
    let world = try World(seed: 10)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .answer(after: .seconds(1)))
    world.run(for: .seconds(1))
    let browser = world.addBrowser()
    _ = try world.call(from: browser)
    #expect(world.run(atMost: .seconds(10)) { phone.isTalking && browser.isConnected })
    browser.vanish()
    world.run(for: .seconds(25))
    #expect(ended(world) == nil)
    world.run(for: .seconds(8))
    #expect(ended(world) == .connectionLost)
    #expect(!phone.isTalking)
  }

  @Test("Over a bad network the call is made and both are understood", arguments: 0..<40 as Range<UInt64>)
  func badNetwork(seed: UInt64) throws {
    let world = try World(seed: seed)
    world.network.loss = 0.05
    world.network.delay = .milliseconds(10)...(.milliseconds(45))
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .answer(after: .seconds(1)), codec: seed.isMultiple(of: 2) ? .pcmu : .opus)
    #expect(world.run(atMost: .seconds(40)) { phone.isRegistered }, "seed \(seed)\n\(world.history)")
    let browser = world.addBrowser()
    _ = try world.call(from: browser)
    #expect(world.run(atMost: .seconds(40)) { phone.isTalking && browser.isConnected }, "seed \(seed)\n\(world.history)")
    world.run(for: .seconds(5))
    #expect(phone.voice.share(of: 440) > 0.5, "seed \(seed): \(phone.voice.share(of: 440))")
    #expect(browser.voice.share(of: 1000) > 0.5, "seed \(seed): \(browser.voice.share(of: 1000))")
    #expect(browser.voice.sources.count == 1)
  }

  @Test("The same seed gives the same history")
  func reproducible() throws {
    func history() throws -> String {
      let world = try World(seed: 77)
      world.network.loss = 0.1
      try world.addAgent("alice")
      let phone = world.addPhone("alice", habit: .answer(after: .seconds(1)))
      _ = world.run(atMost: .seconds(40)) { phone.isRegistered }
      return world.history
    }
    #expect(try history() == history())
  }
}
