import Testing

@testable import HTTP

@Suite("Host: whom a client believes to speak to (RFC 9110 §7.2)")
struct HTTPAuthorityTests {
  @Test(
    "A name or an address, with or without a port, is read and written the same",
    arguments: [
      "example.com", "localhost:8080", "192.0.2.1", "192.0.2.1:65535", "[2001:db8::1]", "[::1]:443", "a_b-c.test:1",
    ])
  func sane(text: String) {
    #expect(HTTPAuthority(text)?.description == text)
  }

  @Test("The port stands apart from the host")
  func parts() {
    #expect(HTTPAuthority("[2001:db8::1]:8443") == HTTPAuthority("2001:db8::1", port: 8443))
    #expect(HTTPAuthority("localhost") == HTTPAuthority("localhost", port: nil))
  }

  @Test(
    "What could mean more than a host is refused",
    arguments: [
      "", ":80", "a:", "a:0", "a:65536", "a:+80", "a:80:80", "user@a", "a/b", "a?b", "a#b", "a b", "a\"><script>", "a, b",
      "::1", "2001:db8::1", "[::1", "::1]", "[192.0.2.1]", "[::1%25eth0]", "[a]",
      "a%41", "é", "a:８０",
    ])
  func insane(text: String) {
    #expect(HTTPAuthority(text) == nil)
  }

  @Test("A host ends at its limit")
  func limit() {
    #expect(HTTPAuthority(String(repeating: "a", count: HTTPAuthority.maximumHost)) != nil)
    #expect(HTTPAuthority(String(repeating: "a", count: HTTPAuthority.maximumHost + 1)) == nil)
  }

  @Test("Two Host fields, or none, are no authority")
  func fields() {
    #expect(HTTPRequest(method: "GET", path: "/", headers: [("Host", "a"), ("Host", "b")]).authority == nil)
    #expect(HTTPRequest(method: "GET", path: "/").authority == nil)
    #expect(HTTPRequest(method: "GET", path: "/", headers: [("host", "a:1")]).authority == HTTPAuthority("a", port: 1))
  }
}
