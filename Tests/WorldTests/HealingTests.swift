import CalldockerTesting
import Calls
import Peers
import RTP
import SIPSyntax
import Testing
import Wire

/// What the guard heals by itself, whom it tells of what it cannot, and whom it leaves in peace; each call is also run again from its record.
@Suite("One-way audio: healed where it can be, told where it cannot")
struct HealingTests {
  private struct Talk {
    let world: World
    let phone: SoftPhone
    let browser: BrowserPeer
    let call: CallID

    /// What the visitor was told since both began to talk.
    var told: [SoundTrouble?] {
      world.visitorEvents.drop { if case .talking = $0 { false } else { true } }.compactMap {
        switch $0 {
        case .talking: .some(nil)
        case .troubled(_, _, let trouble): .some(trouble)
        default: nil
        }
      }
    }
    var story: String { FlightStory(record, clock: FlightClock(offset: 0), showsPersonal: true).text }
    private var record: FlightRecord {
      world.recorder.latest(of: world.tenant, atMost: 1, at: world.network.now).first
        ?? FlightRecord(world.tenant, call, at: world.network.now)
    }

    /// Ends the call, and runs it again from its record: it must go the same way.
    func end() {
      phone.hangUp()
      world.run(for: .seconds(70))
      #expect(world.exchange.callCount == 0 && world.legCount == 0 && world.exchange.census.invitations == 0)
      #expect(world.exchange.census.refreshes == 0 && world.exchange.census.transactions == 0)
      var replay = FlightReplay(record)
      let (verdict, _) = replay.run()
      #expect(verdict.isSame, "\(verdict)\n\(world.history)")
    }
  }

  /// A visitor meets alice's phone, which `prepare` has its way with before the call.
  private func meet(seed: UInt64, codec: AudioCodec = .pcmu, _ prepare: (SoftPhone) -> Void) throws -> Talk {
    let world = try World(seed: seed)
    try world.addAgent("alice")
    let phone = world.addPhone("alice", habit: .answer(after: .seconds(1)), codec: codec)
    world.run(for: .seconds(1))
    let browser = world.addBrowser(hums: 440)
    prepare(phone)
    let call = try world.call(from: browser)
    #expect(world.run(atMost: .seconds(10)) { phone.isTalking && browser.isConnected }, "\(world.history)")
    return Talk(world: world, phone: phone, browser: browser, call: call)
  }

  private let quiet = SoundTrouble(.hearsNothing, .nothingArrives)
  private let unheard = SoundTrouble(.notHeard, .undelivered)

  // MARK: The re-INVITE

  @Test("A phone that sends nothing is asked anew: same session, next version (RFC 3264 §8); what that heals is taken back")
  func healed() throws {
    let talk = try meet(seed: 200) { phone in
      phone.speaks = false
      phone.onReinvite = { $0.speaks = true }
    }
    talk.world.run(for: .seconds(5))
    let offer = try #require(talk.phone.offersHeard.first, "\(talk.world.history)")
    #expect(talk.phone.offersHeard.count == 1 && offer.origin.version == 2)
    #expect(talk.told == [nil, quiet, nil], "\(talk.world.history)")
    #expect(talk.browser.voice.share(of: 1000, lastSeconds: 2) > 0.9)
    #expect(talk.story.contains("was asked for its sound anew (re-INVITE); it answered 200 OK"), "\(talk.story)")
    talk.end()
  }

  @Test("One that stays silent is asked once in a call, however often its sound is missed")
  func once() throws {
    let talk = try meet(seed: 201) { $0.speaks = false }
    for _ in 0..<2 {
      talk.world.run(for: .seconds(8))
      talk.phone.speaks = true
      talk.world.run(for: .seconds(4))
      talk.phone.speaks = false
    }
    #expect(talk.phone.offersHeard.count == 1 && talk.told == [nil, quiet, nil, quiet, nil], "\(talk.world.history)")
    talk.end()
  }

  @Test("INVITEs that cross: ours goes out again 2.1 to 4 s later, three times (RFC 3261 §14.1)", arguments: 0..<UInt64(8))
  func crossings(seed: UInt64) throws {
    let talk = try meet(seed: 210 + seed) { phone in
      phone.speaks = false
      phone.answersToReinvites = seed == 0 ? Array(repeating: .requestPending, count: 9) : [.requestPending]
      phone.onReinvite = { $0.speaks = true }
    }
    #expect(talk.world.run(atMost: .seconds(4)) { talk.phone.offersHeard.count == 1 })
    let first = talk.world.network.now
    #expect(talk.world.run(atMost: .seconds(5)) { talk.phone.offersHeard.count == 2 })
    let wait = talk.world.network.now - first
    #expect(wait > .milliseconds(2100) && wait < .milliseconds(4100), "\(wait)")
    talk.world.run(for: .seconds(20))
    #expect(talk.phone.offersHeard.count == (seed == 0 ? 4 : 2), "\(talk.world.history)")
    #expect(talk.told.last == (seed == 0 ? quiet : SoundTrouble?.none))
    talk.end()
  }

