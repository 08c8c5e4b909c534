import Testing
import Wire

@testable import RTP

private func header(_ sequence: UInt16, _ timestamp: UInt32, ssrc: UInt32 = 1, marker: Bool = false) -> RTPHeader {
  RTPHeader(marker: marker, payloadType: PayloadType(0), sequence: sequence, timestamp: timestamp, ssrc: SSRC(ssrc))
}
private func at(_ milliseconds: Int) -> Instant { Instant() + .milliseconds(milliseconds) }

@Suite("Reception statistics (RFC 3550 appendix A)")
struct ReceptionStatisticsTests {
  @Test("Loss is what was expected and did not come, over the wrap of sequence numbers")
  func loss() {
    var statistics = ReceptionStatistics(clockRate: 8000)
    for index in 0..<100 where !(index % 10 == 5) {
      let sequence = UInt16(truncatingIfNeeded: 65_500 + index)
      statistics.receive(sequence: sequence, timestamp: UInt32(160 * index), ssrc: SSRC(1), at: at(20 * index))
    }
    #expect(statistics.lost == 10)
    let report = statistics.makeReport(lastSenderReport: 0, delay: 0)
    #expect(report?.fractionLost == 25)
    #expect(report?.cumulativeLost == 10)
    #expect(statistics.jitter == 0)
  }

  @Test("Packets that come unevenly have jitter; a restart of the source is not loss")
  func jitterAndRestart() {
    var statistics = ReceptionStatistics(clockRate: 8000)
    for index in 0..<200 {
      statistics.receive(
        sequence: UInt16(index), timestamp: UInt32(160 * index), ssrc: SSRC(1), at: at(20 * index + (index % 2) * 10))
    }
    #expect((70...80).contains(statistics.jitter))
    for index in 0..<10 {
      statistics.receive(
        sequence: UInt16(40_000 + index), timestamp: UInt32(160 * index), ssrc: SSRC(1), at: at(5000 + 20 * index))
    }
    #expect(statistics.lost == 0)
  }
}

extension ReceptionStatisticsTests {
  @Test("A held key, whose packets share a timestamp, is not jitter")
  func heldKey() {
    var statistics = ReceptionStatistics(clockRate: 8000)
    for index in 0..<100 {
      let timestamp: UInt32 = index < 50 ? UInt32(160 * index) : 8000
      statistics.receive(sequence: UInt16(index), timestamp: timestamp, ssrc: SSRC(1), at: at(20 * index))
    }
    #expect(statistics.jitter == 0 && statistics.lost == 0)
  }
}

@Suite("Telephone-events: one key, one digit (RFC 4733)")
struct TelephoneEventTests {
  private func receive(_ receiver: inout TelephoneEventReceiver, _ payload: [UInt8], _ timestamp: UInt32) -> UInt8? {
    payload.withUnsafeBytes { receiver.receive(header(0, timestamp), payload: $0) }
  }

