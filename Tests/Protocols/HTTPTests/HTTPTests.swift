import Testing
import Wire

@testable import HTTP

private func at(_ seconds: Int64) -> Instant { Instant() + .seconds(seconds) }
private func octets(_ text: String) -> [UInt8] { Array(text.replacing("\n", with: "\r\n").utf8) }

/// Feeds a connection and collects its requests, or the status of its refusal.
private func run(_ text: String, chunk: Int = .max) -> (requests: [HTTPRequest], status: Int?) {
  var connection = HTTPConnection(at: at(0))
  var requests: [HTTPRequest] = []
  var status: Int?
  let bytes = octets(text)
  for start in stride(from: 0, to: bytes.count, by: min(chunk, max(bytes.count, 1))) {
    for output in connection.receive(Array(bytes[start..<min(bytes.count, start + min(chunk, bytes.count))]), at: at(0)) {
      switch output {
      case .request(_, let request): requests.append(request)
      case .send(let answer):
        let words = String(decoding: answer.prefix(12), as: UTF8.self).split(separator: " ")
        if words.count > 1, words[1] != "100" { status = Int(words[1]) }
      case .close: break
      }
    }
  }
  return (requests, status)
}

@Suite("HTTP/1.1, the server's side (RFC 9112)")
struct HTTPConnectionTests {
  @Test("Requests are read whole, however they are cut", arguments: [1, 3, 7, 1000])
  func requests(chunk: Int) {
    let text = """
      POST /api/widget/register?a=b%20c&d=1+2 HTTP/1.1
      Host: x
      Content-Length: 5

      hello
      """
    let (requests, status) = run(text, chunk: chunk)
    #expect(status == nil && requests.count == 1)
    #expect(requests.first?.path == "/api/widget/register")
    #expect(requests.first?.parameter("a") == "b c" && requests.first?.parameter("d") == "1 2")
    #expect(requests.first?.body == Array("hello".utf8))
  }

  @Test("Chunks are put together, extensions and trailers read over", arguments: [1, 5, 1000])
  func chunks(chunk: Int) {
    let text = "POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n5;x=y\nhello\n6\n world\n0\nTrailer: z\n\n"
    #expect(run(text, chunk: chunk).requests.first?.body == Array("hello world".utf8))
  }

  @Test("Pipelined requests are answered in their order")
  func pipelining() {
    var connection = HTTPConnection(at: at(0))
    let outputs = connection.receive(
      octets("GET /1 HTTP/1.1\nHost: x\n\nGET /2 HTTP/1.1\nHost: x\nConnection: close\n\n"), at: at(0))
    let numbers = outputs.compactMap { if case .request(let number, _) = $0 { number } else { nil } }
    #expect(numbers.count == 2)
    #expect(connection.respond(numbers[1], HTTPResponse(200, type: "text/plain", "two"), at: at(1)).isEmpty)
    let answers = connection.respond(numbers[0], HTTPResponse(200, type: "text/plain", "one"), at: at(1))
    let text = answers.map { if case .send(let octets) = $0 { String(decoding: octets, as: UTF8.self) } else { "close" } }
    #expect(text.count == 3 && text[0].hasSuffix("one") && text[1].hasSuffix("two") && text[2] == "close")
  }

  @Test(
    "What is wrong is answered with the protocol's own error",
    arguments: [
      ("GET / HTTP/2.0\nHost: x\n\n", 505), ("GET /\n\n", 400), ("GET / HTTP/1.1\n\n", 400),
      ("GET / HTTP/1.1\nHost: a\nHost: b\n\n", 400),
      ("GET / HTTP/1.1\nHost : x\n\n", 400), ("GET / HTTP/1.1\nHost: x\n folded\n\n", 400),
      ("GET x HTTP/1.1\nHost: x\n\n", 400),
      ("POST / HTTP/1.1\nHost: x\nContent-Length: 5\nTransfer-Encoding: chunked\n\n", 400),
      ("POST / HTTP/1.1\nHost: x\nContent-Length: 5\nContent-Length: 6\n\n", 400),
      ("POST / HTTP/1.1\nHost: x\nContent-Length: +5\n\n", 400),
      ("POST / HTTP/1.1\nHost: x\nTransfer-Encoding: gzip\n\n", 501),
      ("POST / HTTP/1.1\nHost: x\nContent-Length: 99999999999999999999\n\n", 413),
      ("POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\nzz\n", 400),
      ("GET / HTTP/1.1\nHost: x\nExpect: miracles\n\n", 417),
      ("GET / HTTP/1.1\nHost: x\nX: a\rb\n\n", 400),
    ])
  func refusals(text: String, status: Int) {
    let (requests, answered) = run(text)
    #expect(answered == status && requests.isEmpty)
  }

