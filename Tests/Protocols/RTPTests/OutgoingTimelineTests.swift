import Testing
import Wire

@testable import RTP

private func header(_ sequence: UInt16, _ timestamp: UInt32, ssrc: UInt32 = 1, marker: Bool = false) -> RTPHeader {
  RTPHeader(marker: marker, payloadType: PayloadType(0), sequence: sequence, timestamp: timestamp, ssrc: SSRC(ssrc))
}
private func at(_ milliseconds: Int) -> Instant { Instant() + .milliseconds(milliseconds) }

@Suite("One timeline toward a peer for life")
struct OutgoingTimelineTests {
  private func timeline() -> OutgoingTimeline {
    OutgoingTimeline(ssrc: SSRC(42), sequence: 100, timestamp: 1000, clockRate: 48_000)
  }

  private func forward(_ timeline: inout OutgoingTimeline, _ header: RTPHeader, from source: UInt64, _ now: Instant)
    -> RTPHeader?
  {
    timeline.forward(header, from: source, sourceClock: 48_000, at: now)
  }

  private enum Fate { case lost, absorbed, sent }

  @Test("Gaps stand exactly where packets were lost, under reordering and copies", arguments: 0..<200 as Range<UInt64>)
  func gaps(seed: UInt64) throws {
    var random = Randomness.seeded(seed)
    var timeline = timeline()
    let start = UInt16.random(in: 0...UInt16.max, using: &random)
    // The first and the last are sent: what lies between them can be seen.
    let fates: [Fate] = (0..<400).map { index in
      index == 0 || index == 399
        ? .sent : [.lost, .absorbed, .sent, .sent, .sent, .sent].randomElement(using: &random) ?? .sent
    }
    var arrivals: [(order: Int, index: Int)] = []
    for (index, fate) in fates.enumerated() where fate != .lost {
      // Absorbed packets keep their order here: one overtaken by sound has already left its gap.
      let delay = fate == .sent && index > 0 && index < 390 ? Int.random(in: 0...2, using: &random) : 0
      arrivals.append((index * 2 + delay, index))
      if fate == .sent, Int.random(in: 0..<10, using: &random) == 0 { arrivals.append((index * 2 + delay + 3, index)) }
    }
    arrivals.sort { ($0.order, $0.index) < ($1.order, $1.index) }
    var numbers: [Int: UInt16] = [:]
    for (order, index) in arrivals {
      let packet = header(start &+ UInt16(index), 7 &+ UInt32(index) &* 960)
      guard fates[index] == .sent else {
        timeline.absorb(packet, from: 1)
        continue
      }
      let sent = try #require(forward(&timeline, packet, from: 1, at(10 * order)), "seed \(seed), packet \(index)")
      #expect(sent.timestamp &- 1000 == UInt32(index) * 960, "seed \(seed), packet \(index)")
      if let before = numbers.updateValue(sent.sequence, forKey: index) {
        #expect(before == sent.sequence, "seed \(seed): the copy of \(index) has its number")
      }
    }
    #expect(Set(numbers.values).count == numbers.count, "seed \(seed): no number twice")
    let lost = fates.count { $0 == .lost }
    let (first, last) = (try #require(numbers[0]), try #require(numbers[399]))
    #expect(Int(last &- first) + 1 == numbers.count + lost, "seed \(seed)")
    let inOrder = numbers.sorted { $0.key < $1.key }
    for (left, right) in zip(inOrder, inOrder.dropFirst()) {
      let missing = fates[(left.key + 1)..<right.key].count { $0 == .lost }
      #expect(Int(right.value &- left.value) == missing + 1, "seed \(seed), packets \(left.key) to \(right.key)")
    }
  }

  @Test(
    "Across speakers, pauses and digits, time only moves forward and keeps to the wall", arguments: 0..<100 as Range<UInt64>)
  func wallClock(seed: UInt64) throws {
    var random = Randomness.seeded(seed)
    var timeline = timeline()
    var now = 0
    var sent: [(header: RTPHeader, at: Int)] = []
    for turn in 1...30 as ClosedRange<UInt64> {
      now += Int.random(in: 1...4_000, using: &random)
      let (sequence, timestamp) = (UInt16.random(in: 0 ... .max, using: &random), UInt32.random(in: 0 ... .max, using: &random))
      let clock: UInt32 = Bool.random(using: &random) ? 8_000 : 48_000
      let kind = Int.random(in: 0..<3, using: &random)
      let event = timeline.resumption(at: at(now))
      for index in 0..<Int.random(in: 1...30, using: &random) {
        switch kind {
        case 0: sent.append((timeline.next(samples: 960, at: at(now)), now))
        case 1 where index < 7: sent.append((timeline.next(sharing: event, marker: index == 0, at: at(now)), now))
        case 1: break
        default:
          let packet = header(sequence &+ UInt16(index), timestamp &+ UInt32(index) &* (clock / 50), ssrc: UInt32(turn))
          let out = timeline.forward(packet, from: turn % 3, sourceClock: clock, at: at(now))
          sent.append((try #require(out, "seed \(seed)"), now))
        }
        now += 20
      }
    }
    let origin = try #require(sent.first)
    for (left, right) in zip(sent, sent.dropFirst()) {
      #expect(right.header.sequence == left.header.sequence &+ 1, "seed \(seed)")
      #expect(Int32(bitPattern: right.header.timestamp &- left.header.timestamp) >= 0, "seed \(seed)")
    }
    for packet in sent {
      let line = Int(packet.header.timestamp &- origin.header.timestamp) / 48
      // An event's packets share the time of its beginning; otherwise a new speaker waits out at most one frame.
      #expect((-150...40).contains(line - (packet.at - origin.at)), "seed \(seed), at \(packet.at): \(line)")
    }
  }

  @Test("A new source goes on where the last stopped, as much later as the wall clock says, and is marked")
  func switching() throws {
    var timeline = timeline()
    let first = try #require(forward(&timeline, header(7, 500), from: 1, at(0)))
    #expect(first.sequence == 101 && first.marker && first.ssrc == SSRC(42))
    let second = try #require(forward(&timeline, header(9000, 77, ssrc: 2), from: 2, at(1000)))
    #expect(second.sequence == 102 && second.marker)
    #expect(second.timestamp &- first.timestamp == 48_000)
    let made = timeline.next(samples: 960, at: at(1020))
    #expect(made.sequence == 103 && made.timestamp &- second.timestamp == 960)
    let next = timeline.next(samples: 960, at: at(1041))
    #expect(next.timestamp &- made.timestamp == 960 && !next.marker)
    let resumed = timeline.next(samples: 960, at: at(5041))
    #expect(resumed.timestamp &- second.timestamp == 4041 * 48 && resumed.marker)
  }

  @Test("No packet takes a number that the speaker before has used")
  func stragglers() throws {
    var timeline = timeline()
    _ = forward(&timeline, header(7, 500), from: 1, at(0))
    let second = try #require(forward(&timeline, header(9000, 77, ssrc: 2), from: 2, at(20)))
    #expect(forward(&timeline, header(8999, 77 &- 960, ssrc: 2), from: 2, at(21)) == nil)
    #expect(forward(&timeline, header(9001, 77 + 960, ssrc: 2), from: 2, at(40))?.sequence == second.sequence &+ 1)
  }

  @Test("Late packets find their own place, very late and absorbed ones have none")
  func reordering() throws {
    var timeline = timeline()
    let base = try #require(forward(&timeline, header(10, 0), from: 1, at(0)))
    let ahead = try #require(forward(&timeline, header(12, 1920), from: 1, at(40)))
    let late = try #require(forward(&timeline, header(11, 960), from: 1, at(45)))
    #expect(ahead.sequence &- base.sequence == 2)
    #expect(late.sequence &- base.sequence == 1 && late.timestamp &- base.timestamp == 960)
    timeline.absorb(header(13, 2880), from: 1)
    timeline.absorb(header(13, 2880), from: 1)
    #expect(forward(&timeline, header(13, 2880), from: 1, at(50)) == nil)
    let next = try #require(forward(&timeline, header(14, 3840), from: 1, at(80)))
    #expect(next.sequence &- ahead.sequence == 1)
    #expect(forward(&timeline, header(12, 1920), from: 1, at(85))?.sequence == ahead.sequence)
    #expect(forward(&timeline, header(14 &- 200, 0), from: 1, at(86)) == nil)
  }

  @Test("A source whose clock jumps goes on by the wall clock; one that counts anew needs two packets to be believed")
  func jumps() throws {
    var timeline = timeline()
    let first = try #require(forward(&timeline, header(1, 0), from: 1, at(0)))
    let jumped = try #require(forward(&timeline, header(2, 0x8000_0000), from: 1, at(20)))
    #expect(jumped.sequence &- first.sequence == 1 && jumped.marker)
    #expect(jumped.timestamp &- first.timestamp == 960)
    // A minute on hold during which the source's clock stood still.
    let held = try #require(forward(&timeline, header(3, 0x8000_0000 + 960), from: 1, at(60_020)))
    #expect(held.timestamp &- first.timestamp == 60_020 * 48)
    #expect(forward(&timeline, header(30_000, 0), from: 1, at(60_040)) == nil)
    #expect(forward(&timeline, header(4, 0x8000_0000 + 1920), from: 1, at(60_041))?.sequence == held.sequence &+ 1)
    #expect(forward(&timeline, header(30_000, 0), from: 1, at(60_060)) == nil)
    let anew = try #require(forward(&timeline, header(30_001, 960), from: 1, at(60_080)))
    #expect(anew.sequence == held.sequence &+ 2 && anew.marker)
  }

  @Test("A source of 8 kHz keeps its distances in a clock of 48 kHz, for hours")
  func clocks() throws {
    var timeline = timeline()
    var last: RTPHeader?
    for index in 0..<100_000 {
      // Two seconds a packet: 55 hours, past the wrap of 32 bits at 48 kHz.
      let packet = header(UInt16(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index &* 16_000))
      let out = timeline.forward(packet, from: 1, sourceClock: 8_000, at: at(index * 2_000))
      let sent = try #require(out)
      if let last { #expect(sent.timestamp &- last.timestamp == 96_000) }
      last = sent
    }
  }

  @Test("A sender report's time runs on while a key is held")
  func reportTime() {
    var timeline = timeline()
    let start = timeline.next(samples: 960, at: at(0)).timestamp
    let event = timeline.resumption(at: at(20))
    for index in 0..<4 { _ = timeline.next(sharing: event, marker: index == 0, at: at(20 + 50 * index)) }
    #expect(timeline.timestamp(at: at(200)) &- start == 200 * 48)
  }
}
