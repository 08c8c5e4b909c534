import Calls
import Codecs
import Cryptography
import ICE
import RTP
import SecureRTP
import Testing
import Wire

@testable import Media

/// Keeps what was sent to browsers until it is taken.
private struct KeepingTransport: MediaTransport, ~Copyable {
  var toBrowsers: [[UInt8]] = []
  private var nextPort: UInt16 = 20_000

  mutating func sendToBrowser(_ packet: UnsafeRawBufferPointer, at address: SocketAddress) { toBrowsers.append(Array(packet)) }
  mutating func send(
    _ packet: UnsafeRawBufferPointer, from port: PhonePort, _ channel: PhoneChannel, to address: SocketAddress
  ) {}
  mutating func openPhonePort(for slot: Int) -> PhonePort? {
    defer { nextPort += 2 }
    return PhonePort(number: nextPort, rtp: 0, rtcp: 0)
  }
  mutating func closePhonePort(_ port: PhonePort, of slot: Int) {}
}

@Suite("What only the beginning of a conversation needs is given back")
struct LegMemoryTests {
  private static let identity = Identity.selfSigned(names: ["gateway.test"], now: 1_795_000_000, days: 30)
  private static let browserIdentity = Identity.selfSigned(names: ["browser.test"], now: 1_795_000_000, days: 30)
  private static let browser = SocketAddress(.v4(0xCB00_7101), 40_000)
  private static let phone = SocketAddress(.v4(0xC633_6401), 4000)

  private static func engine() -> MediaEngine<KeepingTransport> {
    MediaEngine(
      transport: KeepingTransport(), identity: identity, sounds: SoundLibrary(prompts: [:]),
      wallClock: WallClock(nanosecondsSince1970: 0, at: Instant()), randomness: .seeded(1))
  }

  private static func audio(_ codec: AudioCodec) -> NegotiatedAudio {
    let format = PayloadType(codec == .opus ? 96 : 0)
    return NegotiatedAudio(codec: codec, sendPayloadType: format, receivePayloadType: format)
  }

  /// A packet of 20 ms of sound.
  private static func packet(_ number: Int, _ format: UInt8, _ payload: [UInt8]) -> [UInt8] {
    var packet = [UInt8](repeating: 0, count: RTPHeader.size) + payload
    let header = RTPHeader(
      marker: false, payloadType: PayloadType(format), sequence: UInt16(truncatingIfNeeded: number),
      timestamp: UInt32(truncatingIfNeeded: number * 960), ssrc: SSRC(7))
    packet.withUnsafeMutableBytes { header.write(to: $0) }
    return packet
  }

  private static func hear(_ datagram: [UInt8], _ engine: inout MediaEngine<KeepingTransport>, at now: Instant) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
    defer { buffer.deallocate() }
    buffer.copyBytes(from: datagram)
    engine.receiveFromBrowser(buffer, count: datagram.count, from: browser, at: now)
  }

  private static func wake(_ engine: inout MediaEngine<KeepingTransport>, until end: Instant) {
    while let deadline = engine.deadline, deadline <= end { engine.wake(at: deadline) }
    engine.wake(at: end)
  }

  @Test("The handshake rests once the browser has spoken, not before, and its goodbye is still heard")
  func handshake() {
    var engine = Self.engine()
    var now = Instant()
    let credentials = ICECredentials(usernameFragment: "face", password: "a password of that length")
    let description = BrowserLeg(
      local: credentials, remote: credentials, role: .server, fingerprints: [Self.browserIdentity.fingerprint],
      audio: Self.audio(.opus))
    engine.perform(.openBrowser(LegID(0), description), at: now)
    let slot = engine.slot(of: LegID(0)) ?? -1
    engine.slotsByAddress.set(Self.browser, to: slot)
    engine.legs[slot].reach = .browser(Self.browser)
    let peer = DTLSSession(identity: Self.browserIdentity, role: .client, fingerprints: [Self.identity.fingerprint])
    var outputs = peer.start(at: now)
    var keys: SRTPKeys?
    while !outputs.isEmpty {
      for output in outputs {
        if case .send(let datagram) = output { Self.hear(datagram, &engine, at: now) }
        if case .established(let agreed) = output { keys = agreed }
      }
      let answers = engine.transport.toBrowsers
      engine.transport.toBrowsers = []
      outputs = answers.flatMap { datagram in datagram.withUnsafeBytes { peer.receive($0, at: now) } }
    }
    let events = engine.takeEvents()
    #expect(events.contains(.connected(LegID(0))))
    func isResting() -> Bool? { engine.legs[slot].browser?.handshake.isResting }

    now += .seconds(2)
    Self.wake(&engine, until: now)
    #expect(isResting() == false, "the browser may have missed our last flight")

    guard let keys, var session = SRTPSession(keys) else { return #expect(Bool(false), "no keys were agreed on") }
    var sealed = Self.packet(1, 96, [0xFC, 0, 0]) + [UInt8](repeating: 0, count: SRTPSession.trailerBytes)
    var length = sealed.count - SRTPSession.trailerBytes
    let outcome = sealed.withUnsafeMutableBytes { session.protect($0, length: &length) }
    #expect(outcome == .ok)
    Self.hear(Array(sealed.prefix(length)), &engine, at: now)
    now += .seconds(10)
    Self.wake(&engine, until: now)
    #expect(isResting() == true)

    Self.hear(Array(Self.packet(2, 96, [0xFC, 0, 0])), &engine, at: now)
    _ = engine.takeEvents()
    engine.legs[slot].watch.start(at: now)
    for case .send(let goodbye) in peer.close() { Self.hear(goodbye, &engine, at: now) }
    let heard = engine.takeEvents()
    #expect(heard == [.fellSilent(LegID(0))])
  }

  @Test("The decoder that listens how loud a phone is goes when its two seconds are over")
  func probe() {
    var engine = Self.engine()
    var now = Instant()
    for number in [0, 1] as [UInt64] {
      engine.perform(.openPhone(LegID(number)), at: now)
      engine.perform(.connectPhone(LegID(number), PhoneLeg(remote: Self.phone, audio: Self.audio(.pcmu))), at: now)
    }
    engine.perform(.bridge(LegID(0), LegID(1)), at: now)
    let slot = engine.slot(of: LegID(0)) ?? -1
    let due = engine.legs[slot].probeDue
    #expect(due == now + SoundProbe.period)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
    defer { buffer.deallocate() }
    for number in 0..<50 {
      let packet = Self.packet(number, 0, [UInt8](repeating: UInt8(number), count: 160))
      buffer.copyBytes(from: packet)
      engine.receiveFromPhone(slot, .rtp, buffer, count: packet.count, from: Self.phone, at: now)
      now += .milliseconds(20)
    }
    Self.wake(&engine, until: Instant() + SoundProbe.period)
    let heard = engine.takeEvents().contains { if case .heard(LegID(0), _) = $0 { true } else { false } }
    let after = engine.legs[slot].probeDue
    #expect(heard && after == nil)
  }
}
