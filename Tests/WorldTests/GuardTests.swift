import CalldockerTesting
import Calls
import Peers
import RTP
import Testing
import Wire

@Suite("The guard against one-way audio")
struct GuardTests {
  private let session = AgentSessionID(50)

  private func talk(_ world: World, _ call: CallID, _ trouble: SoundTrouble? = nil) -> VisitorEvent {
    trouble.map { .troubled(call, agent: "alice", $0) } ?? .talking(call, agent: "alice")
  }

  /// What the visitor was told since both began to talk.
  private func told(_ world: World) -> [VisitorEvent] {
    Array(world.visitorEvents.drop { if case .talking = $0 { false } else { true } })
  }

  /// A world in which a visitor meets alice's phone, which `prepare` has its way with before the call.
  private func meet(
    seed: UInt64, codec: AudioCodec = .pcmu, _ prepare: (SoftPhone, BrowserPeer) -> Void = { _, _ in }
  ) throws -> (World, SoftPhone, BrowserPeer, CallID) {
    let world = try World(seed: seed)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .answer(after: .seconds(1)), codec: codec)
    world.run(for: .seconds(1))
    let browser = world.addBrowser(hums: 440)
    prepare(phone, browser)
    let call = try world.call(from: browser)
    #expect(world.run(atMost: .seconds(10)) { phone.isTalking && browser.isConnected }, "\(world.history)")
    return (world, phone, browser, call)
  }

  /// A world in which a visitor meets alice, who works in a browser.
  private func meetDesk(
    seed: UInt64, _ prepare: (_ visitor: BrowserPeer, _ desk: BrowserPeer) -> Void
  ) throws -> (World, BrowserPeer, BrowserPeer, CallID) {
    let world = try World(seed: seed)
    try world.addDesk(session)
    let (visitor, desk) = (world.addBrowser(hums: 440), world.addBrowser(hums: 1000))
    prepare(visitor, desk)
    let call = try world.call(from: visitor)
    try world.accept(call, at: session, in: desk)
    #expect(world.run(atMost: .seconds(5)) { visitor.isConnected && desk.isConnected })
    return (world, visitor, desk, call)
  }

  @Test("Where both are heard nothing is told and nothing changes", arguments: [AudioCodec.pcmu, .pcma, .opus])
  func well(codec: AudioCodec) throws {
    let (world, phone, browser, call) = try meet(seed: 60, codec: codec)
    world.run(for: .seconds(60))
    #expect(told(world) == [talk(world, call)] && world.agentEvents.isEmpty)
    #expect(phone.voice.share(of: 440) > 0.9 && browser.voice.share(of: 1000) > 0.9)
    #expect(phone.voice.sources.count == 1 && browser.voice.sources.count == 1)
  }

  @Test("A phone that speaks from another port than it said is heard, at first and in the middle", arguments: [false, true])
  func otherPort(inTheMiddle: Bool) throws {
    let (world, phone, browser, call) = try meet(seed: 61) { phone, _ in if !inTheMiddle { phone.speak(from: 9100) } }
    world.run(for: .seconds(4))
    if inTheMiddle { phone.speak(from: 9200) }
    world.run(for: .seconds(6))
    #expect(browser.voice.share(of: 1000) > 0.9, "\(world.history)")
    #expect(told(world) == [talk(world, call)], "healed before it has to be told")
  }

  @Test("A phone that sends nothing: the visitor is told once, and once when it is over", arguments: [false, true])
  func mutePhone(reports: Bool) throws {
    let (world, phone, browser, call) = try meet(seed: 62) { phone, _ in (phone.speaks, phone.reports) = (false, reports) }
    let trouble = SoundTrouble(.hearsNothing, .nothingArrives)
    world.run(for: .milliseconds(2200))
    #expect(told(world) == [talk(world, call), talk(world, call, trouble)], "\(world.history)")
    world.run(for: .seconds(20))
    #expect(told(world).count == 2 && phone.isTalking)
    #expect(world.history.contains("The agent is not heard: nothing arrives from the phone"))
    phone.speaks = true
    world.run(for: .seconds(4))
    #expect(told(world).suffix(1) == [talk(world, call)] && told(world).count == 3)
    #expect(world.history.contains("The agent's sound is well again"))
    #expect(browser.voice.share(of: 1000) > 0.9)
  }

  @Test("A phone that suppresses its silence and reports by RTCP is no trouble, and is not given up")
  func suppression() throws {
    let (world, phone, _, call) = try meet(seed: 63) { phone, _ in phone.reports = true }
    world.run(for: .seconds(4))
    phone.speaks = false
    world.run(for: .seconds(60))
    #expect(phone.isTalking && told(world) == [talk(world, call)], "\(world.history)")
    phone.speaks = true
    world.run(for: .seconds(3))
    #expect(told(world) == [talk(world, call)])
  }

  @Test("A phone whose microphone is switched off, in each codec", arguments: [AudioCodec.pcmu, .pcma, .opus])
  func silentPhone(codec: AudioCodec) throws {
    let (world, phone, _, call) = try meet(seed: 64, codec: codec) { phone, _ in phone.voice.isSwitchedOff = true }
    let trouble = SoundTrouble(.hearsNothing, .digitalSilence)
    world.run(for: .seconds(9))
    #expect(told(world) == [talk(world, call)], "who listens behind a noise gate is no trouble yet")
    world.run(for: .seconds(2))
    #expect(told(world) == [talk(world, call), talk(world, call, trouble)], "\(world.history)")
    world.run(for: .seconds(30))
    #expect(told(world).count == 2)
    phone.voice.isSwitchedOff = false
    world.run(for: .seconds(5))
    #expect(told(world) == [talk(world, call), talk(world, call, trouble), talk(world, call)])
    phone.voice.isSwitchedOff = true
    world.run(for: .seconds(20))
    #expect(told(world).count == 3, "who was heard may mute himself")
  }

  @Test("A browser that sends nothing: its page is asked for a new path, the agent hears the tone, the visitor hears the agent")
  func muteBrowser() throws {
    let (world, phone, browser, call) = try meet(seed: 65) { _, browser in browser.speaks = false }
    let trouble = SoundTrouble(.notHeard, .nothingArrives)
    #expect(trouble.advice == "restart-ice")
    world.run(for: .seconds(8))
    #expect(told(world) == [talk(world, call), talk(world, call, trouble)], "\(world.history)")
    #expect(phone.voice.share(of: 330, lastSeconds: 4) > 0.9)
    #expect(browser.voice.share(of: 1000) > 0.9, "\(browser.voice.share(of: 1000))")
    browser.speaks = true
    world.run(for: .seconds(4))
    #expect(told(world) == [talk(world, call), talk(world, call, trouble), talk(world, call)])
    #expect(phone.voice.share(of: 440, lastSeconds: 1) > 0.9 && browser.voice.share(of: 1000) > 0.9)
  }

  @Test("A browser that was silent already while it rang: who answers hears the tone, and the visitor is told")
  func muteBeforeTheAnswer() throws {
    let world = try World(seed: 66)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .answer(after: .seconds(8)))
    world.run(for: .seconds(1))
    let browser = world.addBrowser(hums: 440)
    browser.speaks = false
    let call = try world.call(from: browser)
    #expect(world.run(atMost: .seconds(20)) { phone.isTalking })
    world.run(for: .seconds(4))
    #expect(told(world) == [talk(world, call), talk(world, call, SoundTrouble(.notHeard, .nothingArrives))])
    #expect(phone.voice.share(of: 330, lastSeconds: 3) > 0.9)
    #expect(browser.voice.share(of: 1000) > 0.9, "the visitor hears the agent all the same: \(world.history)")
  }

  @Test("A visitor's microphone that is switched off is told to the visitor and to the agent's browser, each in its own words")
  func silentBrowser() throws {
    let (world, visitor, _, call) = try meetDesk(seed: 67) { visitor, _ in visitor.voice.isSwitchedOff = true }
    world.run(for: .seconds(12))
    #expect(told(world).last == talk(world, call, SoundTrouble(.notHeard, .digitalSilence)), "\(world.history)")
    #expect(world.agentEvents.last == .troubled(call, SoundTrouble(.hearsNothing, .digitalSilence)))
    visitor.voice.isSwitchedOff = false
    world.run(for: .seconds(5))
    #expect(told(world).last == talk(world, call) && told(world).count == 3)
    #expect(world.agentEvents.suffix(1) == [.soundIsWell(call)] && world.agentEvents.count == 3)
  }

  @Test("An agent's browser that sends nothing: both are told")
  func muteDesk() throws {
    let (world, _, desk, call) = try meetDesk(seed: 68) { _, desk in desk.speaks = false }
    world.run(for: .seconds(5))
    #expect(told(world).last == talk(world, call, SoundTrouble(.hearsNothing, .nothingArrives)), "\(world.history)")
    #expect(world.agentEvents.last == .troubled(call, SoundTrouble(.notHeard, .nothingArrives)))
    desk.speaks = true
    world.run(for: .seconds(4))
    #expect(told(world).last == talk(world, call) && world.agentEvents.last == .soundIsWell(call))
  }

  @Test("A hold is no trouble, however long and silent; afterwards the phone is listened to again", arguments: [true, false])
  func hold(isInactive: Bool) throws {
    let (world, phone, _, call) = try meet(seed: 69)
    world.run(for: .seconds(4))
    phone.speaks = false
    phone.reinvite(isInactive ? .inactive : .sendonly)
    world.run(for: .seconds(120))
    #expect(phone.isTalking && told(world) == [talk(world, call), .held(call)], "\(world.history)")
    phone.reinvite(.sendrecv)
    world.run(for: .seconds(6))
    #expect(told(world).count == 4 && told(world).last == talk(world, call, SoundTrouble(.hearsNothing, .nothingArrives)))
  }

  @Test("A phone that dies while it talks ends the call after 30 s; until then the visitor is told what is wrong")
  func dead() throws {
    let (world, phone, _, call) = try meet(seed: 70)
    world.run(for: .seconds(10))
    phone.vanish()
    world.run(for: .seconds(6))
    #expect(told(world).last == talk(world, call, SoundTrouble(.hearsNothing, .nothingArrives)))
    world.run(for: .seconds(23))
    #expect(world.exchange.callCount == 1)
    world.run(for: .seconds(2))
    #expect(told(world).last == .ended(call, .connectionLost, seconds: 40), "\(world.history)")
    world.run(for: .seconds(70))
    #expect(world.exchange.callCount == 0 && world.legCount == 0)
  }
}
