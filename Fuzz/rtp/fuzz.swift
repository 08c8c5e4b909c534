import RTP
import Wire

/// One input is a datagram: its kind is told, and whoever reads that kind reads it; what was understood must survive being written again.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let datagram = UnsafeRawBufferPointer(start: start, count: count)
  switch DatagramKind(of: datagram) {
  case .rtp: readPacket(datagram)
  case .rtcp: readReports(datagram)
  case .stun, .dtls, .unknown: break
  }
  playSequence(datagram)
  return 0
}

private func readPacket(_ datagram: UnsafeRawBufferPointer) {
  guard let header = RTPHeader(parsing: datagram) else { return }
  precondition(header.payload.lowerBound >= RTPHeader.size && header.payload.upperBound <= datagram.count)
  withUnsafeTemporaryAllocation(byteCount: RTPHeader.size, alignment: 8) { room in
    header.write(to: room)
    var plain = header
    plain.payload = RTPHeader.size..<RTPHeader.size
    precondition(RTPHeader(parsing: UnsafeRawBufferPointer(room)) == plain)
  }
}

private func readReports(_ datagram: UnsafeRawBufferPointer) {
  var reader = RTCPReader(datagram)
  while let part = reader.next() {
    guard case .senderReport(let source, let statement, let blocks) = part else { continue }
    let again = RTCPReport(ssrc: source, statement: statement, block: blocks.first, canonicalName: [], saysGoodbye: true)
    again.octets.withUnsafeBytes {
      var second = RTCPReader($0)
      precondition(second.next() == .senderReport(source, statement, Array(blocks.prefix(1))))
    }
  }
}

/// Each eight bytes are a packet of one stream, at its own moment: no order of arrival may trap, reuse a number or overfill.
private func playSequence(_ octets: UnsafeRawBufferPointer) {
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
    if case .frame(let payload) = buffer.take(at: now) { precondition(payload.count == 8) }
    if let key = keys.receive(header, payload: packet) { precondition(key == packet[0]) }
    switch packet[0] >> 1 & 3 {
    case 0: timeline.absorb(header, from: 1)
    case 1: precondition(timeline.next(samples: 960, at: now).ssrc == SSRC(1))
    default:
      let sent = timeline.forward(header, from: 1, sourceClock: packet[0] & 8 == 0 ? 8_000 : 48_000, at: now)
      precondition(sent.map { $0.ssrc == SSRC(1) } ?? true)
    }
  }
  precondition(statistics.makeReport(lastSenderReport: 0, delay: 0).map { $0.cumulativeLost <= 0x7F_FFFF } ?? true)
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ argumentCount: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutableRawPointer,
  _ one: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@main
struct Fuzz {
  static func main() {
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    _ = runDriver(&count, &arguments, fuzzOneInput)
  }
}
