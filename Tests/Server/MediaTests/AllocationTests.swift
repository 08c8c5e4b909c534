import AllocationCounter
import Calls
import Codecs
import Cryptography
import ICE
import RTP
import SecureRTP
import Testing
import Wire

@testable import Media

/// Carries packets nowhere and keeps the last one, without asking for memory.
private struct CountingTransport: MediaTransport, ~Copyable {
  private(set) var sent = 0
  private(set) var lastCount = 0
  let last = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
  private var nextPort: UInt16 = 20_000

  deinit { last.deallocate() }

  mutating func sendToBrowser(_ packet: UnsafeRawBufferPointer, at address: SocketAddress) { keep(packet) }
  mutating func send(
    _ packet: UnsafeRawBufferPointer, from port: PhonePort, _ channel: PhoneChannel, to address: SocketAddress
  ) { keep(packet) }
  private mutating func keep(_ packet: UnsafeRawBufferPointer) {
    last.copyMemory(from: packet)
    sent += 1
    lastCount = packet.count
  }

  mutating func openPhonePort(for slot: Int) -> PhonePort? {
    defer { nextPort += 2 }
    return PhonePort(number: nextPort, rtp: 0, rtcp: 0)
  }
  mutating func closePhonePort(_ port: PhonePort, of slot: Int) {}
}

@Suite("The packet path asks for no memory", .enabled(if: allocation_counting_is_on(), "a sanitizer owns malloc"))
struct AllocationTests {
  private static let phones = [SocketAddress(.v4(0xC633_6401), 4000), SocketAddress(.v4(0xC633_6402), 4000)]
  private static let browser = SocketAddress(.v4(0xCB00_7101), 40_000)
  private static let packets = 1000

  private static func engine() -> MediaEngine<CountingTransport> {
    MediaEngine(
      transport: CountingTransport(), identity: .selfSigned(names: ["gateway.test"], now: 1_795_000_000, days: 30),
      sounds: SoundLibrary(prompts: [:]), wallClock: WallClock(nanosecondsSince1970: 0, at: Instant()), randomness: .seeded(1))
  }

  private static func audio(_ codec: AudioCodec) -> NegotiatedAudio {
    let format = PayloadType(codec == .opus ? 96 : 0)
    return NegotiatedAudio(
      codec: codec, sendPayloadType: format, receivePayloadType: format,
      telephoneEvent: TelephoneEventFormat(payloadType: PayloadType(101), clockRate: 8000))
  }

  /// A packet of speech in `buffer`; says how long it is.
  private static func write(_ number: Int, to buffer: UnsafeMutableRawBufferPointer) -> Int {
    let header = RTPHeader(
      marker: false, payloadType: PayloadType(96), sequence: UInt16(truncatingIfNeeded: number),
      timestamp: UInt32(truncatingIfNeeded: number * 960), ssrc: SSRC(7))
    header.write(to: buffer)
    return RTPHeader.size + 80
  }

  /// Blocks of memory that `work` asks for.
  private static func blocks(_ work: () -> Void) -> UInt64 {
    let before = allocation_count()
    work()
    return allocation_count() - before
  }

  @Test("The counter sees arrays, objects and C's own, or this suite proves nothing")
  func counts() {
    final class Something {}
    var kept: [Any] = []
    kept.reserveCapacity(4)
    #expect(Self.blocks { kept.append([Int](repeating: 1, count: 100)) } > 0)
    #expect(Self.blocks { kept.append(Something()) } > 0)
    var rate: Int32 = 0
    #expect(Self.blocks { rate = OpusDecoder(sampleRate: 8000).sampleRate } > 0)
    #expect(Self.blocks { rate += 1 } == 0)
  }

