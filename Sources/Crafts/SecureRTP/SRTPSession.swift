import Cryptography
import Wire

/// What became of one packet.
package enum SRTPOutcome: Hashable, Sendable {
  case ok
  /// Seen before, or too old to know (RFC 3711 §3.3.2).
  case replayed
  case notAuthentic
  case malformed
  case failed
}

/// Both directions of one SRTP association (RFC 3711, RFC 7714), opened and sealed in place.
///
/// The engine behind it is libsrtp2; another one fits by offering the four verbs of `LibSRTPEngine`.
package struct SRTPSession: ~Copyable {
  /// Room that a packet needs behind its end before it is sealed: tag, and index of SRTCP.
  package static let trailerBytes = 32

  private var outgoing: LibSRTPEngine
  private var incoming: LibSRTPEngine

  /// `nil` if the keys do not fit their profile.
  package init?(_ keys: SRTPKeys) {
    guard let outgoing = LibSRTPEngine(keys.profile, key: keys.local, direction: .outbound),
      let incoming = LibSRTPEngine(keys.profile, key: keys.remote, direction: .inbound)
    else { return nil }
    self.outgoing = outgoing
    self.incoming = incoming
  }

  /// Seals an RTP packet of `length` bytes; `packet` must have `trailerBytes` more.
  package mutating func protect(_ packet: UnsafeMutableRawBufferPointer, length: inout Int) -> SRTPOutcome {
    guard packet.count >= length + Self.trailerBytes else { return .malformed }
    return outgoing.protect(packet, length: &length)
  }

  package mutating func unprotect(_ packet: UnsafeMutableRawBufferPointer, length: inout Int) -> SRTPOutcome {
    incoming.unprotect(packet, length: &length)
  }

  /// Seals a compound RTCP packet of `length` bytes; `packet` must have `trailerBytes` more.
  package mutating func protectRTCP(_ packet: UnsafeMutableRawBufferPointer, length: inout Int) -> SRTPOutcome {
    guard packet.count >= length + Self.trailerBytes else { return .malformed }
    return outgoing.protectRTCP(packet, length: &length)
  }

  package mutating func unprotectRTCP(_ packet: UnsafeMutableRawBufferPointer, length: inout Int) -> SRTPOutcome {
    incoming.unprotectRTCP(packet, length: &length)
  }
}
