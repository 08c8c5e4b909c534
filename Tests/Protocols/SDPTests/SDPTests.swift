import Cryptography
import Testing
import Wire

@testable import SDP

private let sha = "sha-256 " + Array(repeating: "4A", count: 32).joined(separator: ":")

/// An offer shaped as Chromium makes it: audio with many codecs, video and a data channel beside it.
private let chromium = """
  v=0
  o=- 4611731400430051336 2 IN IP4 127.0.0.1
  s=-
  t=0 0
  a=group:BUNDLE 0 1 2
  a=extmap-allow-mixed
  m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
  c=IN IP4 0.0.0.0
  a=rtcp:9 IN IP4 0.0.0.0
  a=ice-ufrag:Rj3f
  a=ice-pwd:0123456789abcdefghijklmn
  a=ice-options:trickle
  a=fingerprint:\(sha)
  a=setup:actpass
  a=mid:0
  a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
  a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
  a=sendrecv
  a=rtcp-mux
  a=rtpmap:111 opus/48000/2
  a=fmtp:111 minptime=10;useinbandfec=1
  a=rtpmap:63 red/48000/2
  a=rtpmap:9 G722/8000
  a=rtpmap:110 telephone-event/48000
  a=rtpmap:126 telephone-event/8000
  m=video 9 UDP/TLS/RTP/SAVPF 96
  a=mid:1
  a=rtpmap:96 VP8/90000
  m=application 9 UDP/DTLS/SCTP webrtc-datachannel
  a=mid:2
  """

private func answer(_ offer: BrowserOffer) -> SessionDescription {
  let origin = Origin(session: 7, version: 1, address: .loopback)
  return BrowserAnswer(
    usernameFragment: "abcd", password: "p234567890123456789012", fingerprint: offer.fingerprints[0],
    candidates: [SocketAddress(.loopback, 7000), SocketAddress(.v4(0xC000_0201), 7000)], origin: origin, stream: "s"
  ).description(for: offer)
}

@Suite("A browser's offer and our answer (RFC 9429, RFC 8839, RFC 5763)")
struct BrowserTests {
  private func offer(_ text: String) throws -> BrowserOffer { try BrowserOffer(SessionDescription(parsing: text)) }

  @Test("What matters of Chromium's offer is found")
  func chromiumOffer() throws {
    let offer = try offer(chromium)
    #expect(offer.opus == SDPCodec(111, "opus", 48_000, channels: 2))
    #expect(offer.telephoneEvent == SDPCodec(110, "telephone-event", 48_000))
    #expect(offer.role == .server && offer.direction == .sendrecv)
    #expect(offer.usernameFragment == "Rj3f")
  }

  @Test("Every section is answered in its place; only the live one is bundled")
  func sections() throws {
    let description = answer(try offer(chromium))
    #expect(description.media.map(\.kind) == ["audio", "video", "application"])
    #expect(description.media.map { $0.attributes.value("mid") } == ["0", "1", "2"])
    #expect(description.media.map(\.port) == [7000, 0, 0])
    #expect(description.media[1].formats == ["96"] && description.media[2].formats == ["webrtc-datachannel"])
    #expect(description.media[1].attributes.values("rtpmap") == ["96 VP8/90000"])
    #expect(description.attributes.value("group") == "BUNDLE 0")
    let audio = description.media[0]
    #expect(audio.formats == ["111", "110"])
    #expect(audio.attributes.value("setup") == "passive")
    #expect(audio.attributes.contains("rtcp-mux") && audio.attributes.contains("sendrecv"))
    #expect(audio.attributes.values("extmap").isEmpty, "what we do not send is not promised")
    #expect(audio.attributes.values("candidate").count == 2)
    #expect(description.attributes.contains("ice-lite"))
    #expect(try SessionDescription(parsing: description.description) == description)
  }

  @Test("Firefox's bundled section without a port and its 8 kHz events are understood; passive peers make us speak first")
  func variants() throws {
    let firefox = chromium.replacing("a=rtpmap:110 telephone-event/48000", with: "a=rtpmap:110 x/1")
    #expect(try offer(firefox).telephoneEvent?.clockRate == 8000)
    #expect(try offer(chromium.replacing("actpass", with: "passive")).role == .client)
    #expect(try offer(chromium.replacing("actpass", with: "active")).role == .server)
    #expect(answer(try offer(chromium.replacing("a=sendrecv", with: "a=recvonly"))).media[0].attributes.contains("sendonly"))
    #expect(try offer(chromium.replacing("\n", with: "\r\n")).opus.number == 111)
  }

  @Test(
    "What cannot be talked on is refused with a reason",
    arguments: [
      ("m=audio 9", "m=audio 0", OfferRefusal.Reason.noAudio), ("m=audio", "m=video", .noAudio),
      ("audio 9 UDP/TLS/RTP/SAVPF", "audio 9 RTP/AVP", .notEncrypted), ("opus/48000", "opus/16000", .noCommonCodec),
      ("a=ice-pwd:0123456789abcdefghijklmn", "a=ice-pwd:short", .noCredentials), ("a=ice-ufrag:Rj3f\n", "", .noCredentials),
      ("sha-256 4A", "sha-256 4", .noFingerprint), ("a=fingerprint:", "a=x:", .noFingerprint),
    ])
  func refusals(old: String, new: String, reason: OfferRefusal.Reason) throws {
    let description = try SessionDescription(parsing: chromium.replacing(old, with: new))
    #expect(throws: OfferRefusal(reason)) { try BrowserOffer(description) }
  }

