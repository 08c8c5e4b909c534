import CalldockerTesting
import Calls
import Cryptography
import RTP
import Testing
import Wire

@testable import Media

@Suite("A phone that takes telephone-event back while a key is sent to it")
struct KeysTakenBackTests {
  private static let identity = Identity.selfSigned(names: ["gateway"], now: 1_795_000_000, days: 30)

  @Test("Nothing is due for ever: the engine goes on, and the key is forgotten")
  func keys() {
    let network = VirtualNetwork(seed: 1)
    let transport = VirtualTransport(network: network, address: SocketAddress(.v4(0xC000_0201), 7000)) { _, _, _, _ in }
    var engine = MediaEngine(
      transport: transport, identity: Self.identity, sounds: SoundLibrary(prompts: [:]),
      wallClock: WallClock(nanosecondsSince1970: 1_795_420_800_000_000_000, at: Instant()), randomness: .seeded(1))
    var audio = NegotiatedAudio(
      codec: .pcmu, sendPayloadType: PayloadType(0), receivePayloadType: PayloadType(0),
      telephoneEvent: TelephoneEventFormat(payloadType: PayloadType(101), clockRate: 8000))
    let remote = SocketAddress(.v4(0xC633_6401), 6000)
    engine.perform(.openPhone(LegID(1)), at: Instant())
    engine.perform(.connectPhone(LegID(1), PhoneLeg(remote: remote, audio: audio)), at: Instant())
    engine.perform(.sendDigits(LegID(1), [1, 2, 3].compactMap { DTMFDigit(event: $0) }), at: Instant())
    engine.wake(at: Instant() + .milliseconds(40))
    audio.telephoneEvent = nil
    engine.perform(.connectPhone(LegID(1), PhoneLeg(remote: remote, audio: audio)), at: Instant() + .milliseconds(50))
    for step in 1...10 {
      let now = Instant() + .milliseconds(Int64(100 * step))
      engine.wake(at: now)
      let deadline = engine.deadline
      #expect(deadline.map { $0 > now } == true, "a deadline moves on once it has come")
    }
    #expect(!engine.legs[0].digitsOut.isBusy)
  }
}
