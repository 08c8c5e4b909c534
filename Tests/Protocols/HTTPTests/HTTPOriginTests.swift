import HTTP
import Testing

@Suite("Where a page comes from (RFC 6454)")
struct HTTPOriginTests {
  @Test("Scheme, host and port are compared; case and the scheme's own port are not")
  func comparison() {
    #expect(HTTPOrigin("https://Shop.Example:443") == HTTPOrigin("HTTPS://shop.example"))
    #expect(HTTPOrigin("http://shop.example:80")?.description == "http://shop.example")
    #expect(HTTPOrigin("https://shop.example:80")?.description == "https://shop.example:80")
    #expect(HTTPOrigin("http://[2001:DB8::1]:8080")?.description == "http://[2001:db8::1]:8080")
    #expect(HTTPOrigin("http://shop.example") != HTTPOrigin("https://shop.example"))
    #expect(HTTPOrigin("https://shop.example.evil.example") != HTTPOrigin("https://shop.example"))
  }

  @Test(
    "What is no origin of a page is none",
    arguments: [
      "", "null", "*", "shop.example", "https://", "https://shop.example/", "https://shop.example/path", "https://a@b",
      "https://shop.example:0", "https://shop.example:99999", "file://", "chrome-extension://abc", "https://*.shop.example",
      "https://shop.example, https://evil.example", "http://a b", "https://a\r\nb", "https:///x", "://x",
    ])
  func refusals(text: String) { #expect(HTTPOrigin(text) == nil) }

  @Test("A page is at home where its origin and the request's Host are the same, whatever a proxy made of the scheme")
  func home() throws {
    func isAt(_ origin: String, _ host: String) throws -> Bool {
      try #require(HTTPOrigin(origin)).isAt(try #require(HTTPAuthority(host)))
    }
    #expect(try isAt("https://call.example", "call.example") && isAt("https://call.example", "Call.Example:443"))
    #expect(try isAt("http://127.0.0.1:8080", "127.0.0.1:8080") && isAt("http://call.example", "call.example:80"))
    #expect(try !isAt("https://call.example", "call.example:8443") && !isAt("https://a.example", "b.example"))
    #expect(try !isAt("http://localhost:3000", "localhost:8080"))
  }
}

@Suite("Escapes in paths and queries (RFC 3986 §2.1)")
struct PercentCodingTests {
  @Test("A plus is itself in a path and a space in a query")
  func plus() {
    #expect(PercentCoding.decode("a+b%2Bc") == "a+b+c" && PercentCoding.decode("a+b%2Bc", isForm: true) == "a b+c")
    let request = HTTPRequest(method: "GET", path: "/", query: "q=a+b")
    #expect(request.parameter("q") == "a b")
  }

  @Test("What is escaped is one segment, and is read again", arguments: ["a+b@c", "a/b?c#d", "ä %", "", "\u{0}\r\n"])
  func roundTrip(text: String) {
    let escaped = PercentCoding.encode(text)
    #expect(PercentCoding.decode(escaped) == text && PercentCoding.decode(escaped, isForm: true) == text)
    #expect(escaped.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/?#+".utf8.contains($0) })
  }
}
