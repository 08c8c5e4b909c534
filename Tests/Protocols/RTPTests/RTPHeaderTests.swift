import Testing
import Wire

@testable import RTP

@Suite("RTP and RTCP on the wire (RFC 3550 §5.1, §6)")
struct RTPHeaderTests {
  private func parse(_ octets: [UInt8]) -> RTPHeader? { octets.withUnsafeBytes { RTPHeader(parsing: $0) } }

  @Test("What is written is read again")
  func roundTrip() {
    let header = RTPHeader(
      marker: true, payloadType: PayloadType(111), sequence: 65_535, timestamp: .max, ssrc: SSRC(0xDEAD_BEEF))
    var packet = [UInt8](repeating: 0, count: 20)
    packet.withUnsafeMutableBytes { header.write(to: $0) }
    var expected = header
    expected.payload = 12..<20
    #expect(parse(packet) == expected)
  }

  @Test("Contributing sources, extension and padding are stepped over")
  func parts() {
    var packet: [UInt8] = [0xB1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]
    packet += [9, 9, 9, 9] + [0xBE, 0xDE, 0, 1, 0x10, 0, 0, 0] + [1, 2, 3] + [0, 2]
    #expect(parse(packet)?.payload == 24..<27)
  }

  @Test(
    "A packet that is not what it says is none",
    arguments: [
      [], [0x80], [UInt8](repeating: 0x80, count: 11), [0x40] + [UInt8](repeating: 0, count: 11),
      [0x81] + [UInt8](repeating: 0, count: 11), [0x90] + [UInt8](repeating: 0, count: 14),
      [0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255], [0xA0] + [UInt8](repeating: 0, count: 11),
      [0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 9], [0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0],
    ] as [[UInt8]])
  func malformed(octets: [UInt8]) {
    #expect(parse(octets) == nil)
  }

  @Test("The first bytes tell protocols apart (RFC 7983 §7)")
  func kinds() {
    func kind(_ octets: [UInt8]) -> DatagramKind { octets.withUnsafeBytes { DatagramKind(of: $0) } }
    #expect(kind([0, 1]) == .stun)
    #expect(kind([22, 254]) == .dtls)
    #expect(kind([0x80, 111]) == .rtp)
    #expect(kind([0x80, 111 | 0x80]) == .rtp)
    #expect(kind([0x80, 200]) == .rtcp)
    #expect(kind([64, 0]) == .unknown)
    #expect(kind([0x80]) == .unknown)
  }

  @Test("A report of ours is read back whole (RFC 3550 §6.4)")
  func reports() {
    let block = ReportBlock(
      ssrc: SSRC(7), fractionLost: 12, cumulativeLost: -3, extendedHighest: 70_000, jitter: 5, lastSenderReport: 6,
      delaySinceLast: 8)
    let statement = SenderStatement(ntp: 0x0123_4567_89AB_CDEF, timestamp: 9, packets: 10, octets: 11)
    let report = RTCPReport(
      ssrc: SSRC(1), statement: statement, block: block, canonicalName: Array("abc".utf8), saysGoodbye: true)
    report.octets.withUnsafeBytes { octets in
      var reader = RTCPReader(octets)
      #expect(reader.next() == .senderReport(SSRC(1), statement, [block]))
      #expect(reader.next() == .other(type: 202))
      #expect(reader.next() == .goodbye([SSRC(1)]))
      #expect(reader.next() == nil)
    }
    #expect(report.octets.count.isMultiple(of: 4))
  }

  @Test("Cut or bent reports stop the reading, wherever they are cut", arguments: 0..<200 as Range<UInt64>)
  func bentReports(seed: UInt64) {
    var random = Randomness.seeded(seed)
    let block = ReportBlock(
      ssrc: SSRC(7), fractionLost: 0, cumulativeLost: 0, extendedHighest: 0, jitter: 0, lastSenderReport: 0, delaySinceLast: 0)
    var octets = RTCPReport(ssrc: SSRC(1), statement: nil, block: block, canonicalName: Array("x".utf8)).octets
    octets.removeLast(Int.random(in: 0..<octets.count, using: &random))
    for _ in 0..<3 where !octets.isEmpty {
      octets[Int.random(in: 0..<octets.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
    }
    octets.withUnsafeBytes {
      var reader = RTCPReader($0)
      var parts = 0
      while reader.next() != nil { parts += 1 }
      #expect(parts <= $0.count / 4)
    }
  }

  @Test("The round trip is what report and delay leave over (RFC 3550 §6.4.1)")
  func roundTripTime() {
    var random = Randomness.seeded(1)
    var schedule = ReportSchedule(at: Instant(), using: &random)
    var block = ReportBlock(
      ssrc: SSRC(7), fractionLost: 0, cumulativeLost: 0, extendedHighest: 0, jitter: 0, lastSenderReport: 0xB705_2000,
      delaySinceLast: 0x0005_4000)
    // The example of RFC 3550 figure 2: 6.125 s.
    schedule.learnRoundTrip(from: block, ntp: 0x0000_B710_8000_0000)
    #expect(schedule.roundTrip == .milliseconds(6125))
    block.lastSenderReport = 0xB711_0000
    schedule.learnRoundTrip(from: block, ntp: 0x0000_B710_8000_0000)
    #expect(schedule.roundTrip == .milliseconds(6125))
  }
}
