import Cryptography
import ICE
import RTP
import SDP
import SecureRTP
import Wire

/// A visitor's browser: offers, checks, shakes hands, hums and listens.
package final class BrowserPeer {
  package let voice: Voice
  package private(set) var isConnected = false
  package private(set) var hasLostConsent = false
  package var speaks = true
  /// From the first check to its answer: the way there and back.
  package private(set) var roundTrip: Duration?
  /// Why the association came to nothing.
  package private(set) var failure: DTLSFailure?
  /// Where the gateway said that it can be reached, best first.
  package private(set) var candidates: [SocketAddress] = []
  /// What the gateway reported of our sound.
  package private(set) var blocks: [ReportBlock] = []

  private let network: any PeerNetwork
  private let address: SocketAddress
  private var local: ICECredentials
  private let identity: Identity
  private var randomness: Randomness
  private var agent: ControllingAgent?
  private var handshake: DTLSSession?
  private var keys: SRTPSession?
  private var remote: SocketAddress?
  private var checkedAt: Instant?
  private var tick: Instant?
  private let bench = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)

  package init(
    _ network: any PeerNetwork, at address: SocketAddress, identity: Identity, hums frequency: Double, randomness: Randomness
  ) {
    self.network = network
    self.address = address
    self.identity = identity
    self.randomness = randomness
    voice = Voice(hums: frequency, codec: .opus, random: &self.randomness)
    local = ICECredentials(usernameFragment: self.randomness.token(4), password: self.randomness.token(24))
    network.listen(address) { [unowned self] in receive($0, from: $1) }
  }

  deinit { bench.deallocate() }

  package func vanish() {
    network.close(address)
    agent = nil
    tick = nil
  }

  /// What a page does that is left: close_notify.
  package func sayGoodbye() { if let outputs = handshake?.close() { perform(outputs) } }

  /// What the browser says before it knows anything: no candidate, as an impatient client may.
  package var offer: String {
    """
    v=0
    o=- 1 1 IN IP4 127.0.0.1
    s=-
    t=0 0
    a=group:BUNDLE 0
    m=audio 9 UDP/TLS/RTP/SAVPF 111 110
    c=IN IP4 0.0.0.0
    a=ice-ufrag:\(local.usernameFragment)
    a=ice-pwd:\(local.password)
    a=fingerprint:\(identity.fingerprint)
    a=setup:actpass
    a=mid:0
    a=sendrecv
    a=rtcp-mux
    a=rtpmap:111 opus/48000/2
    a=rtpmap:110 telephone-event/48000
    """
  }

  package func accept(_ answer: String) throws {
    let description = try SessionDescription(parsing: answer)
    let attributes = description.media.flatMap(\.attributes)
    let remote = ICECredentials(
      usernameFragment: attributes.value("ice-ufrag") ?? "", password: attributes.value("ice-pwd") ?? "")
    candidates = attributes.values("candidate").compactMap(Self.address)
    let fingerprints = attributes.values("fingerprint").compactMap { Fingerprint($0) }
    handshake = DTLSSession(identity: identity, role: .client, fingerprints: fingerprints)
    checkedAt = network.now
    var agent = ControllingAgent(local: local, remote: remote, randomness: randomness)
    let outputs = agent.start(candidates: candidates, at: network.now)
    self.agent = agent
    perform(outputs)
  }

  /// Looks for a new path (RFC 8445 §9): what it offers from now on has new credentials, and keeps its certificate.
  package func restart() {
    local = ICECredentials(usernameFragment: randomness.token(4), password: randomness.token(24))
  }

  /// The answer to an offer after `restart`: the checks begin anew, and the keys stay.
  package func goOn(_ answer: String) throws {
    let attributes = try SessionDescription(parsing: answer).media.flatMap(\.attributes)
    let theirs = ICECredentials(
      usernameFragment: attributes.value("ice-ufrag") ?? "", password: attributes.value("ice-pwd") ?? "")
    var agent = ControllingAgent(local: local, remote: theirs, randomness: randomness)
    let outputs = agent.start(candidates: [remote].compactMap(\.self), at: network.now)
    self.agent = agent
    perform(outputs)
  }

  /// The address in `foundation component transport priority address port …` (RFC 8839 §5.1).
  private static func address(_ candidate: String) -> SocketAddress? {
    let words = candidate.split(separator: " ")
    guard words.count > 5, let ip = IPAddress(words[4]), let port = UInt16(words[5]) else { return nil }
    return SocketAddress(ip, port)
  }

  package var deadline: Instant? { earliest(agent?.deadline, handshake?.deadline, tick) }

  package func wake() {
    let now = network.now
    if let outputs = agent?.wake(at: now) { perform(outputs) }
    if let outputs = handshake?.wake(at: now) { perform(outputs) }
    while let due = tick, due <= now {
      tick = due + .milliseconds(20)
      voice.listen(at: now)
      if speaks { speak(voice.speak(111, at: now)) }
    }
  }

  /// Presses a key as Firefox tells it: three packets that are all the end of the event.
  package func press(_ digit: UInt8) {
    var packet = voice.speak(110, at: network.now).prefix(12) + [digit, 0x8A, 0x12, 0xC0]
    packet[1] = 0x80 | 110
    for _ in 0..<3 {
      speak(Array(packet))
      let next = (UInt16(packet[2]) << 8 | UInt16(packet[3])) &+ 1
      packet.replaceSubrange(2..<4, with: next.octets)
    }
  }

  private func speak(_ packet: [UInt8]) {
    guard let remote else { return }
    bench.copyBytes(from: packet)
    var length = packet.count
    guard keys?.protect(bench, length: &length) == .ok else { return }
    network.send(Array(bench[..<length]), from: address, to: remote)
  }

  private func receive(_ datagram: [UInt8], from source: SocketAddress) {
    let now = network.now
    switch datagram.withUnsafeBytes({ DatagramKind(of: $0) }) {
    case .stun: if let outputs = agent?.receive(datagram, from: source, at: now) { perform(outputs) }
    case .dtls:
      if let outputs = datagram.withUnsafeBytes({ handshake?.receive($0, at: now) }) { perform(outputs) }
    case .rtp:
      bench.copyBytes(from: datagram)
      var length = datagram.count
      guard keys?.unprotect(bench, length: &length) == .ok else { return }
      voice.hear(Array(bench[..<length]), payloadType: 111, eventType: 110, at: now)
    case .rtcp: read(datagram)
    case .unknown: break
    }
  }

  private func read(_ report: [UInt8]) {
    bench.copyBytes(from: report)
    var length = report.count
    guard keys?.unprotectRTCP(bench, length: &length) == .ok else { return }
    var reader = RTCPReader(UnsafeRawBufferPointer(rebasing: bench[..<length]))
    while let part = reader.next() {
      if case .senderReport(_, _, let heard) = part { blocks += heard }
    }
  }

  private func perform(_ outputs: [ControllingAgent.Output]) {
    for output in outputs {
      switch output {
      case .send(let octets, let to): network.send(octets, from: address, to: to)
      case .selected(let chosen):
        remote = chosen
        if roundTrip == nil { roundTrip = checkedAt.map { network.now - $0 } }
        if !isConnected, let outputs = handshake?.start(at: network.now) { perform(outputs) }
      case .failed, .consentLost: hasLostConsent = true
      }
    }
  }

  private func perform(_ outputs: [DTLSSession.Output]) {
    for output in outputs {
      switch output {
      case .send(let octets): if let remote { network.send(octets, from: address, to: remote) }
      case .established(let exported):
        keys = SRTPSession(exported)
        isConnected = true
        tick = network.now
      case .failed(let why): failure = why
      case .closed: break
      }
    }
  }
}
