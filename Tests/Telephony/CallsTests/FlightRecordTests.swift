import SIPCore
import Testing
import Wire

@testable import Calls

@Suite("A call's record is bounded, and is told in plain sentences")
struct FlightRecordTests {
  private static let tenant: TenantID = {
    var random = Randomness.seeded(1)
    return TenantID(using: &random)
  }()
  private let start = Instant(nanoseconds: 0)
  private let way = FlightMessage.Way.connection(ConnectionID(1))
  /// 2026-11-24 12:04:31.200 UTC.
  private let clock = FlightClock(offset: 1_795_521_871_200_000_000)

  private func record(_ id: String = "call", _ events: FlightEvent...) -> FlightRecord {
    var record = FlightRecord(Self.tenant, CallID(id), at: start)
    for event in events { record.append(event, at: start) }
    return record
  }
  private func name(_ text: String) -> AgentName {
    guard let name = AgentName(text) else { preconditionFailure("\(text) is no name") }
    return name
  }
  private func told(_ record: FlightRecord) -> [String] {
    FlightStory(record, clock: clock, showsPersonal: true).text.split(separator: "\n").map(String.init)
  }

  @Test("The wall's clock and calendar, with a leap day")
  func calendar() {
    #expect(clock.day(start) == "2026-11-24" && clock.time(start) == "12:04:31.200")
    #expect(FlightClock(offset: 1_709_164_800_000_000_000).day(start) == "2024-02-29")
    #expect(FlightClock(offset: 0).day(start) == "1970-01-01")
  }