  @Test("Limits hold at their number and break one past it")
  func limits() {
    func line(_ length: Int) -> String {
      "GET /" + String(repeating: "a", count: length - "GET / HTTP/1.1".utf8.count) + " HTTP/1.1\nHost: x\n\n"
    }
    #expect(run(line(HTTPConnection.maximumRequestLine)).requests.count == 1)
    #expect(run(line(HTTPConnection.maximumRequestLine + 1)).status == 414)
    func headers(_ count: Int) -> String { "GET / HTTP/1.1\nHost: x\n" + String(repeating: "A: b\n", count: count - 1) + "\n" }
    #expect(run(headers(HTTPConnection.maximumHeaders)).requests.count == 1)
    #expect(run(headers(HTTPConnection.maximumHeaders + 1)).status == 431)
    #expect(run("POST / HTTP/1.1\nHost: x\nContent-Length: \(HTTPConnection.maximumBody + 1)\n\n").status == 413)
  }

  @Test("Who sends a byte a second is not waited for (slow loris)")
  func slowness() {
    var connection = HTTPConnection(at: at(0))
    _ = connection.receive(octets("GET / HT"), at: at(1))
    for second in 2..<11 { #expect(connection.receive([0x54], at: at(Int64(second))).isEmpty) }
    let deadline = connection.deadline
    #expect(deadline == at(11))
    let outputs = connection.wake(at: at(11))
    #expect(outputs.last == .close && outputs.count == 2)
    var idle = HTTPConnection(at: at(0))
    #expect(idle.wake(at: at(75)) == [.close])
  }

  @Test("Bent requests are values, never traps", arguments: 0..<300 as Range<UInt64>)
  func bent(seed: UInt64) {
    var random = Randomness.seeded(seed)
    var bytes = octets("POST /a HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\nGET / HTTP/1.1\nHost: x\n\n")
    for _ in 0..<4 { bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
    var connection = HTTPConnection(at: at(0))
    for byte in bytes { _ = connection.receive([byte], at: at(0)) }
  }

  @Test("Routes capture segments, tell the other methods, and are not fooled by slashes")
  func routes() {
    var router = Router<Int>()
    router.add("GET", "/api/widget/{uuid}/status", 1)
    router.add("POST", "/api/widget/register", 2)
    guard case .found(1, let captures) = router.match("HEAD", "/api/widget/a%2Fb/status") else { return #expect(Bool(false)) }
    #expect(captures == ["uuid": "a/b"])
    guard case .wrongMethod(["POST"]) = router.match("GET", "/api/widget/register") else { return #expect(Bool(false)) }
    for path in ["/", "/api/widget//status", "/api/widget/x/status/", "/api/widget/%zz/status"] {
      guard case .notFound = router.match("GET", path) else { return #expect(Bool(false), "\(path)") }
    }
  }

  @Test("Text in problems and headers cannot break out")
  func escaping() {
    #expect(JSONText.quote("a\"b\\\n\u{1}") == #""a\"b\\\n\u0001""#)
    var headers = HTTPHeaders()
    headers.append("X", "a\r\nSet-Cookie: b")
    #expect(headers["x"] == "aSet-Cookie: b")
  }
}

@Suite("WebSocket, the server's side (RFC 6455)")
struct WebSocketTests {
  private func frame(_ first: UInt8, _ payload: [UInt8], masked: Bool = true) -> [UInt8] {
    let length: [UInt8] = payload.count < 126 ? [UInt8(payload.count)] : [126] + UInt16(payload.count).octets
    let mask: [UInt8] = [1, 2, 3, 4]
    guard masked else { return [first] + length + payload }
    return [first, length[0] | 0x80] + length.dropFirst() + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
  }
  private func run(_ octets: [UInt8]) -> [WebSocketConnection.Output] {
    var connection = WebSocketConnection()
    return octets.flatMap { connection.receive([$0]) }
  }
  private func closed(_ code: UInt16) -> [WebSocketConnection.Output] { [.send([0x88, 2] + code.octets), .close] }

  @Test("The handshake's accept is the RFC's own (§1.3); other versions are told ours")
  func handshake() {
    var request = HTTPRequest(method: "GET", path: "/")
    for (name, value) in [
      ("Upgrade", "WebSocket"), ("Connection", "keep-alive, Upgrade"), ("Sec-WebSocket-Version", "13"),
      ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ] { request.headers.append(name, value) }
    #expect(WebSocketConnection.handshake(request).headers["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    var old = HTTPRequest(
      method: "GET", path: "/", headers: [("Upgrade", "websocket"), ("Connection", "upgrade"), ("Sec-WebSocket-Version", "8")])
    #expect(WebSocketConnection.handshake(old).status == 426)
    old.method = "POST"
    #expect(WebSocketConnection.handshake(old).status == 400)
  }

  @Test("Messages whole, long and in fragments with a ping between")
  func messages() {
    #expect(run(frame(0x81, Array("hi".utf8))) == [.text("hi")])
    let long = String(repeating: "x", count: 70_00)
    #expect(run(frame(0x81, Array(long.utf8))) == [.text(long)])
    let fragments = frame(0x01, Array("hel".utf8)) + frame(0x89, [7]) + frame(0x80, Array("lo".utf8))
    #expect(run(fragments) == [.send([0x8A, 1, 7]), .text("hello")])
    #expect(run(frame(0x82, [1, 2])) == [.binary([1, 2])])
  }

  @Test("Violations end the connection with their code")
  func violations() {
    #expect(run(frame(0x81, [1], masked: false)) == closed(1002))
    #expect(run(frame(0xC1, [1])) == closed(1002))
    #expect(run(frame(0x83, [1])) == closed(1002))
    #expect(run(frame(0x80, [1])) == closed(1002))
    #expect(run(frame(0x09, [1])) == closed(1002))
    #expect(run(frame(0x81, [0xFF])) == closed(1007))
    #expect(run([0x81, 0xFF] + UInt64(WebSocketConnection.maximumMessage + 1).octets) == closed(1009))
    #expect(run(frame(0x88, UInt16(1005).octets)) == closed(1002))
    #expect(run(frame(0x88, UInt16(4000).octets)) == closed(4000))
    #expect(run(frame(0x88, [])) == closed(1000))
  }

  @Test("A close with 1000 or no code is a goodbye; a page that is left (1001) and silence are none (§7.4.1)")
  func goodbye() {
    func saysGoodbye(_ octets: [UInt8]) -> Bool {
      var connection = WebSocketConnection()
      _ = connection.receive(octets)
      return connection.saidGoodbye
    }
    #expect(saysGoodbye(frame(0x88, UInt16(1000).octets)) && saysGoodbye(frame(0x88, [])))
    for code: UInt16 in [1001, 1011, 4000, 1005] { #expect(!saysGoodbye(frame(0x88, code.octets)), "\(code)") }
    #expect(!saysGoodbye(frame(0x81, Array("hi".utf8))) && !saysGoodbye([]))
  }

  @Test("Noise is survived", arguments: 0..<200 as Range<UInt64>)
  func noise(seed: UInt64) {
    var random = Randomness.seeded(seed)
    _ = run(random.bytes(Int.random(in: 0..<200, using: &random)))
  }
}
