import CalldockerTesting
import Calls
import Codecs
import Cryptography
import ICE
import RTP
import Testing
import Wire

@testable import Media

@Suite("A browser that restarts ICE again and again")
struct RestartTests {
  private static let identity = Identity.selfSigned(names: ["gateway"], now: 1_795_000_000, days: 30)

  private func credentials(_ number: Int) -> ICECredentials {
    ICECredentials(usernameFragment: "fragment\(number)", password: "the-password-of-fragment-\(number)")
  }

  @Test("The engine remembers the fragments that still open the leg, two at the most, and none after its end")
  func fragments() {
    let network = VirtualNetwork(seed: 1)
    let address = SocketAddress(.v4(0xC000_0201), 7000)
    let transport = VirtualTransport(network: network, address: address) { _, _, _, _ in }
    let wallClock = WallClock(nanosecondsSince1970: 1_795_420_800_000_000_000, at: Instant())
    var engine = MediaEngine(
      transport: transport, identity: Self.identity, sounds: SoundLibrary(prompts: [:]), wallClock: wallClock,
      randomness: .seeded(1))
    let audio = NegotiatedAudio(codec: .opus, sendPayloadType: PayloadType(111), receivePayloadType: PayloadType(111))
    let leg = BrowserLeg(
      local: credentials(0), remote: credentials(1000), role: .server, fingerprints: [Self.identity.fingerprint], audio: audio)
    engine.perform(.openBrowser(LegID(1), leg), at: Instant())
    for number in 1...100 {
      engine.perform(.restart(LegID(1), local: credentials(number), remote: credentials(1000 + number)), at: Instant())
      #expect(engine.slotsByFragment.count == 2)
    }
    let known = Set(engine.slotsByFragment.keys)
    #expect(known == ["fragment0", "fragment100"], "what worked last, and the newest")
    engine.perform(.close(LegID(1)), at: Instant())
    let left = engine.slotsByFragment.count
    #expect(left == 0)
  }
}