  @Test("While we ask, the phone's own INVITE is 491; while its own waits for the ACK, we do not ask (RFC 3261 §14)")
  func glare() throws {
    let talk = try meet(seed: 202) { phone in
      phone.speaks = false
      phone.answersToReinvites = [nil]
    }
    #expect(talk.world.run(atMost: .seconds(4)) { talk.phone.offersHeard.count == 1 })
    talk.phone.reinvite(.sendrecv)
    talk.world.run(for: .milliseconds(200))
    #expect(talk.phone.renegotiations == [.requestPending], "\(talk.world.history)")
    talk.end()

    let other = try meet(seed: 203) { $0.speaks = false }
    other.world.run(for: .milliseconds(1500))
    other.phone.acknowledges = false
    other.phone.reinvite(.sendrecv)
    other.world.run(for: .seconds(3))
    #expect(other.phone.offersHeard.isEmpty, "\(other.world.history)")
    other.end()
  }

  @Test("A phone that refuses, or does not react at all, keeps its call; one that knows no such call loses it (§12.2.1.2)")
  func refusals() throws {
    for (seed, status) in [(204, StatusCode.notAcceptableHere), (205, nil)] as [(UInt64, StatusCode?)] {
      let talk = try meet(seed: seed) { phone in
        (phone.speaks, phone.reports) = (false, true)
        phone.answersToReinvites = status.map { [$0] } ?? Array(repeating: nil, count: 20)
      }
      talk.world.run(for: .seconds(45))
      #expect(talk.phone.isTalking && talk.told == [nil, quiet], "\(talk.world.history)")
      talk.end()
    }
    let gone = try meet(seed: 206) { phone in
      phone.speaks = false
      phone.answersToReinvites = [.callOrTransactionDoesNotExist]
    }
    gone.world.run(for: .seconds(4))
    #expect(gone.world.visitorEvents.last == .ended(gone.call, .connectionLost, seconds: 2), "\(gone.world.history)")
    gone.end()
  }

  @Test("A call that ends while its phone is asked: a late 200 gets its ACK, and no second BYE")
  func endedMeanwhile() throws {
    let talk = try meet(seed: 207) { phone in
      phone.speaks = false
      phone.answersToReinvites = [nil]
    }
    #expect(talk.world.run(atMost: .seconds(4)) { talk.phone.offersHeard.count == 1 })
    talk.world.lose(isDeliberate: true)
    talk.world.run(for: .seconds(1))
    talk.phone.answerLate()
    talk.world.run(for: .seconds(5))
    let history = talk.world.history
    #expect(!talk.phone.isTalking && history.count(of: "BYE sip:") == 1 && history.count(of: "ACK sip:") == 2, "\(history)")
    talk.end()
  }

  // MARK: Payload types

  @Test("A phone that agrees to one G.711 and speaks the other is heard, in either order", arguments: [AudioCodec.pcmu, .pcma])
  func otherG711(codec: AudioCodec) throws {
    let talk = try meet(seed: 220, codec: codec) { $0.agreesTo = codec == .pcmu ? .pcma : .pcmu }
    talk.world.run(for: .seconds(5))
    #expect(talk.browser.voice.share(of: 1000, lastSeconds: 3) > 0.9 && talk.told == [nil], "\(talk.world.history)")
    #expect(talk.story.contains("speaks \(codec), not the codec that it preferred"), "\(talk.story)")
    #expect(talk.phone.offersHeard.isEmpty)
    talk.end()
  }

  @Test("A phone may speak Opus where its answer preferred G.711, and the other way about (RFC 3264 §6.1)")
  func otherClock() throws {
    for codec in [AudioCodec.opus, .pcmu] {
      let talk = try meet(seed: 221, codec: codec) { $0.agreesTo = codec == .opus ? .pcmu : .opus }
      talk.world.run(for: .seconds(6))
      #expect(talk.browser.voice.share(of: 1000, lastSeconds: 3) > 0.9 && talk.told == [nil], "\(codec) \(talk.world.history)")
      talk.end()
    }
  }

  @Test("A phone that speaks a codec nobody agreed to: it is asked anew, both are told, and told when it is over")
  func foreign() throws {
    let talk = try meet(seed: 222) { $0.speakingType = 9 }
    talk.world.run(for: .seconds(3))
    let trouble = SoundTrouble(.hearsNothing, .foreignCodec(PayloadType(9)))
    #expect(talk.told == [nil, trouble] && talk.phone.offersHeard.count == 1, "\(talk.world.history)")
    #expect(talk.story.contains("only packets of type 9 came"), "\(talk.story)")
    talk.world.run(for: .seconds(40))
    #expect(talk.phone.isTalking && talk.told == [nil, trouble], "a phone that sends what nobody understands is there")
    talk.phone.speakingType = nil
    talk.world.run(for: .seconds(3))
    #expect(talk.told == [nil, trouble, nil], "\(talk.world.history)")
    talk.end()
  }

