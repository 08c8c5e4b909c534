import Cryptography
import SecureRTP
import Wire

extension FuzzTarget {
  /// A datagram for the opener of packets: what the peer did not seal is never opened, what it sealed is opened once and only untouched.
  static let srtp: Body = { octets throws(BrokenPromise) in
    for profile in SRTPProfile.allCases {
      let length = profile.keyLength + profile.saltLength
      let (one, other) = ([UInt8](repeating: 1, count: length), [UInt8](repeating: 2, count: length))
      var us = try Association(SRTPKeys(profile: profile, local: one, remote: other))
      var peer = try Association(SRTPKeys(profile: profile, local: other, remote: one))
      for isReport in [false, true] {
        try refuses(octets, isReport, &us)
        try bend(octets, isReport, &us, &peer)
      }
    }
  }

  private static func refuses(_ octets: [UInt8], _ isReport: Bool, _ us: inout Association) throws(BrokenPromise) {
    let (outcome, opened) = us.open(octets, isReport)
    try promise(outcome != .ok, "what nobody sealed is not opened")
    try promise(opened.count <= octets.count, "nothing grows by being opened")
  }

  private static func bend(
    _ octets: [UInt8], _ isReport: Bool, _ us: inout Association, _ peer: inout Association
  ) throws(BrokenPromise) {
    var decisions = Decisions(octets)
    let (position, flip) = (Int(decisions.uint16()), decisions.octet())
    let payload = Array(decisions.rest().prefix(1200))
    let head: [UInt8] = isReport ? [0x81, 201, 0, 7, 0, 0, 0, 9, 0, 0, 0, 8] : [0x80, 111, 0, 7, 0, 0, 0, 8, 0, 0, 0, 9]
    let plain = head + payload + [UInt8](repeating: 0, count: (4 - payload.count % 4) % 4)
    guard let sealed = peer.seal(plain, isReport) else { return try promise(false, "our own packets can be sealed") }
    var bent = sealed
    bent[position % bent.count] ^= flip
    if flip != 0 { try promise(us.open(bent, isReport).outcome != .ok, "a bent packet is not opened") }
    let (outcome, opened) = us.open(sealed, isReport)
    try promise(outcome == .ok && opened == plain, "a sealed packet is opened: \(outcome)")
    try promise(us.open(sealed, isReport).outcome == .replayed, "once")
  }

  /// A session with a heap buffer of its own for each packet, so that a sanitizer sees every step outside.
  private struct Association: ~Copyable {
    private var session: SRTPSession

    init(_ keys: SRTPKeys) throws(BrokenPromise) {
      guard let session = SRTPSession(keys) else { throw BrokenPromise(description: "keys fit their profile") }
      self.session = session
    }

    mutating func open(_ octets: [UInt8], _ isReport: Bool) -> (outcome: SRTPOutcome, opened: [UInt8]) {
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(octets.count, 1), alignment: 16)
      defer { buffer.deallocate() }
      buffer.copyBytes(from: octets)
      var length = octets.count
      let packet = UnsafeMutableRawBufferPointer(rebasing: buffer[..<octets.count])
      let outcome = isReport ? session.unprotectRTCP(packet, length: &length) : session.unprotect(packet, length: &length)
      return (outcome, Array(buffer[..<max(0, min(length, octets.count))]))
    }

    mutating func seal(_ plain: [UInt8], _ isReport: Bool) -> [UInt8]? {
      let capacity = plain.count + SRTPSession.trailerBytes
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
      defer { buffer.deallocate() }
      buffer.copyBytes(from: plain)
      var length = plain.count
      let outcome = isReport ? session.protectRTCP(buffer, length: &length) : session.protect(buffer, length: &length)
      return outcome == .ok ? Array(buffer[..<length]) : nil
    }
  }
}
