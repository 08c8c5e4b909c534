import Calls
import Cryptography
import ICE
import RTP
import Runtime
import Testing
import Wire

@testable import Media

@Suite("Sockets of a media plane")
struct SocketTransportTests {
  /// A loopback address that no other program is likely to use, so that what is free stays free.
  private static let host = IPAddress.v4(0x7F4D_3A01)
  private struct NoFreePair: Error {}

  private static func transport(_ ports: ClosedRange<UInt16>) throws -> SocketTransport {
    try SocketTransport(host: host, browserPort: 0, phonePorts: ports, slots: 8, bell: try WakeDescriptor())
  }

  /// A pair of ports that nobody has.
  private static func freePair() throws -> ClosedRange<UInt16> {
    for _ in 0..<1000 {
      let socket = try UDPSocket(bind: SocketAddress(host, 0))
      defer { socket.close() }
      guard let port = socket.localAddress?.port, port.isMultiple(of: 2), port < .max,
        let other = try? UDPSocket(bind: SocketAddress(host, port + 1))
      else { continue }
      other.close()
      return port...(port + 1)
    }
    throw NoFreePair()
  }

  @Test("A closed pair belongs to no slot and can be bound again; one more than the range is refused")
  func pairs() throws {
    let range = try Self.freePair()
    var transport = try Self.transport(range)
    let first = transport.openPhonePort(for: 5)
    let second = transport.openPhonePort(for: 6)
    #expect(first?.number == range.lowerBound && second == nil)
    let isKnown = (transport.socket(5, .rtp)?.file, transport.socket(6, .rtp)?.file)
    #expect(isKnown.0 == first?.rtp && isKnown.1 == nil)
    transport.closePhonePort(try #require(first), of: 5)
    let isForgotten = transport.socket(5, .rtcp) == nil
    #expect(isForgotten)
    let again = transport.openPhonePort(for: 7)
    #expect(again?.number == range.lowerBound)
  }

  @Test("Of a second of a phone's packets that nobody read, about a quarter waits")
  func queue() throws {
    let range = try Self.freePair()
    var transport = try Self.transport(range)
    let port = transport.openPhonePort(for: 0)
    let number = try #require(port).number
    let phone = try UDPSocket(bind: SocketAddress(Self.host, 0))
    defer { phone.close() }
    // 20 ms of G.711 with its RTP header.
    let packet = [UInt8](repeating: 0x80, count: 172)
    for _ in 0..<50 { _ = packet.withUnsafeBytes { phone.send($0, to: SocketAddress(Self.host, number)) } }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
    defer { buffer.deallocate() }
    var waiting = 0
    while transport.socket(0, .rtp)?.receive(into: buffer) != nil { waiting += 1 }
    #expect((6...20).contains(waiting), "\(waiting * 20) ms waited")
  }

  @Test(
    "Of a second of browsers' packets that nobody read, about a quarter waits, however many they are",
    arguments: [1, 2, 10, 30])
  func browserQueue(count: Int) throws {
    var transport = try Self.transport(Self.freePair())
    transport.expect(browsers: count)
    let port = try #require(transport.browsers.localAddress).port
    let browser = try UDPSocket(bind: SocketAddress(Self.host, 0))
    defer { browser.close() }
    // 20 ms of Opus at 32 kbit/s with RTP header and tag.
    let packet = [UInt8](repeating: 0x80, count: 102)
    for _ in 0..<(50 * count) { _ = packet.withUnsafeBytes { browser.send($0, to: SocketAddress(Self.host, port)) } }
    let before = transport.browsers.queue
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
    defer { buffer.deallocate() }
    var waiting = 0
    while transport.browsers.receive(into: buffer) != nil { waiting += 1 }
    // One browser's has room for a handshake besides.
    #expect((150...(count == 1 ? 700 : 500)).contains(waiting * 20 / count), "\(waiting * 20 / count) ms waited")
    #expect(before.octets > 0 && before.octets <= before.capacity + 2048 && before.lost == UInt64(50 * count - waiting))
    #expect(transport.browsers.queue.octets == 0)
  }

  @Test("The queue grows with the browsers that come, and shrinks when they go")
  func browsersComeAndGo() throws {
    let identity = Identity.selfSigned(names: ["gateway.test"], now: 1_795_000_000, days: 30)
    let loop = try MediaLoop(
      MediaPlane.Settings(
        host: Self.host, browserPort: 0, phonePorts: 2000...2001, identity: identity, sounds: SoundLibrary(prompts: [:])),
      report: { _ in })
    var random = Randomness.seeded(1)
    let audio = NegotiatedAudio(codec: .opus, sendPayloadType: PayloadType(96), receivePayloadType: PayloadType(96))
    func credentials() -> ICECredentials {
      ICECredentials(usernameFragment: random.token(8), password: random.token(24))
    }
    func perform(_ commands: [MediaCommand]) {
      loop.mailbox.post(.commands(commands))
      _ = loop.receive { Instant(nanoseconds: 1) }
    }
    let empty = loop.queue.capacity
    let legs = (1...10).map { LegID(UInt64($0)) }
    perform(
      legs.map { leg in
        .openBrowser(
          leg,
          BrowserLeg(
            local: credentials(), remote: credentials(), role: .server,
            fingerprints: [identity.fingerprint], audio: audio))
      })
    #expect(loop.queue.capacity > empty * 4)
    perform(legs.dropFirst().map { .close($0) })
    #expect(loop.queue.capacity == empty)
  }

  @Test("A transport that ends leaves no port bound")
  func ends() throws {
    let range = try Self.freePair()
    do {
      var transport = try Self.transport(range)
      let port = transport.openPhonePort(for: 0)
      #expect(port != nil)
    }
    var next = try Self.transport(range)
    let port = next.openPhonePort(for: 0)
    #expect(port != nil)
  }
}
