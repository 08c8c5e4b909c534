import Cryptography
import Wire

extension FuzzTarget {
  /// A handshake with a real peer whose datagrams the input drops, repeats, bends and mixes with its own: nobody is let in by mistake.
  static let dtls: Body = { octets throws(BrokenPromise) in
    var handshake = BentHandshake(Decisions(octets))
    try handshake.run()
  }
}

private struct BentHandshake {
  private static let ours = Identity.selfSigned(names: ["ours"], now: 1_795_000_000, days: 30)
  private static let theirs = Identity.selfSigned(names: ["theirs"], now: 1_795_000_000, days: 30)

  private var decisions: Decisions
  private let us: DTLSSession
  private let peer: DTLSSession
  private let knowsPeer: Bool
  private var now = Instant()
  private var toUs: [[UInt8]] = []
  private var toPeer: [[UInt8]] = []
  private var ourKeys: SRTPKeys?
  private var theirKeys: SRTPKeys?
  private var isOver = false

  init(_ decisions: Decisions) {
    self.decisions = decisions
    let isClient = self.decisions.flag()
    knowsPeer = self.decisions.flag()
    us = DTLSSession(
      identity: Self.ours, role: isClient ? .client : .server,
      fingerprints: [knowsPeer ? Self.theirs.fingerprint : Self.ours.fingerprint])
    peer = DTLSSession(
      identity: Self.theirs, role: isClient ? .server : .client, fingerprints: [Self.ours.fingerprint])
  }

  mutating func run() throws(BrokenPromise) {
    try take(us.start(at: now))
    takeFromPeer(peer.start(at: now))
    for _ in 0..<48 where !decisions.isAtEnd { try step() }
    for _ in 0..<12 {
      if !toPeer.isEmpty { deliverToPeer(toPeer.removeFirst()) }
      if !toUs.isEmpty { try deliver(toUs.removeFirst()) }
    }
    if let ourKeys, let theirKeys {
      try promise(ourKeys.local == theirKeys.remote && ourKeys.remote == theirKeys.local, "both have the same keys")
    }
    try promise(us.close().count <= 1, "one goodbye")
    try promise(us.deadline == nil || !isOver, "what is over waits for nothing")
    while let deadline = us.deadline {
      now = max(now, deadline)
      let outputs = us.wake(at: now)
      try take(outputs)
      // OpenSSL's own clock does not run with ours: what it repeats is its business, the end of patience is ours.
      if outputs.isEmpty { now += DTLSSession.patience }
    }
    try promise(ourKeys != nil || isOver, "a handshake that comes to nothing ends")
  }

  private mutating func step() throws(BrokenPromise) {
    switch decisions.below(8) {
    case 0, 1: if !toUs.isEmpty { try deliver(toUs.removeFirst()) }
    case 2: if !toPeer.isEmpty { deliverToPeer(toPeer.removeFirst()) }
    case 3:
      guard var bent = toUs.first, !bent.isEmpty else { return }
      toUs.removeFirst()
      let position = Int(decisions.uint16()) % bent.count
      bent[position] ^= decisions.octet()
      try deliver(bent)
    case 4: if !toUs.isEmpty { toUs.removeFirst() }
    case 5: try deliver(decisions.block())
    case 6: if let first = toUs.first { try deliver(first) }
    default:
      now += .milliseconds(Int64(decisions.uint16()))
      try take(us.wake(at: now))
      // As its owner does once the peer has spoken.
      if theirKeys != nil { us.rest() }
    }
  }

  private mutating func deliver(_ datagram: [UInt8]) throws(BrokenPromise) {
    let now = now
    try take(datagram.withUnsafeBytes { us.receive($0, at: now) })
  }

  private mutating func deliverToPeer(_ datagram: [UInt8]) {
    let now = now
    takeFromPeer(datagram.withUnsafeBytes { peer.receive($0, at: now) })
  }

  private mutating func take(_ outputs: [DTLSSession.Output]) throws(BrokenPromise) {
    try promise(outputs.count <= 24, "one datagram has few consequences: \(outputs.count)")
    for output in outputs {
      try promise(!isOver, "nothing is said after the end")
      switch output {
      case .send(let datagram):
        try promise((1...DTLSSession.mtu).contains(datagram.count), "a datagram fits its path: \(datagram.count)")
        if toPeer.count < 64 { toPeer.append(datagram) }
      case .established(let keys):
        try promise(knowsPeer, "a stranger is not let in")
        try promise(ourKeys == nil, "keys are agreed on once")
        ourKeys = keys
      case .failed, .closed: isOver = true
      }
    }
  }

  private mutating func takeFromPeer(_ outputs: [DTLSSession.Output]) {
    for output in outputs {
      switch output {
      case .send(let datagram): if toUs.count < 64 { toUs.append(datagram) }
      case .established(let keys): theirKeys = keys
      case .failed, .closed: break
      }
    }
  }
}