  @Test("One entry past the limit: the middle goes and is counted, the beginning and the end stay")
  func entries() {
    var record = record()
    for number in 0...FlightRecord.maximumEntries {
      record.append(.media(.opened(LegID(1), port: UInt16(number))), at: start)
    }
    #expect(record.count == FlightRecord.maximumEntries && record.dropped == 1)
    let first = record.entries[record.entriesBeforeGap].event
    #expect(
      first == .media(.opened(LegID(1), port: UInt16(FlightRecord.beginningEntries + 1))), "the oldest after the beginning")
    #expect(record.entries.last?.event == .media(.opened(LegID(1), port: UInt16(FlightRecord.maximumEntries))))
    #expect(told(record).contains("… 1 entry is missing here: the record was full."))
  }

  @Test("Bytes, too, have a limit of each entry and of all")
  func bytes() {
    var record = record()
    let line = Array("INVITE sip:a@b SIP/2.0\r\n".utf8)
    for number in 0..<400 {
      let headers = Array("Contact: \(number)\(String(repeating: "x", count: 1500))\r\n\r\n".utf8)
      record.append(.message(FlightMessage(LegID(1), isFromPeer: true, way, keeping: line + headers)), at: start)
    }
    #expect(record.octets <= FlightRecord.maximumBytes && record.dropped == 400 - record.count && record.count > 20)
    let long = Array("Contact: \(String(repeating: "x", count: FlightMessage.maximumBytes))\r\n".utf8)
    let message = FlightMessage(LegID(1), isFromPeer: true, way, keeping: line + long + Array("CSeq: 1 INVITE\r\n\r\n".utf8))
    #expect(message.octets.count <= FlightMessage.maximumBytes)
    let name = String(repeating: "ü", count: 10_000)
    record = self.record("call", .asked(name: name, page: name, extensionDialled: name, hasOffer: true))
    #expect(record.count == 1 && record.octets <= FlightRecord.maximumEntryBytes)
  }

  @Test("What a visitor says of itself is cut, each part to its own limit")
  func visitor() {
    let long = String(repeating: "x", count: 5000)
    let record = record("call", .asked(name: long, page: "https://\(long)", extensionDialled: long, hasOffer: true))
    guard case .asked(let name?, let page?, let number?, _)? = record.entries.first?.event else {
      return #expect(Bool(false), "\(record.entries)")
    }
    #expect([name, page, number].map(\.utf8.count) == [400, 1500, 100])
  }

  @Test("One leg past the limit is counted only")
  func legs() {
    var record = record()
    for number in 0...UInt64(FlightRecord.maximumLegs) { record.append(.leg(LegID(number), .visitor), at: start) }
    #expect(record.parties.count == FlightRecord.maximumLegs && record.dropped > 0)
  }

  @Test("A message that comes again is counted where it first stood")
  func repeats() {
    let message = FlightMessage(
      LegID(1), isFromPeer: false, way, keeping: Array("INVITE sip:a@b SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n".utf8))
    let record = record("call", .message(message), .visitorLost, .message(message), .message(message))
    #expect(record.count == 4 && record.entries.count == 2 && record.entries[0].repeats == 2)
  }

  @Test("What proves an identity is not kept: headers by a list, passwords out of addresses, keys out of descriptions")
  func redaction() {
    let octets = """
      INVITE sip:alice:secret1@192.0.2.7 SIP/2.0\r
      Authorization: Digest response="secret2"\r
      proxy-authorization: Digest nonce="secret3"\r
      X-Token: secret4\r
      CONTACT: <sip:alice:secret5@192.0.2.7:5060>, <sips:bob:secret6@192.0.2.8>\r
      CSeq: 2 INVITE\r
      \r
      v=0\r
      c=IN IP4 192.0.2.7\r
      m=audio 6000 RTP/AVP 0 101\r
      a=ice-pwd:secret7\r
      a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:secret8\r
      a=rtpmap:101 telephone-event/8000\r

      """
    let message = FlightMessage(LegID(1), isFromPeer: true, way, keeping: Array(octets.utf8))
    let kept = message.lines.joined(separator: "\n")
    #expect(!kept.contains("secret"), "\(kept)")
    #expect(kept.contains("<sip:alice@192.0.2.7:5060>, <sips:bob@192.0.2.8>"), "\(kept)")
    #expect(message.method == "INVITE" && message.about == "INVITE" && message.sound?.codecs == ["pcmu"])
    #expect(message.sound?.address == "192.0.2.7:6000")
    let page = "https://shop.example/cart?session=secret9"
    let asked = record("call", .asked(name: nil, page: page, extensionDialled: nil, hasOffer: true))
    #expect(!"\(asked)".contains("secret9"), "a page's query holds sessions")
  }

  @Test("Every reason for not being rung has its sentence")
  func eligibility() {
    let now = Instant() + .seconds(10_000)
    let candidates: [(String, Eligibility, String)] = [
      ("alice", .chosen(idleSince: now - .seconds(180)), "alice was chosen: available, and idle longest, for 3 min."),
      ("bob", .neverRegistered, "bob was skipped: no phone is registered."),
      (
        "carol", .phoneGone(.expired, lastRegistered: now - .seconds(7300)),
        "carol was skipped: the phone's registration ran out; it last registered 2 h before."
      ),
      ("dave", .busy, "dave was skipped: busy with another call."),
      ("erin", .paused, "erin was skipped: paused in the browser."),
      ("frank", .alreadyTried, "frank was skipped: had been rung for this call already."),
      ("grace", .waitedLess(idleSince: now - .seconds(5)), "grace was not chosen: available, but idle only for 5.0 s."),
      ("heidi", .phoneGone(.signedOff, lastRegistered: nil), "heidi was skipped: the phone signed off."),
      ("ivan", .phoneGone(.connectionEnded, lastRegistered: nil), "ivan was skipped: the phone's connection ended."),
    ]
    var record = record()
    record.append(
      .chose(AgentChoice(chosen: name("alice"), candidates: candidates.map { .init(name($0.0), $0.1) }, unlisted: 2)), at: now)
    let lines = told(record)
    for (_, _, sentence) in candidates { #expect(lines.contains { $0.hasSuffix(" " + sentence) }, "\(sentence) in \(lines)") }
    #expect(lines.contains { $0.hasSuffix("2 more agents were considered and are not listed.") })
    #expect(lines.contains("Hint: carol's phone last registered 2 h before the call; check that it is on and online."))
  }

  @Test("What strangers wrote cannot end a line or move a cursor")
  func controls() {
    let lines = told(record("call", .asked(name: "V\u{1B}[2Jera\nHint: x", page: nil, extensionDialled: nil, hasOffer: true)))
    #expect(lines.count == 3 && !lines.joined().contains("\u{1B}"), "\(lines)")
  }

  @Test("Of many agents the first are listed, the chosen one always, and the others counted")
  func manyAgents() throws {
    var tenant = Tenant(id: Self.tenant, name: "T", isOpen: true, fallback: .refuse)
    for number in 0...AgentChoice.maximumListed { try tenant.addAgent(name("a\(number)"), digest: nil, teams: []) }
    let last = name("a\(AgentChoice.maximumListed)")
    tenant.agents[last]?.sessions = [AgentSessionID(1)]
    let choice = tenant.choice(except: [], at: start)
    #expect(choice.chosen == last && choice.candidates.count == AgentChoice.maximumListed && choice.unlisted == 1)
    #expect(choice.candidates.last == .init(last, .chosen(idleSince: nil)))
  }

  @Test("One call past those that are recorded at a time ends the oldest of those that are over early, or has no record")
  func live() {
    var recorder = FlightRecorder()
    func ask(_ number: Int) -> Exchange.Output {
      let asked = FlightEvent.asked(name: nil, page: nil, extensionDialled: nil, hasOffer: true)
      return .flight(.happened(Self.tenant, CallID("call\(number)"), asked))
    }
    recorder.take((0...FlightRecorder.maximumLive).map(ask), at: start)
    #expect(recorder.census.live == FlightRecorder.maximumLive && recorder.unrecorded == 1)
    recorder.take([.visitor(VisitorID(1), .ended(CallID("call7"), .noAnswer, seconds: 0)), ask(-1)], at: start)
    #expect(recorder.census.live == FlightRecorder.maximumLive && recorder.unrecorded == 1)
    #expect(recorder.records(of: Self.tenant, beginning: "call7", at: start).contains { $0.end == "no-answer" })
    #expect(!recorder.records(of: Self.tenant, beginning: "call-1", at: start).isEmpty)
  }

  @Test("Of what waits to be written down the oldest goes where one more comes, and nothing is told twice")
  func ripe() {
    var recorder = FlightRecorder()
    for number in 0...FlightRecorder.maximumRipe {
      let call = CallID("call\(number)")
      let asked = FlightEvent.asked(name: nil, page: nil, extensionDialled: nil, hasOffer: true)
      recorder.take([asked, .refused(.noAgents, words: nil)].map { .flight(.happened(Self.tenant, call, $0)) }, at: start)
    }
    let told = recorder.harvest().map(\.call.description)
    #expect(told == (1...FlightRecorder.maximumRipe).map { "call\($0)" })
    #expect(recorder.harvest().isEmpty)
  }

  @Test("The archive holds so many, of each tenant so many, and of its refusals fewer: the oldest go first")
  func archive() {
    var archive = FlightArchive()
    let ended = FlightEvent.ended(.noAnswer, seconds: 0)
    archive.insert(record("first", ended))
    for number in 0...FlightArchive.maximumRefusalsPerTenant {
      archive.insert(record("refused\(number)", .refused(.noAgents, words: nil)))
    }
    #expect(archive.count == FlightArchive.maximumRefusalsPerTenant + 1, "a crowd before a closed door pushes out no call")
    for number in 1...FlightArchive.maximumRecordsPerTenant { archive.insert(record("call\(number)", ended)) }
    let ids = Set(archive.records(of: Self.tenant).map(\.call.description))
    #expect(!ids.contains("first") && ids.contains("call1") && !ids.contains("refused0") && ids.contains("refused1"))
    var random = Randomness.seeded(3)
    for _ in 0...FlightArchive.maximumRecords {
      var record = FlightRecord(TenantID(using: &random), CallID("x"), at: start)
      record.append(ended, at: start)
      archive.insert(record)
    }
    #expect(archive.count == FlightArchive.maximumRecords && archive.records(of: Self.tenant).isEmpty)
    #expect(archive.octets == FlightArchive.maximumRecords * record("x", ended).octets)
  }
}