  @Test("Updates, three ends and stragglers are one digit; the same key again is another")
  func once() {
    var receiver = TelephoneEventReceiver()
    #expect(receive(&receiver, [5, 10, 0, 160], 1000) == 5)
    for end in [false, true, true, true] { #expect(receive(&receiver, [5, end ? 0x8A : 10, 3, 32], 1000) == nil) }
    #expect(receive(&receiver, [5, 10, 0, 160], 3000) == 5)
    #expect(receive(&receiver, [5, 0x8A, 3, 32], 1000) == nil)
    #expect(receive(&receiver, [5, 10], 9000) == nil)
  }

  @Test("A key held longer than 16 bits can count is still one digit; the next press of it is another")
  func held() {
    var receiver = TelephoneEventReceiver()
    #expect(receive(&receiver, [7, 10, 0xFF, 0xFF], 1000) == 7)
    #expect(receive(&receiver, [7, 10, 0, 160], 1000 + 0xFFFF) == nil)
    #expect(receive(&receiver, [7, 0x8A, 0x10, 0], 1000 + 0xFFFF) == nil)
    #expect(receive(&receiver, [7, 10, 0, 160], 200_000) == 7)
  }

  @Test("A source whose timestamps fall far back is heard at once, not hours later")
  func fallenBack() {
    var receiver = TelephoneEventReceiver()
    #expect(receive(&receiver, [3, 0x8A, 3, 32], 2_000_000_000) == 3)
    #expect(receive(&receiver, [4, 0x8A, 3, 32], 1000) == 4)
  }

  @Test("Events of which only ends arrive count once, as Firefox sends them")
  func endsOnly() {
    var receiver = TelephoneEventReceiver()
    #expect((0..<3).compactMap { _ in receive(&receiver, [9, 0x8A, 3, 192], 77) } == [9])
  }

  @Test(
    "What we send is heard as the same keys, each with one timestamp and three ends", arguments: [8000, 48_000] as [UInt32])
  func sending(clockRate: UInt32) {
    var sender = TelephoneEventSender()
    var receiver = TelephoneEventReceiver()
    for key in [1, 1, 11] as [UInt8] { sender.press(key, clockRate: clockRate, at: at(0)) }
    var heard: [UInt8] = []
    var ends = 0
    var now = at(0)
    var timestamp: UInt32 = 0
    while let due = sender.deadline {
      now = max(now, due)
      let clock = UInt32(truncatingIfNeeded: (now - at(0)).milliseconds * Int64(clockRate) / 1000)
      while let packet = sender.next(at: now, clock: clock) {
        timestamp = packet.timestamp ?? clock
        if packet.payload[1] & 0x80 != 0 { ends += 1 }
        receive(&receiver, packet.payload, timestamp).map { heard.append($0) }
      }
    }
    #expect(heard == [1, 1, 11])
    #expect(ends == 9)
    #expect(now - at(0) < .seconds(1))
    #expect(!sender.isBusy)
  }

  @Test("More keys than a person presses are not kept")
  func limit() {
    var sender = TelephoneEventSender()
    for _ in 0...TelephoneEventSender.maximumWaiting { sender.press(1, clockRate: 8000, at: at(0)) }
    var keys = 0
    while let due = sender.deadline {
      while let packet = sender.next(at: due, clock: UInt32(due.nanoseconds / 1_000_000)) { keys += packet.marker ? 1 : 0 }
    }
    #expect(keys == TelephoneEventSender.maximumWaiting)
  }
}

@Suite("Jitter buffer: in order, in time, bounded")
struct JitterBufferTests {
  @Test("Under jitter, reordering and loss every packet is played once and in order", arguments: 0..<60 as Range<UInt64>)
  func plays(seed: UInt64) {
    var random = Randomness.seeded(seed)
    var buffer = JitterBuffer(clockRate: 8000)
    var arrivals: [(Instant, UInt16)] = []
    for index in 0..<500 where Int.random(in: 0..<50, using: &random) != 0 {
      arrivals.append((at(20 * index + Int.random(in: 0..<35, using: &random)), UInt16(truncatingIfNeeded: 65_300 + index)))
    }
    arrivals.sort { $0.0 < $1.0 }
    var played: [UInt16] = []
    var concealed = 0
    for tick in 0..<520 {
      let now = at(20 * tick)
      while let (moment, sequence) = arrivals.first, moment <= now {
        arrivals.removeFirst()
        sequence.octets.withUnsafeBytes { buffer.insert(header(sequence, UInt32(sequence) &* 160), $0, at: moment) }
      }
      switch buffer.take(at: now) {
      case .frame(let payload): played.append(UInt16(payload[0]) << 8 | UInt16(payload[1]))
      case .lost: concealed += 1
      case .silence: break
      }
    }
    let steps = zip(played, played.dropFirst()).map { $1 &- $0 }
    #expect(steps.allSatisfy { (1...30).contains($0) }, "seed \(seed): \(steps)")
    #expect(played.count > 440, "seed \(seed): \(played.count)")
    #expect(concealed < 60, "seed \(seed): \(concealed)")
  }

