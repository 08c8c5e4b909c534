import RTP
import SecureRTP
import Wire

/// RTCP both ways (RFC 3550 §6): what we heard of the peer, and what it heard of us.
extension MediaEngine where Transport: ~Copyable {
  mutating func receiveSealedReport(_ slot: Int, _ buffer: UnsafeMutableRawBufferPointer, count: Int, at now: Instant) {
    var length = count
    switch legs[slot].keys?.unprotectRTCP(buffer, length: &length) {
    case .ok: read(slot, UnsafeRawBufferPointer(rebasing: buffer[..<length]), at: now)
    case .replayed: drops.replayed &+= 1
    case nil: drops.early &+= 1
    default: drops.notAuthentic &+= 1
    }
  }

  mutating func receivePlainReport(
    _ slot: Int, _ buffer: UnsafeMutableRawBufferPointer, count: Int, from source: SocketAddress, at now: Instant
  ) {
    guard case .phone(let port, let remote, let known) = legs[slot].reach, remote.ip == source.ip else {
      drops.stranger &+= 1
      return
    }
    legs[slot].watch.reported(at: now)
    if known != source { legs[slot].reach = .phone(port, remote, rtcp: source) }
    read(slot, UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: now)
  }

  private mutating func read(_ slot: Int, _ packet: UnsafeRawBufferPointer, at now: Instant) {
    var reader = RTCPReader(packet)
    while let part = reader.next() {
      switch part {
      case .senderReport(_, let statement, let blocks):
        legs[slot].reports.heard(statement, at: now)
        learn(slot, from: blocks, at: now)
      case .receiverReport(_, let blocks): learn(slot, from: blocks, at: now)
      case .goodbye, .other: break
      }
    }
  }

  private mutating func learn(_ slot: Int, from blocks: [ReportBlock], at now: Instant) {
    judgeDelivery(slot, blocks.first { $0.ssrc == legs[slot].outgoing.ssrc }?.extendedHighest)
    for block in blocks where block.ssrc == legs[slot].outgoing.ssrc {
      legs[slot].missed = Int64(block.cumulativeLost)
      legs[slot].reports.learnRoundTrip(from: block, ntp: wallClock.ntp(at: now))
    }
  }

  mutating func wakeReports(_ slot: Int, at now: Instant) {
    guard now >= legs[slot].reports.due else { return }
    sendReport(slot, goodbye: false, at: now)
    legs[slot].reports.reported(at: now, using: &randomness)
  }

  mutating func sendGoodbye(_ slot: Int, at now: Instant) {
    guard legs[slot].counts.sent > 0 else { return }
    sendReport(slot, goodbye: true, at: now)
  }

  private mutating func sendReport(_ slot: Int, goodbye: Bool, at now: Instant) {
    let leg = legs + slot
    guard leg.pointee.counts.sent > 0 || leg.pointee.counts.received > 0 else { return }
    let hasSpoken = leg.pointee.counts.sent > leg.pointee.counts.sentAtReport
    leg.pointee.counts.sentAtReport = leg.pointee.counts.sent
    let statement = SenderStatement(
      ntp: wallClock.ntp(at: now), timestamp: leg.pointee.outgoing.timestamp(at: now),
      packets: UInt32(truncatingIfNeeded: leg.pointee.counts.sent), octets: leg.pointee.counts.octetsSent)
    let echo = leg.pointee.reports.echo(at: now)
    let report = RTCPReport(
      ssrc: leg.pointee.outgoing.ssrc, statement: hasSpoken ? statement : nil,
      block: leg.pointee.incoming.makeReport(lastSenderReport: echo.lastSenderReport, delay: echo.delay),
      canonicalName: canonicalName, saysGoodbye: goodbye)
    sendReport(slot, report.octets)
  }

  private mutating func sendReport(_ slot: Int, _ octets: [UInt8]) {
    workbench.copyBytes(from: octets)
    var length = octets.count
    switch legs[slot].reach {
    case .nowhere: return
    case .browser(let address):
      guard legs[slot].keys?.protectRTCP(workbench, length: &length) == .ok else { return }
      transport.sendToBrowser(UnsafeRawBufferPointer(rebasing: workbench[..<length]), at: address)
    case .phone(let port, _, let rtcp):
      transport.send(UnsafeRawBufferPointer(rebasing: workbench[..<length]), from: port, .rtcp, to: rtcp)
    }
  }
}
