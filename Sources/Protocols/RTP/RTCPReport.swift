import Wire

/// A compound packet of ours: a sender's or receiver's report, the canonical name, and a goodbye at the end (RFC 3550 §6.1).
package struct RTCPReport: Hashable, Sendable {
  /// A canonical name is at most this long (RFC 3550 §6.5 allows 255).
  package static let maximumName = 64

  package var ssrc: SSRC
  /// Present if we sent anything since the last report.
  package var statement: SenderStatement?
  package var block: ReportBlock?
  package var canonicalName: [UInt8]
  package var saysGoodbye = false

  package init(
    ssrc: SSRC, statement: SenderStatement?, block: ReportBlock?, canonicalName: [UInt8], saysGoodbye: Bool = false
  ) {
    self.ssrc = ssrc
    self.statement = statement
    self.block = block
    self.canonicalName = Array(canonicalName.prefix(Self.maximumName))
    self.saysGoodbye = saysGoodbye
  }

  package var octets: [UInt8] {
    var octets = Self.part(type: statement == nil ? 201 : 200, count: block == nil ? 0 : 1, reportBody)
    octets += Self.part(type: 202, count: 1, descriptionBody)
    if saysGoodbye { octets += Self.part(type: 203, count: 1, ssrc.number.octets) }
    return octets
  }

  private var reportBody: [UInt8] {
    var body = ssrc.number.octets
    if let statement {
      body += statement.ntp.octets + statement.timestamp.octets + statement.packets.octets + statement.octets.octets
    }
    guard let block else { return body }
    let lost = UInt32(bitPattern: block.cumulativeLost) & 0xFF_FFFF
    body += block.ssrc.number.octets + (UInt32(block.fractionLost) << 24 | lost).octets
    body += block.extendedHighest.octets + block.jitter.octets
    return body + block.lastSenderReport.octets + block.delaySinceLast.octets
  }

  private var descriptionBody: [UInt8] {
    let item = [1, UInt8(canonicalName.count)] + canonicalName
    // The list of items ends with a zero and is filled up to a whole word.
    return ssrc.number.octets + item + [UInt8](repeating: 0, count: 4 - item.count % 4)
  }

  private static func part(type: UInt8, count: UInt8, _ body: [UInt8]) -> [UInt8] {
    [0x80 | count, type] + UInt16(truncatingIfNeeded: body.count / 4).octets + body
  }
}