  @Test("The packet after a lost one is shown, for its error correction")
  func shadow() {
    var buffer = JitterBuffer(clockRate: 8000)
    for sequence in [1, 3] as [UInt16] {
      [UInt8(sequence)].withUnsafeBytes { buffer.insert(header(sequence, 0), $0, at: at(0)) }
    }
    guard case .frame = buffer.take(at: at(100)) else { return #expect(Bool(false), "packet 1") }
    guard case .lost(_, let next) = buffer.take(at: at(120)) else { return #expect(Bool(false), "packet 2") }
    #expect(next?.first == 3)
    guard case .frame(let third) = buffer.take(at: at(140)) else { return #expect(Bool(false), "packet 3") }
    #expect(third.first == 3)
  }

  @Test("A burst after a stall does not grow the delay without limit")
  func burst() {
    var buffer = JitterBuffer(clockRate: 8000)
    for sequence in 0..<200 as Range<UInt16> {
      [UInt8(truncatingIfNeeded: sequence)].withUnsafeBytes {
        buffer.insert(header(sequence, UInt32(sequence) * 160), $0, at: at(0))
      }
    }
    var frames = 0
    for tick in 0..<400 {
      if case .frame = buffer.take(at: at(300 + 20 * tick)) { frames += 1 }
    }
    #expect(frames > 0 && frames <= JitterBuffer.slots)
  }

  @Test("A sender whose clock is 1 % fast does not fill the buffer")
  func drift() {
    var buffer = JitterBuffer(clockRate: 8000)
    var sequence: UInt16 = 0
    var depth = 0
    for tick in 0..<5000 {
      while Double(sequence) * 19.8 <= Double(tick) * 20 {
        [0 as UInt8].withUnsafeBytes { buffer.insert(header(sequence, UInt32(sequence) * 160), $0, at: at(20 * tick)) }
        sequence += 1
        depth += 1
      }
      if case .frame = buffer.take(at: at(20 * tick)) { depth -= 1 }
    }
    #expect(buffer.late == 0)
    #expect(depth < 80)
  }

  @Test("Clocks 100 ppm apart for half an hour: hardly a frame is invented, the delay stays within bounds", arguments: [-1, 1])
  func slowDrift(sign: Int) {
    var buffer = JitterBuffer(clockRate: 8000)
    var sequence = 0
    var (played, invented, longest) = (0, 0, 0)
    for tick in 0..<90_000 {
      let now = tick * 20_000
      // A packet every 20 ms give or take 2 µs, each up to 8 ms on its way.
      while sequence * (20_000 - 2 * sign) + (sequence * 7919 % 8_000) <= now {
        let number = UInt16(truncatingIfNeeded: sequence)
        withUnsafeBytes(of: sequence) {
          buffer.insert(header(number, UInt32(truncatingIfNeeded: sequence * 160)), $0, at: Instant() + .microseconds(now))
        }
        sequence += 1
      }
      switch buffer.take(at: Instant() + .microseconds(now)) {
      case .frame(let payload):
        played += 1
        longest = max(longest, sequence - payload.loadUnaligned(as: Int.self))
      case .lost: invented += 1
      case .silence: break
      }
    }
    // 100 ppm of 90,000 frames are 9.
    #expect(invented <= 30, "\(invented)")
    #expect(sequence - played <= 40, "\(sequence - played)")
    #expect(longest * 20 <= 240, "\(longest) frames behind")
  }

  @Test("A pause in speech (DTX) becomes silence, not an endless loss, and what follows is whole")
  func pauses() {
    var buffer = JitterBuffer(clockRate: 48_000)
    var results: [String] = []
    for tick in 0..<200 {
      // Half a second of speech, half a second in which nothing is sent, the numbers going on.
      if tick % 50 < 25 {
        let number = UInt16(tick / 50 * 25 + tick % 50)
        [1 as UInt8].withUnsafeBytes { buffer.insert(header(number, UInt32(tick) * 960), $0, at: at(20 * tick)) }
      }
      switch buffer.take(at: at(20 * tick + 1)) {
      case .frame: results.append("frame")
      case .lost: results.append("lost")
      case .silence: results.append("silence")
      }
    }
    #expect(results.count { $0 == "frame" } == 100)
    #expect(results.count { $0 == "lost" } <= 4 * 5)
    #expect(buffer.late == 0)
  }

  @Test("A stream that starts with a burst of thousands begins with the newest")
  func flood() {
    var buffer = JitterBuffer(clockRate: 8000)
    for number in 0..<5000 {
      withUnsafeBytes(of: number) { buffer.insert(header(UInt16(number), UInt32(number) * 160), $0, at: at(0)) }
    }
    guard case .frame(let payload) = buffer.take(at: at(300)) else { return #expect(Bool(false), "a frame") }
    #expect(payload.loadUnaligned(as: Int.self) >= 5000 - JitterBuffer.slots)
  }
}
