/// Reads a compound RTCP packet part by part, and stops at the first that is not what it says (RFC 3550 §6.1, A.2).
package struct RTCPReader {
  package enum Part: Hashable, Sendable {
    case senderReport(SSRC, SenderStatement, [ReportBlock])
    case receiverReport(SSRC, [ReportBlock])
    case goodbye([SSRC])
    /// Descriptions, feedback and whatever else we need not understand.
    case other(type: UInt8)
  }

  private let packet: UnsafeRawBufferPointer
  private var offset = 0

  package init(_ packet: UnsafeRawBufferPointer) {
    self.packet = packet
  }

  package mutating func next() -> Part? {
    guard packet.count - offset >= 4, packet[offset] >> 6 == 2 else { return nil }
    let count = Int(packet[offset] & 0x1F)
    let type = packet[offset + 1]
    let length = 4 * (Int(packet.bigEndian16(at: offset + 2)) + 1)
    guard length <= packet.count - offset else { return nil }
    let part = UnsafeRawBufferPointer(rebasing: packet[offset..<offset + length])
    offset += length
    switch type {
    case 200: return Self.senderReport(part, count)
    case 201: return Self.receiverReport(part, count)
    case 203: return Self.goodbye(part, count)
    default: return .other(type: type)
    }
  }

  private static func senderReport(_ part: UnsafeRawBufferPointer, _ count: Int) -> Part? {
    guard part.count >= 8 + SenderStatement.size, let blocks = blocks(part, from: 8 + SenderStatement.size, count) else {
      return nil
    }
    let ntp = UInt64(part.bigEndian32(at: 8)) << 32 | UInt64(part.bigEndian32(at: 12))
    let statement = SenderStatement(
      ntp: ntp, timestamp: part.bigEndian32(at: 16), packets: part.bigEndian32(at: 20), octets: part.bigEndian32(at: 24))
    return .senderReport(SSRC(part.bigEndian32(at: 4)), statement, blocks)
  }

  private static func receiverReport(_ part: UnsafeRawBufferPointer, _ count: Int) -> Part? {
    guard part.count >= 8, let blocks = blocks(part, from: 8, count) else { return nil }
    return .receiverReport(SSRC(part.bigEndian32(at: 4)), blocks)
  }

  private static func goodbye(_ part: UnsafeRawBufferPointer, _ count: Int) -> Part? {
    guard part.count >= 4 + 4 * count else { return nil }
    return .goodbye((0..<count).map { SSRC(part.bigEndian32(at: 4 + 4 * $0)) })
  }

  private static func blocks(_ part: UnsafeRawBufferPointer, from start: Int, _ count: Int) -> [ReportBlock]? {
    guard part.count >= start + count * ReportBlock.size else { return nil }
    return (0..<count).map { index in
      let at = start + index * ReportBlock.size
      // 24 bits with a sign (RFC 3550 §6.4.1): shifted up and down again to spread it.
      let lost = Int32(bitPattern: part.bigEndian32(at: at + 4) << 8) >> 8
      return ReportBlock(
        ssrc: SSRC(part.bigEndian32(at: at)), fractionLost: part[at + 4], cumulativeLost: lost,
        extendedHighest: part.bigEndian32(at: at + 8), jitter: part.bigEndian32(at: at + 12),
        lastSenderReport: part.bigEndian32(at: at + 16), delaySinceLast: part.bigEndian32(at: at + 20))
    }
  }
}
