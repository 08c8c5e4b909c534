import CalldockerTesting
import Calls
import Foundation
import Peers
import SIPSyntax
import Testing
import Wire

@Suite("A call that is run again goes the same way")
struct ReplayTests {
  private static let block: UInt64 = 50

  /// The record as it is found again on a disk.
  static func written(_ record: FlightRecord) throws -> FlightRecord {
    let recording = FlightRecording(program: "test", clock: FlightClock(offset: 0), isPrivate: true, record: record)
    return try JSONDecoder().decode(FlightRecording.self, from: try JSONEncoder().encode(recording)).record
  }

  @Test("Every race of parallel ringing, from its recording as it was written down", arguments: 0..<UInt64(8))
  func races(block: UInt64) throws {
    var (whole, bytes) = (0, 0)
    for seed in (block * Self.block)..<((block + 1) * Self.block) {
      let world = try RaceTests.live(seed: seed)
      for record in world.recorder.latest(of: world.tenant, atMost: 10, at: world.now) {
        let again = try Self.written(record)
        bytes += try JSONEncoder().encode(record).count
        var replay = FlightReplay(again)
        let (verdict, replayed) = replay.run()
        whole += 1
        let history = Comment(rawValue: "seed \(seed): \(verdict)\n\(world.ladder.joined(separator: "\n"))")
        #expect(verdict.isSame, history)
        #expect(replayed?.end == record.end && replayed?.agent == record.agent, history)
        guard verdict.isSame else { return }
      }
    }
    #expect(whole > 40)
    print("recordings of block \(block): \(bytes / max(1, whole)) bytes each")
  }

  /// A call that one agent declined and the other took, with a hold and digits.
  private func eventful() throws -> (World, FlightRecord) {
    let world = try World(seed: 80)
    for name in ["alice", "bob"] { try world.addAgent(name) }
    world.addPhone("alice", habit: .decline(.busyHere))
    let bob = world.addPhone("bob", habit: .answer(after: .seconds(2)))
    world.run(for: .seconds(1))
    let browser = world.addBrowser()
    let call = try world.call(from: browser)
    #expect(world.run(atMost: .seconds(10)) { bob.isTalking }, "\(world.history)")
    world.perform(world.exchange.sendDigits(VisitorID(1), call, "12"))
    world.run(for: .seconds(1))
    world.lose()
    world.run(for: .seconds(1))
    try world.resume(call, as: 2)
    world.run(for: .seconds(2))
    bob.hangUp()
    world.run(for: .seconds(70))
    let record = try #require(world.recorder.latest(of: world.tenant, atMost: 1, at: world.network.now).first)
    #expect(record.isWhole)
    return (world, record)
  }

  @Test("A whole call with sound: refused, answered, keys pressed, lost, back and hung up")
  func whole() throws {
    let (world, record) = try eventful()
    var replay = FlightReplay(try Self.written(record))
    let (verdict, replayed) = replay.run()
    #expect(verdict.isSame, "\(verdict)\n\(world.history)")
    #expect(replayed?.end == "agent-hung-up")
    let told = FlightStory(record, clock: FlightClock(offset: 0), showsPersonal: true).text
    let again = FlightStory(try #require(replayed), clock: FlightClock(offset: 0), showsPersonal: true).text
    #expect(told == again, "the same story")
  }

  /// The record with its moments changed.
  private func altered(_ record: FlightRecord, _ change: (FlightRecord.Moment) -> FlightRecord.Moment?) throws -> FlightRecord {
    FlightRecord(
      record.tenant, record.call, startedAt: record.startedAt, dropped: record.dropped, isCut: record.isCut,
      beginning: record.count, moments: record.moments.compactMap(change))
  }

  @Test("A recording in which a 200 was made a 486 says where it parts")
  func alteredAnswer() throws {
    let (_, record) = try eventful()
    let changed = try altered(record) { moment in
      guard case .message(let message) = moment.event, message.isFromPeer, message.status == 200, message.about == "INVITE"
      else { return moment }
      let lines = ["SIP/2.0 486 Busy Here"] + message.lines.dropFirst()
      return FlightRecord.Moment(at: moment.at, number: moment.number, event: .message(message.saying(lines)))
    }
    var replay = FlightReplay(changed)
    guard case .parted(let difference) = replay.run().verdict else { return #expect(Bool(false), "it parts") }
    guard case .message(let cause) = difference.cause else { return #expect(Bool(false), "\(difference.cause)") }
    #expect(cause.status == 486 && difference.recorded != difference.replayed)
    let inputs = changed.moments.prefix { $0.event != .message(cause) }.count
    #expect(difference.input > 5 && difference.input < inputs, "\(difference.input)")
  }

  @Test("A recording of one media plane too many is not run again")
  func planes() throws {
    let (_, record) = try eventful()
    func verdict(planes: Int) throws -> FlightReplay.Verdict {
      var replay = FlightReplay(
        try altered(record) { moment in
          guard case .input(.request(var start)) = moment.event else { return moment }
          start.callsByPlane = [Int](repeating: 0, count: planes)
          return FlightRecord.Moment(at: moment.at, number: moment.number, event: .input(.request(start)))
        })
      return replay.run().verdict
    }
    #expect(try verdict(planes: FlightReplay.maximumPlanes).isSame)
    guard case .impossible(let sentence) = try verdict(planes: FlightReplay.maximumPlanes + 1) else {
      return #expect(Bool(false), "it names planes that there cannot be")
    }
    #expect(sentence.contains("media planes"))
  }

  @Test("A recording of which the middle is missing says that it cannot be run again")
  func incomplete() throws {
    let (_, record) = try eventful()
    let cut = FlightRecord(
      record.tenant, record.call, startedAt: record.startedAt, dropped: 3, isCut: false, beginning: 4, moments: record.moments)
    var replay = FlightReplay(cut)
    guard case .impossible(let sentence) = replay.run().verdict else { return #expect(Bool(false), "it is not whole") }
    #expect(sentence.contains("3 of its entries are missing"))
  }
}
