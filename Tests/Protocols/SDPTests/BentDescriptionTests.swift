import Testing
import Wire

@testable import SDP

private let fingerprint = "sha-256 " + Array(repeating: "4A", count: 32).joined(separator: ":")

@Suite("SDP bent a little: what is refused, with which words, and what is stepped over")
struct BentDescriptionTests {
  private static let head = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"

  @Test(
    "A text that is none names the line that is not",
    arguments: [
      ("v=0\r\n=x\r\n", 2), ("v=0\r\nx\r\n", 2), ("v=0\r\n x=y\r\n", 2), ("v=0\r\na\r\n", 2), ("V=0\r\n", 1), (" v=0\r\n", 1),
      ("v=0 \r\n", 1), ("v=00\r\n", 1), ("s=-\r\nv=0\r\n", 1), ("\u{FEFF}v=0\r\n", 1),
      (head + "m=\r\n", 5), (head + "m=audio 9\r\n", 5), (head + "m=audio 9 RTP/AVP\r\n", 5),
      (head + "m=audio -1 RTP/AVP 0\r\n", 5), (head + "m=audio 65536 RTP/AVP 0\r\n", 5), (head + "m=audio /2 RTP/AVP 0\r\n", 5),
      (head + "m=audio 0x10 RTP/AVP 0\r\n", 5), (head + "m=audio 99999999999999999999 RTP/AVP 0\r\n", 5),
      (head + "a=x\r\nm=audio 9 RTP/AVP 0\r\nm=video\r\n", 7),
    ])
  func lines(text: String, line: Int) {
    do throws(SDPError) {
      _ = try SessionDescription(parsing: text)
      #expect(Bool(false), "\(text.debugDescription) was accepted")
    } catch { #expect(error.line == line, "\(text.debugDescription): \(error)") }
  }

  @Test(
    "What we do not need may be odd",
    arguments: [
      "o=\r\n", "o=- x y IN IP4 z\r\n", "o=- 99999999999999999999 1 IN IP4 192.0.2.1\r\n", "c=IN IP4 host.example\r\n",
      "c=IN IP4 224.2.1.1/127/3\r\n", "c=\r\n", "b=AS:\r\n", "z=0\r\n", "a=\r\n", "a=:\r\n", "a=rtpmap\r\n", "k=clear:x\r\n",
      "i=\u{1}\r\n",
    ])
  func oddities(line: String) throws {
    let description = try SessionDescription(parsing: Self.head + line + "m=audio 9 RTP/AVP 0\r\n")
    #expect(description.media.count == 1)
    #expect(try SessionDescription(parsing: description.description) == description)
  }

  @Test(
    "A browser's offer without what a call needs says what",
    arguments: [
      ("m=audio 9", "m=audio 0", OfferRefusal.Reason.noAudio), ("SAVPF 111", "SAVPF 0 8", .noCommonCodec),
      ("opus/48000/2", "opus/48000", .noCommonCodec), ("opus/48000/2", "opus/48000/300", .noCommonCodec),
      ("opus/48000/2", "opus/0/2", .noCommonCodec), ("a=rtpmap:111", "a=rtpmap:256", .noCommonCodec),
      ("a=rtpmap:111", "a=rtpmap:-1", .noCommonCodec), ("UDP/TLS/RTP/SAVPF", "RTP/AVP", .notEncrypted),
      ("UDP/TLS/RTP/SAVPF", "udp/tls/rtp/savpf", .notEncrypted), ("a=ice-ufrag:Rj3f", "a=ice-ufrag:Rj3", .noCredentials),
      ("a=ice-ufrag:Rj3f", "a=ice-ufrag:" + String(repeating: "x", count: 257), .noCredentials),
      ("a=ice-pwd:0123456789abcdefghijkl", "a=ice-pwd:0123456789abcdefghijk", .noCredentials),
      ("a=ice-pwd:0123456789abcdefghijkl", "a=ice-pwd:" + String(repeating: "x", count: 257), .noCredentials),
      ("4A:4A", "4A:4", .noFingerprint), ("4A:4A", "4A4A", .noFingerprint), ("4A:4A", "4G:4A", .noFingerprint),
      ("sha-256 ", "md5 ", .noFingerprint), ("sha-256 ", "sha-512 ", .noFingerprint), ("sha-256 ", "sha-256  ", .noFingerprint),
    ])
  func offers(old: String, new: String, reason: OfferRefusal.Reason) throws {
    let text =
      Self.head + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:Rj3f\r\na=ice-pwd:0123456789abcdefghijkl\r\n"
      + "a=fingerprint:\(fingerprint)\r\na=setup:actpass\r\na=rtpmap:111 opus/48000/2\r\n"
    #expect(throws: Never.self) { try BrowserOffer(SessionDescription(parsing: text)) }
    let bent = try SessionDescription(parsing: text.replacing(old, with: new, maxReplacements: 1))
    #expect(throws: OfferRefusal(reason), "\(new)") { try BrowserOffer(bent) }
  }

  @Test(
    "A phone's description without what a call needs says what",
    arguments: [
      ("c=IN IP4 192.0.2.7\r\n", "", OfferRefusal.Reason.noAddress), ("192.0.2.7", "phone.example", .noAddress),
      ("192.0.2.7", "192.0.2.256", .noAddress), ("192.0.2.7", "224.0.0.1/127", .noAddress), ("audio 9000", "audio 0", .noAudio),
      ("audio 9000", "video 9000", .noAudio), ("RTP/AVP", "RTP/SAVP", .noAudio), ("RTP/AVP", "TCP/RTP/AVP", .noAudio),
    ])
  func phones(old: String, new: String, reason: OfferRefusal.Reason) throws {
    let text = Self.head + "c=IN IP4 192.0.2.7\r\nm=audio 9000 RTP/AVP 0\r\n"
    #expect(throws: Never.self) { try PhoneDescription(SessionDescription(parsing: text)) }
    let bent = try SessionDescription(parsing: text.replacing(old, with: new))
    #expect(throws: OfferRefusal(reason), "\(new)") { try PhoneDescription(bent) }
  }
}