  // MARK: What does not arrive at the phone

  @Test("A phone whose reports never tell of us is asked anew; if they still do not, the visitor is told, and when it is over")
  func deafFromTheBeginning() throws {
    let talk = try meet(seed: 230) { ($0.isDeaf, $0.reports) = (true, true) }
    talk.world.run(for: .seconds(12))
    #expect(talk.phone.offersHeard.count == 1 && talk.told == [nil], "\(talk.world.history)")
    talk.world.run(for: .seconds(10))
    #expect(talk.told == [nil, unheard], "\(talk.world.history)")
    #expect(talk.story.contains("The other side does not hear you: your voice does not reach their telephone"), "\(talk.story)")
    talk.phone.isDeaf = false
    talk.world.run(for: .seconds(6))
    #expect(talk.told == [nil, unheard, nil], "\(talk.world.history)")
    talk.end()
  }

  @Test("A phone that heard us until now and reports nothing new: told at once, asked anew, healed")
  func deafInTheMiddle() throws {
    let talk = try meet(seed: 231) { $0.reports = true }
    talk.world.run(for: .seconds(21))
    talk.phone.isDeaf = true
    talk.phone.onReinvite = { $0.isDeaf = false }
    talk.world.run(for: .seconds(15))
    #expect(talk.phone.offersHeard.count == 1 && talk.told == [nil, unheard], "\(talk.world.history)")
    talk.world.run(for: .seconds(6))
    #expect(talk.told == [nil, unheard, nil], "\(talk.world.history)")
    talk.end()
  }

  @Test("A deaf phone on hold is no trouble")
  func deafOnHold() throws {
    let talk = try meet(seed: 232) { $0.reports = true }
    talk.world.run(for: .seconds(4))
    talk.phone.reinvite(.sendonly)
    talk.world.run(for: .seconds(60))
    #expect(talk.told == [nil] && talk.phone.offersHeard.isEmpty, "\(talk.world.history)")
    talk.end()
  }

  // MARK: Who is only quiet

  @Test("Comfort noise that was never agreed on is no silence, from the first packet on (RFC 3389)")
  func comfortNoise() throws {
    let talk = try meet(seed: 240) { $0.sendsComfort = true }
    talk.world.run(for: .seconds(30))
    #expect(talk.told == [nil] && talk.phone.offersHeard.isEmpty, "\(talk.world.history)")
    talk.phone.speaks = false
    talk.world.run(for: .seconds(40))
    #expect(talk.phone.isTalking && talk.told == [nil], "who suppresses silence may be quiet: \(talk.world.history)")
    talk.phone.sendsComfort = false
    talk.phone.speaks = true
    talk.world.run(for: .seconds(4))
    #expect(talk.browser.voice.share(of: 1000, lastSeconds: 2) > 0.9)
    talk.end()
  }

  @Test("A slow conversation behind a voice detector, without reports: nobody is accused", arguments: 0..<UInt64(12))
  func slowTalk(seed: UInt64) throws {
    var chance = Randomness.seeded(seed)
    let talk = try meet(seed: 250 + seed) { _ in }
    for _ in 0..<8 {
      talk.phone.speaks = true
      talk.world.run(for: .milliseconds(Int.random(in: 1200...4000, using: &chance)))
      talk.phone.speaks = false
      // A breath first, by which it is known that it suppresses its silence; then it listens.
      talk.world.run(for: .milliseconds(Int.random(in: 500...1500, using: &chance)))
      talk.phone.speaks = true
      talk.world.run(for: .milliseconds(Int.random(in: 300...2000, using: &chance)))
      talk.phone.speaks = false
      talk.world.run(for: .milliseconds(Int.random(in: 1000...20_000, using: &chance)))
    }
    #expect(talk.phone.isTalking && talk.told == [nil] && talk.phone.offersHeard.isEmpty, "seed \(seed): \(talk.world.history)")
    talk.end()
  }

  @Test("A noise gate that opens only to speak, every few seconds: nobody is accused", arguments: 0..<UInt64(6))
  func noiseGate(seed: UInt64) throws {
    var chance = Randomness.seeded(seed)
    let talk = try meet(seed: 270 + seed, codec: seed % 2 == 0 ? .pcma : .opus) { $0.voice.isSwitchedOff = true }
    for _ in 0..<6 {
      talk.world.run(for: .milliseconds(Int.random(in: 1000...8000, using: &chance)))
      talk.phone.voice.isSwitchedOff = false
      talk.world.run(for: .milliseconds(Int.random(in: 300...2000, using: &chance)))
      talk.phone.voice.isSwitchedOff = true
    }
    #expect(talk.told == [nil], "seed \(seed): \(talk.world.history)")
    talk.end()
  }
}

extension String {
  /// How often a text stands in it.
  fileprivate func count(of text: String) -> Int {
    var (count, rest) = (0, self[...])
    while let found = rest.firstRange(of: text) { (count, rest) = (count + 1, rest[found.upperBound...]) }
    return count
  }
}
