import Calls
import Cryptography
import RTP
import Runtime
import Testing
import Wire

@testable import Media

/// Has as many ports as anybody wants, and sends nothing.
private struct EndlessTransport: MediaTransport, ~Copyable {
  mutating func sendToBrowser(_ packet: UnsafeRawBufferPointer, at address: SocketAddress) {}
  mutating func send(
    _ packet: UnsafeRawBufferPointer, from port: PhonePort, _ channel: PhoneChannel, to address: SocketAddress
  ) {}
  mutating func openPhonePort(for slot: Int) -> PhonePort? { PhonePort(number: 20_000, rtp: 0, rtcp: 0) }
  mutating func closePhonePort(_ port: PhonePort, of slot: Int) {}
}

@Suite("A media plane has so many legs and no more")
struct LegLimitTests {
  @Test("One leg past the limit is refused; once another closes there is room again")
  func legs() throws {
    var engine = MediaEngine<EndlessTransport>(
      transport: EndlessTransport(), identity: .selfSigned(names: ["gateway.test"], now: 1_795_000_000, days: 30),
      sounds: SoundLibrary(prompts: [:]), wallClock: WallClock(nanosecondsSince1970: 0, at: Instant()), randomness: .seeded(1))
    let maximum = UInt64(MediaEngine<EndlessTransport>.maximumLegs)
    for number in 1...maximum { engine.perform(.openPhone(LegID(number)), at: Instant()) }
    let opened = engine.takeEvents().count { if case .opened = $0 { true } else { false } }
    #expect(opened == Int(maximum))
    engine.perform(.openPhone(LegID(maximum + 1)), at: Instant())
    let refused = engine.takeEvents()
    #expect(refused == [.failed(LegID(maximum + 1), .tooManyLegs)])
    engine.perform(.close(LegID(7)), at: Instant())
    _ = engine.takeEvents()
    engine.perform(.openPhone(LegID(maximum + 2)), at: Instant())
    let again = engine.takeEvents()
    #expect(again == [.opened(LegID(maximum + 2), port: 20_000)])
  }
}
