import Testing
import Wire

@testable import Cryptography

@Suite("Digests: the vectors of their RFCs")
struct DigestTests {
  private func octets(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test(
    "MD5 (RFC 1321 §A.5)",
    arguments: [
      ("", "d41d8cd98f00b204e9800998ecf8427e"), ("abc", "900150983cd24fb0d6963f7d28e17f72"),
      ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
    ])
  func md5(message: String, digest: String) {
    #expect(Hex.encode(MD5.hash(octets(message))) == digest)
  }

  @Test("SHA-1 and SHA-256 of abc (RFC 6234 §8.5)")
  func sha() {
    #expect(Hex.encode(SHA1.hash(octets("abc"))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
    #expect(
      Hex.encode(SHA256.hash(octets("abc"))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test("HMAC (RFC 2202 case 2, RFC 4231 case 2)")
  func hmac() {
    let message = octets("what do ya want for nothing?")
    #expect(Hex.encode(HMACSHA1.authenticate(message, key: octets("Jefe"))) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
    #expect(
      Hex.encode(HMACSHA256.authenticate(message, key: octets("Jefe")))
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    // The empty key is a key: RFC 2104 pads it with zeros.
    #expect(Hex.encode(HMACSHA1.authenticate([], key: [])) == "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d")
  }

  @Test("PBKDF2 with HMAC-SHA256 (RFC 7914 §11)")
  func pbkdf2() {
    let key = PBKDF2.derive(password: octets("passwd"), salt: octets("salt"), iterations: 1, length: 64)
    #expect(
      Hex.encode(key) == "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
        + "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783")
  }

  @Test("Fingerprints round-trip; wrong lengths, hashes and digits are refused (RFC 8122 §5)")
  func fingerprints() {
    let text = "sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB"
    #expect(Fingerprint(text)?.description == text)
    #expect(Fingerprint("SHA-1 4a:ad:b9:b1:3f:82:18:3b:54:02:12:df:3e:5d:49:6b:19:e5:7c:ab") == Fingerprint(text))
    for wrong in ["", "sha-1", "sha-1 4A:AD", "md5 4A", "sha-256 \(text.dropFirst(6))", text + ":00", "sha-1  4A", "sha-1 4:"] {
      #expect(Fingerprint(wrong) == nil, "\(wrong)")
    }
  }

  @Test("Comparison in constant time still compares")
  func comparison() {
    #expect(constantTimeEquals([1, 2], [1, 2]))
    #expect(!constantTimeEquals([1, 2], [1, 3]))
    #expect(!constantTimeEquals([1, 2], [1]))
    #expect(constantTimeEquals([], []))
  }
}