  @Test("Between two phones: two thousand packets, no block of memory")
  func phoneToPhone() {
    var engine = Self.engine()
    for (number, phone) in Self.phones.enumerated() {
      let leg = LegID(UInt64(number))
      engine.perform(.openPhone(leg), at: Instant())
      engine.perform(.connectPhone(leg, PhoneLeg(remote: phone, audio: Self.audio(.opus))), at: Instant())
    }
    engine.perform(.bridge(LegID(0), LegID(1)), at: Instant())
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
    defer { buffer.deallocate() }
    let slots = [0, 1].map { engine.slot(of: LegID($0)) ?? -1 }
    var blocks: UInt64 = 0
    for packet in 0..<2 * Self.packets {
      for phone in 0...1 {
        let count = Self.write(packet, to: buffer)
        let (slot, source, now) = (slots[phone], Self.phones[phone], Instant() + .milliseconds(packet))
        let asked = Self.blocks {
          engine.receiveFromPhone(slot, .rtp, buffer, count: count, from: source, at: now)
        }
        // The first packets settle the paths and begin the timelines.
        if packet >= Self.packets { blocks += asked }
      }
    }
    let (sent, drops) = (engine.transport.sent, engine.drops)
    #expect(sent == 4 * Self.packets && drops == DropCounts())
    #expect(blocks == 0, "\(blocks) blocks for \(2 * Self.packets) packets")
  }

  @Test("Between a browser and a phone: exactly the blocks that libsrtp2 asks for by itself", arguments: SRTPProfile.allCases)
  func browserAndPhone(profile: SRTPProfile) {
    let length = profile.keyLength + profile.saltLength
    let (one, other) = ([UInt8](repeating: 1, count: length), [UInt8](repeating: 2, count: length))
    let gatewayKeys = SRTPKeys(profile: profile, local: one, remote: other)
    let browserKeys = SRTPKeys(profile: profile, local: other, remote: one)
    guard var browserSession = SRTPSession(browserKeys), var bareSession = SRTPSession(gatewayKeys) else {
      return #expect(Bool(false), "two sessions")
    }
    var engine = Self.engine()
    let credentials = ICECredentials(usernameFragment: "face", password: "a password of that length")
    engine.perform(
      .openBrowser(
        LegID(0),
        BrowserLeg(local: credentials, remote: credentials, role: .server, fingerprints: [], audio: Self.audio(.opus))),
      at: Instant())
    engine.perform(.openPhone(LegID(1)), at: Instant())
    engine.perform(.connectPhone(LegID(1), PhoneLeg(remote: Self.phones[0], audio: Self.audio(.opus))), at: Instant())
    engine.perform(.bridge(LegID(0), LegID(1)), at: Instant())
    let slots = [0, 1].map { engine.slot(of: LegID($0)) ?? -1 }
    engine.slotsByAddress.set(Self.browser, to: slots[0])
    engine.legs[slots[0]].reach = .browser(Self.browser)
    engine.legs[slots[0]].keys = SRTPSession(gatewayKeys)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
    defer {
      buffer.deallocate()
      copy.deallocate()
    }
    var (ours, bare): (UInt64, UInt64) = (0, 0)
    for packet in 0..<Self.packets {
      let now = Instant() + .milliseconds(20 * packet)
      var length = Self.write(packet, to: buffer)
      let outcome = browserSession.protect(buffer, length: &length)
      #expect(outcome == .ok)
      copy.copyMemory(from: UnsafeRawBufferPointer(buffer))
      let count = length
      let opening = Self.blocks { engine.receiveFromBrowser(buffer, count: count, from: Self.browser, at: now) }
      let plain = Self.write(packet, to: buffer)
      let sealing = Self.blocks {
        engine.receiveFromPhone(slots[1], .rtp, buffer, count: plain, from: Self.phones[0], at: now)
      }
      let alone = Self.blocks {
        _ = bareSession.unprotect(copy, length: &length)
        _ = bareSession.protect(copy, length: &length)
      }
      // The first packets settle the path, begin the timelines and make libsrtp2's streams.
      if packet >= 10 { (ours, bare) = (ours + opening + sealing, bare + alone) }
    }
    let (sent, drops) = (engine.transport.sent, engine.drops)
    #expect(sent == 2 * Self.packets && drops == DropCounts())
    #expect(ours == bare, "\(ours) blocks where libsrtp2 alone asks for \(bare)")
  }
}
