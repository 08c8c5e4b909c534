/// The fixed header of an RTP packet and where its payload lies (RFC 3550 §5.1); a trivial value for the packet path.
package struct RTPHeader: Hashable, Sendable {
  /// Bytes of a header without contributing sources and extension, the only kind that we write.
  package static let size = 12

  package var marker: Bool
  package var payloadType: PayloadType
  package var sequence: UInt16
  package var timestamp: UInt32
  package var ssrc: SSRC
  /// Offsets in the packet it was read from, behind contributing sources and extension, without padding.
  package var payload: Range<Int> = 0..<0

  package init(marker: Bool, payloadType: PayloadType, sequence: UInt16, timestamp: UInt32, ssrc: SSRC) {
    self.marker = marker
    self.payloadType = payloadType
    self.sequence = sequence
    self.timestamp = timestamp
    self.ssrc = ssrc
  }

  /// Reads a packet; `nil` if it is shorter than what it says of itself, or of another version.
  package init?(parsing packet: UnsafeRawBufferPointer) {
    guard packet.count >= Self.size, packet[0] >> 6 == 2 else { return nil }
    var start = Self.size + 4 * Int(packet[0] & 0x0F)
    if packet[0] & 0x10 != 0 {
      guard packet.count >= start + 4 else { return nil }
      start += 4 + 4 * Int(packet.bigEndian16(at: start + 2))
    }
    var end = packet.count
    guard start <= end else { return nil }
    if packet[0] & 0x20 != 0 {
      let padding = Int(packet[end - 1])
      guard padding > 0, padding <= end - start else { return nil }
      end -= padding
    }
    marker = packet[1] & 0x80 != 0
    payloadType = PayloadType(packet[1])
    sequence = packet.bigEndian16(at: 2)
    timestamp = packet.bigEndian32(at: 4)
    ssrc = SSRC(packet.bigEndian32(at: 8))
    payload = start..<end
  }

  /// Writes the twelve bytes at the beginning of `packet`.
  package func write(to packet: UnsafeMutableRawBufferPointer) {
    precondition(packet.count >= Self.size, "a header needs twelve bytes")
    packet[0] = 0x80
    packet[1] = (marker ? 0x80 : 0) | payloadType.number
    packet.setBigEndian(sequence, at: 2)
    packet.setBigEndian(timestamp, at: 4)
    packet.setBigEndian(ssrc.number, at: 8)
  }
}

// The callers have compared their offsets with the count before: these do not.
extension UnsafeRawBufferPointer {
  @inline(__always)
  func bigEndian16(at offset: Int) -> UInt16 {
    UInt16(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }
  @inline(__always)
  func bigEndian32(at offset: Int) -> UInt32 {
    UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }
}

extension UnsafeMutableRawBufferPointer {
  @inline(__always)
  func setBigEndian<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
    storeBytes(of: value.bigEndian, toByteOffset: offset, as: Value.self)
  }
}
