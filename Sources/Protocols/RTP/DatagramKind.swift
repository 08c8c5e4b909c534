/// What a datagram on a port that everything shares is, told by its first two bytes (RFC 7983 §7, RFC 5761 §4).
package enum DatagramKind: Hashable, Sendable {
  case stun
  case dtls
  case rtp
  case rtcp
  case unknown

  package init(of datagram: UnsafeRawBufferPointer) {
    guard datagram.count >= 2 else {
      self = .unknown
      return
    }
    switch datagram[0] {
    case 0...3: self = .stun
    case 20...63: self = .dtls
    case 128...191: self = (192...223).contains(datagram[1]) ? .rtcp : .rtp
    default: self = .unknown
    }
  }
}
