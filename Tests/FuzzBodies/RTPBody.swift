import RTP
import Wire

extension FuzzTarget {
  /// A datagram: its kind is told, whoever reads that kind reads it, and what was understood must survive being written again.
  static let rtp: Body = { octets throws(BrokenPromise) in
    var broken: BrokenPromise?
    octets.withUnsafeBytes { datagram in
      do throws(BrokenPromise) {
        try readPacket(datagram)
        try readReports(datagram)
        try playSequence(datagram)
      } catch { broken = error }
    }
    if let broken { throw broken }
  }

  private static func readPacket(_ datagram: UnsafeRawBufferPointer) throws(BrokenPromise) {
    guard let header = RTPHeader(parsing: datagram) else { return }
    let isInside = header.payload.lowerBound >= RTPHeader.size && header.payload.upperBound <= datagram.count
    try promise(isInside, "a payload is part of its packet")
    var plain = header
    plain.payload = RTPHeader.size..<RTPHeader.size
    let again = withUnsafeTemporaryAllocation(byteCount: RTPHeader.size, alignment: 8) { room in
      header.write(to: room)
      return RTPHeader(parsing: UnsafeRawBufferPointer(room))
    }
    try promise(again == plain, "a header survives")
  }

  private static func readReports(_ datagram: UnsafeRawBufferPointer) throws(BrokenPromise) {
    guard DatagramKind(of: datagram) == .rtcp else { return }
    var reader = RTCPReader(datagram)
    var parts = 0
    while let part = reader.next() {
      parts += 1
      try promise(parts <= datagram.count / 4, "a compound has no more parts than words")
      guard case .senderReport(let source, let statement, let blocks) = part else { continue }
      let written = RTCPReport(
        ssrc: source, statement: statement, block: blocks.first, canonicalName: [], saysGoodbye: true)
      let again = written.octets.withUnsafeBytes { octets in
        var second = RTCPReader(octets)
        return second.next()
      }
      try promise(again == .senderReport(source, statement, Array(blocks.prefix(1))), "a report survives")
    }
  }

  /// Each eight bytes are a packet of one stream, at its own moment: no order of arrival may trap, reuse a number or overfill.
  private static func playSequence(_ octets: UnsafeRawBufferPointer) throws(BrokenPromise) {
    var timeline = OutgoingTimeline(ssrc: SSRC(1), sequence: 0, timestamp: 0, clockRate: 48_000)
    var statistics = ReceptionStatistics(clockRate: 8_000)
    var keys = TelephoneEventReceiver()
    var buffer = JitterBuffer(clockRate: 8_000)
    var now = Instant()
    for offset in stride(from: 0, to: octets.count - 7, by: 8) {
      let packet = UnsafeRawBufferPointer(rebasing: octets[offset..<offset + 8])
      let header = RTPHeader(
        marker: packet[0] & 1 == 1, payloadType: PayloadType(0), sequence: UInt16(packet[1]) << 8 | UInt16(packet[2]),
        timestamp: UInt32(packet[3]) << 24 | UInt32(packet[4]) << 16 | UInt32(packet[5]) << 8 | UInt32(packet[6]),
        ssrc: SSRC(UInt32(packet[0] >> 7)))
      now += .milliseconds(Int64(packet[7]))
      statistics.receive(sequence: header.sequence, timestamp: header.timestamp, ssrc: header.ssrc, at: now)
      buffer.insert(header, packet, at: now)
      if case .frame(let payload) = buffer.take(at: now) { try promise(payload.count == 8, "a frame is whole") }
      if let key = keys.receive(header, payload: packet) { try promise(key == packet[0], "a key is the one that was pressed") }
      switch packet[0] >> 1 & 3 {
      case 0: timeline.absorb(header, from: 1)
      case 1: try promise(timeline.next(samples: 960, at: now).ssrc == SSRC(1), "one source for life")
      default:
        let sent = timeline.forward(header, from: 1, sourceClock: packet[0] & 8 == 0 ? 8_000 : 48_000, at: now)
        try promise(sent.map { $0.ssrc == SSRC(1) } ?? true, "one source for life")
      }
    }
    let lost = statistics.makeReport(lastSenderReport: 0, delay: 0).map { $0.cumulativeLost <= 0x7F_FFFF }
    try promise(lost ?? true, "a loss fits its 24 bits")
  }
}