  @Test(
    "Texts that are no description are refused with their line",
    arguments: ["", "v=1", "hello", "v=0\nfoo", "v=0\nm=audio x RTP/AVP 0", "v=0\nm=audio"])
  func noDescription(text: String) {
    #expect(throws: SDPError.self) { try SessionDescription(parsing: text) }
  }

  @Test("Limits hold at their number and break one past it")
  func limits() {
    let media = "m=audio 9 RTP/AVP 0\n"
    #expect(throws: Never.self) {
      try SessionDescription(parsing: "v=0\n" + String(repeating: media, count: SessionDescription.maximumMedia))
    }
    #expect(throws: SDPError.self) {
      try SessionDescription(parsing: "v=0\n" + String(repeating: media, count: SessionDescription.maximumMedia + 1))
    }
    #expect(throws: SDPError.self) {
      try SessionDescription(parsing: "v=0\n" + String(repeating: "a=x\n", count: SessionDescription.maximumLines))
    }
    #expect(throws: SDPError.self) {
      try SessionDescription(parsing: "v=0\na=" + String(repeating: "x", count: SessionDescription.maximumBytes))
    }
  }

  @Test("Bent descriptions are values, never traps", arguments: 0..<200 as Range<UInt64>)
  func bent(seed: UInt64) {
    var random = Randomness.seeded(seed)
    var octets = Array(chromium.utf8)
    for _ in 0..<5 { octets[Int.random(in: 0..<octets.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
    guard let description = try? SessionDescription(parsing: String(decoding: octets, as: UTF8.self)) else { return }
    if let offer = try? BrowserOffer(description) { _ = answer(offer).description }
    _ = try? PhoneDescription(description)
  }
}

@Suite("A phone's offer and answer (RFC 3264)")
struct PhoneTests {
  private let baresip = """
    v=0
    o=- 1 1 IN IP4 192.0.2.9
    s=-
    c=IN IP4 192.0.2.9
    t=0 0
    m=audio 20000 RTP/AVP 8 0 101
    a=rtpmap:101 telephone-event/8000
    a=sendrecv
    """
  private let session = PhoneSession(
    origin: Origin(session: 1, version: 1, address: .loopback), local: SocketAddress(.loopback, 30_000))

  @Test("Static numbers need no explanation; the phone's first codec is taken")
  func reading() throws {
    let phone = try PhoneDescription(SessionDescription(parsing: baresip))
    #expect(phone.remote == SocketAddress(.v4(0xC000_0209), 20_000))
    let codec = try #require(phone.preferred)
    #expect(codec.isPCMA && phone.codecs.telephoneEvent(besides: codec)?.number == 101)
  }

  @Test("Our offer says all we speak and is read back by our own reader")
  func offer() throws {
    let phone = try PhoneDescription(SessionDescription(parsing: session.offer.description))
    #expect(phone.codecs == PhoneSession.offered)
    #expect(phone.preferred?.isOpus == true)
    #expect(phone.codecs.telephoneEvent(besides: PhoneSession.offered[0])?.clockRate == 48_000)
  }

  @Test(
    "Hold is answered as RFC 3264 §8.4 says, old style included",
    arguments: [
      ("a=sendrecv", Direction.sendrecv), ("a=sendonly", .recvonly), ("a=recvonly", .sendonly), ("a=inactive", .inactive),
    ])
  func hold(line: String, answered: Direction) throws {
    let phone = try PhoneDescription(SessionDescription(parsing: baresip.replacing("a=sendrecv", with: line)))
    let answer = try session.answer(to: phone)
    #expect(answer.media[0].attributes.contains(answered.rawValue))
    #expect(answer.media[0].formats == ["8", "101"])
    let old = try PhoneDescription(
      SessionDescription(parsing: baresip.replacing("c=IN IP4 192.0.2.9", with: "c=IN IP4 0.0.0.0")))
    #expect(old.remote == nil && old.direction == .inactive)
  }

  @Test("§6 every section is answered in its place, with the protocol that was offered")
  func sections() throws {
    let linphone = baresip.replacing("RTP/AVP 8", with: "RTP/AVPF 8") + "\nm=video 9078 RTP/AVPF 96 97\na=rtpmap:96 VP8/90000"
    let answer = try session.answer(to: PhoneDescription(SessionDescription(parsing: linphone)))
    #expect(answer.media.map(\.kind) == ["audio", "video"])
    #expect(answer.media.map(\.port) == [30_000, 0])
    #expect(answer.media.map(\.proto) == ["RTP/AVPF", "RTP/AVPF"])
    #expect(session.offer.media.map(\.proto) == ["RTP/AVP"])
  }

  @Test("A phone with nothing in common is told so")
  func nothing() throws {
    let phone = try PhoneDescription(SessionDescription(parsing: baresip.replacing("8 0 101", with: "9 101")))
    #expect(throws: OfferRefusal(.noCommonCodec)) { try session.answer(to: phone) }
    let video = try SessionDescription(parsing: baresip.replacing("m=audio", with: "m=video"))
    #expect(throws: OfferRefusal(.noAudio)) { try PhoneDescription(video) }
  }
}
