import HTTP
import Testing
import Wire

@testable import Calldocker

@Suite("Plain HTTP where TLS is spoken: this machine is served, others are sent to https")
struct PlainHTTPTests {
  private static let elsewhere = IPAddress.v4(0xCB00_7105)

  private func request(_ host: String?, path: String = "/", query: String = "", method: String = "GET") -> HTTPRequest {
    var request = HTTPRequest(method: method, path: path, query: query)
    if let host { request.headers.append("Host", host) }
    return request
  }

  @Test("Every loopback address is served", arguments: ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
  func loopback(source: String) throws {
    #expect(PlainHTTP.redirect(request("example.com"), from: try #require(IPAddress(source))) == nil)
  }

  @Test(
    "Others get the same URL under https, on the same port",
    arguments: [
      ("192.0.2.1:8080", "/call", "uuid=1&x=%20", "https://192.0.2.1:8080/call?uuid=1&x=%20"),
      ("[2001:db8::1]:8080", "/", "", "https://[2001:db8::1]:8080/"),
      ("example.com", "/", "", "https://example.com:80/"),
      ("example.com:443", "//x/../y", "", "https://example.com:443//x/../y"),
      ("example.com:1", "*", "", "https://example.com:1/"),
    ])
  func others(host: String, path: String, query: String, location: String) {
    for method in ["GET", "POST", "OPTIONS"] {
      let answer = PlainHTTP.redirect(request(host, path: path, query: query, method: method), from: Self.elsewhere)
      #expect(answer == HTTPResponse(308, headers: [("Location", location)]))
    }
  }

  @Test("A Host that cannot be believed is sent nowhere", arguments: [nil, "", "a@b", "evil.example/", "a b"])
  func insane(host: String?) {
    #expect(PlainHTTP.redirect(request(host), from: Self.elsewhere)?.status == 400)
  }
}
