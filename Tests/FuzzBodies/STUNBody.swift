import ICE
import Wire

extension FuzzTarget {
  private static let ours = ICECredentials(usernameFragment: "ours", password: "the-password-of-the-server")
  private static let theirs = ICECredentials(usernameFragment: "theirs", password: "the-password-of-the-browser")

  /// A datagram: no byte may trap the reader or an agent, and what was understood must survive being written again.
  static let stun: Body = { octets throws(BrokenPromise) in
    let source = SocketAddress(.loopback, 9)
    let fragments = STUNMessage.usernameFragments(inRequest: octets)
    let found = (fragments?.local.utf8.count ?? 0) + (fragments?.remote.utf8.count ?? 0)
    try promise(found < max(octets.count, 1), "a name is part of its message")
    if let datagram = try? STUNDatagram(parsing: octets) { try writeAgain(datagram.message) }
    // A random FINGERPRINT is never right, so the same bytes are tried as the attributes of a sealed message, too.
    if let sealed = try? STUNDatagram(parsing: seal(octets)) {
      try promise(sealed.isAuthentic(password: ours.password), "a sealed message is authentic")
      try writeAgain(sealed.message)
    }

    var agent = LiteAgent(local: ours, remote: theirs, at: Instant())
    for datagram in [octets, seal(octets)] {
      let outputs = agent.receive(datagram, from: source, at: Instant(nanoseconds: 1))
      try promise(outputs.count <= 3, "one datagram has few consequences")
      for case .send(let answer, let destination) in outputs {
        try promise(destination == source, "an answer goes where the question came from")
        try promise((try? STUNDatagram(parsing: answer))?.isFingerprinted == true, "an answer can be read")
      }
    }
    let counters = agent.counters
    try promise(counters.accepted + counters.refused + counters.ignored == 2, "every datagram is counted")

    var browser = ControllingAgent(local: theirs, remote: ours, randomness: .seeded(1))
    _ = browser.start(candidates: [source], at: Instant())
    let heard = browser.receive(octets, from: source, at: Instant(nanoseconds: 1))
    try promise(heard.count <= 1, "noise has few consequences")
  }

  private static func writeAgain(_ message: STUNMessage) throws(BrokenPromise) {
    let written = message.encoded(password: ours.password)
    // Both seals and canonical padding may carry a message past a limit; then it is refused, never misread.
    guard let again = try? STUNDatagram(parsing: written) else {
      let isLarge = written.count > STUNMessage.maximumOctets
      return try promise(isLarge || message.attributes.count + 2 > STUNMessage.maximumAttributes, "a message survives")
    }
    let isSealed = again.isAuthentic(password: ours.password) && !again.isAuthentic(password: theirs.password)
    try promise(isSealed, "a seal is made with its password and no other")
    try promise(again.message.kind == message.kind && again.message.transaction == message.transaction, "a message survives")
    try promise(again.message.encoded(password: ours.password) == written, "a message survives byte for byte")
  }

  /// The input cut into attributes of a request that bears our seals: type, length and value by the first bytes of each piece.
  private static func seal(_ octets: [UInt8]) -> [UInt8] {
    var attributes: [STUNAttribute] = [.username(Array("ours:theirs".utf8))]
    var reader = OctetReader(octets)
    while attributes.count < 8, let type = reader.uint16(), let length = reader.uint8() {
      let value = Array(reader.take(min(Int(length), reader.remaining)) ?? [])
      // A second MESSAGE-INTEGRITY before ours would rightly be the one that counts.
      if type != 0x0008 { attributes.append(.other(type: type, value)) }
    }
    return STUNMessage(.request, transaction: STUNTransactionID(high: 1, low: 2), attributes: attributes)
      .encoded(password: ours.password)
  }
}
