import Testing
import Wire

@testable import HTTP

private let start = Instant()

/// What one connection makes of bytes: the targets of its requests, the status of its refusal, whether it closes.
private func hear(_ text: String) -> (paths: [String], status: Int?, isOver: Bool) {
  var connection = HTTPConnection(at: start)
  var outputs = connection.receive(Array(text.utf8), at: start)
  var (paths, status, isOver): ([String], Int?, Bool) = ([], nil, false)
  while !outputs.isEmpty {
    switch outputs.removeFirst() {
    case .request(let number, let request):
      paths.append(request.path)
      outputs = connection.respond(number, HTTPResponse(200), at: start) + outputs
    case .send(let octets):
      let code = Int(String(decoding: octets.dropFirst(9).prefix(3), as: UTF8.self))
      if let code, code >= 400 { status = code }
    case .close: isOver = true
    }
  }
  return (paths, status, isOver)
}

@Suite("HTTP: what is bent is refused and never read as two things (RFC 9112 §11)")
struct HTTPRefusalTests {
  private static let post = "POST / HTTP/1.1\r\nHost: x\r\n"
  private static let get = "GET / HTTP/1.1\r\nHost: x\r\n"

  @Test(
    "A head that two readers could read in two ways",
    arguments: [
      // Line ends (RFC 9112 §2.2).
      (get + "A: b\nTransfer-Encoding: chunked\r\n\r\n", 400), ("GET / HTTP/1.1\nHost: x\r\n\r\n", 400),
      (get + "A: b\rB: c\r\n\r\n", 400), (get + "A: b\r\r\n\r\n", 400), (get + "A: b\0c\r\n\r\n", 400),
      (post + "Content-Length: 1\u{1}2\r\n\r\n", 400), (get + "A: \u{7F}\r\n\r\n", 400), (get + "\u{B}A: b\r\n\r\n", 400),
      // Field names and folds (§5.1, §5.2).
      (get + "A : b\r\n\r\n", 400), (get + " A: b\r\n\r\n", 400), (get + "A: b\r\n c\r\n\r\n", 400),
      (get + "A: b\r\n\tc\r\n\r\n", 400), (get + "A\r\n\r\n", 400), (get + ": b\r\n\r\n", 400), (get + "A(: b\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400),
      // Framing (§6.1, §6.3).
      (post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
      (post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400),
      (post + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400), (post + "Content-Length: 4, 4\r\n\r\nabcd", 400),
      (post + "Content-Length: -1\r\n\r\n", 400), (post + "Content-Length: 0x4\r\n\r\nabcd", 400),
      (post + "Content-Length: 4 4\r\n\r\nabcd", 400), (post + "Content-Length:\r\n\r\n", 400),
      (post + "Content-Length: 1048577\r\n\r\n", 413), (post + "Content-Length: 18446744073709551617\r\n\r\n", 413),
      (post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501),
      (post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 501),
      (post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
      ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
      // Request lines (§3).
      ("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400), (" GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
      ("GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400), ("GET /\tHTTP/1.1\r\nHost: x\r\n\r\n", 400),
      ("GET / http/1.1\r\nHost: x\r\n\r\n", 400), ("GET / HTTP/1.10\r\nHost: x\r\n\r\n", 505),
      ("GET / HTTP/0.9\r\n\r\n", 505), ("GE(T / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
      ("GET /\u{80} HTTP/1.1\r\nHost: x\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\n\r\n", 400), (get + "Host: y\r\n\r\n", 400), ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ])
  func heads(text: String, status: Int) {
    let heard = hear(text)
    #expect(heard.status == status && heard.isOver && heard.paths.isEmpty, "\(text.debugDescription): \(heard)")
  }

  @Test(
    "A chunked body that two readers could end in two places (§7.1)",
    arguments: [
      ("5\nhello\r\n0\r\n\r\n", 400), ("5\r\nhello\n0\r\n\r\n", 400), ("5\r\nhelloX\r\n0\r\n\r\n", 400),
      ("5\r\nhell\r\n0\r\n\r\n", 400), ("0x5\r\nhello\r\n", 400), ("+5\r\nhello\r\n", 400), ("-5\r\nhello\r\n", 400),
      ("\r\nhello\r\n", 400), (";a=b\r\n", 400), ("5;a\u{1}\r\nhello\r\n", 400), ("5;a\rb\r\nhello\r\n", 400),
      ("000000005\r\nhello\r\n", 400), ("FFFFFFFF\r\n", 413), ("FFFFFFFFFFFFFFFFF\r\n", 400), ("100001\r\n", 413),
      ("0\r\nA: b\nB: c\r\n\r\n", 400), ("5;" + String(repeating: "x", count: HTTPConnection.maximumChunkLine) + "\r\n", 400),
      (String(repeating: "0", count: HTTPConnection.maximumChunkLine + 1), 400),
      ("0\r\n" + String(repeating: "A: b\r\n", count: HTTPConnection.maximumHeaderBytes / 6 + 1), 431),
      ("0\r\n" + String(repeating: "A", count: HTTPConnection.maximumHeaderBytes + 1), 431),
    ])
  func chunks(body: String, status: Int) {
    let heard = hear(Self.post + "Transfer-Encoding: chunked\r\n\r\n" + body)
    #expect(heard.status == status && heard.isOver && heard.paths.isEmpty, "\(body.prefix(40).debugDescription): \(heard)")
  }

  @Test("A chunk's line and the trailers may be as long as their limits")
  func chunkLimits() {
    let extensions = "1;" + String(repeating: "x", count: HTTPConnection.maximumChunkLine - 3)
    let trailer = "A:" + String(repeating: "b", count: HTTPConnection.maximumHeaderBytes - 6)
    let text = Self.post + "Transfer-Encoding: chunked\r\n\r\n\(extensions)\r\na\r\n0\r\n\(trailer)\r\n\r\n"
    #expect(hear(text).paths == ["/"])
  }

  @Test("Many small chunks with long extensions fill no memory: what was read is let go")
  func smallChunks() {
    var connection = HTTPConnection(at: start)
    _ = connection.receive(Array((Self.post + "Transfer-Encoding: chunked\r\n\r\n").utf8), at: start)
    let chunk = Array(("1;" + String(repeating: "x", count: 1000) + "\r\na\r\n").utf8)
    // Eight times more than may wait at once.
    for _ in 0..<(8 * HTTPConnection.maximumWaiting / chunk.count) { #expect(connection.receive(chunk, at: start).isEmpty) }
    let outputs = connection.receive(Array("0\r\n\r\n".utf8), at: start)
    guard case .request(_, let request)? = outputs.first else { return #expect(Bool(false), "no request") }
    #expect(request.body.count == 8 * HTTPConnection.maximumWaiting / chunk.count)
  }

  @Test("Every request sent ahead is answered, however many wait; one past what may wait ends the connection")
  func pipelining() {
    var connection = HTTPConnection(at: start)
    let count = HTTPConnection.maximumPipelined + 4
    var waiting = connection.receive(Array(String(repeating: Self.get + "\r\n", count: count).utf8), at: start)
    #expect(waiting.count == HTTPConnection.maximumPipelined)
    var answered = 0
    while !waiting.isEmpty {
      guard case .request(let number, _) = waiting.removeFirst() else { continue }
      let outputs = connection.respond(number, HTTPResponse(200), at: start)
      answered += 1
      waiting += outputs
    }
    #expect(answered == count)

    var flooded = HTTPConnection(at: start)
    _ = flooded.receive(Array(String(repeating: Self.get + "\r\n", count: HTTPConnection.maximumPipelined).utf8), at: start)
    #expect(flooded.receive([UInt8](repeating: 0x41, count: HTTPConnection.maximumWaiting), at: start).isEmpty)
    #expect(flooded.receive([0x41], at: start).isEmpty)
    // The refusal waits its turn behind the answers; nothing more is kept.
    #expect(flooded.receive([0x41], at: start).isEmpty && flooded.deadline == nil)
  }

  @Test("What follows a request to upgrade is read by nobody before its answer")
  func upgrade() {
    let text = Self.get + "Upgrade: websocket\r\n\r\n" + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    var taken = HTTPConnection(at: start)
    guard case .request(let number, _)? = taken.receive(Array(text.utf8), at: start).first else {
      return #expect(Bool(false), "no request")
    }
    #expect(taken.receive([0x81], at: start).isEmpty)
    #expect(taken.respond(number, HTTPResponse(101), at: start).count == 1)
    #expect(taken.upgrade().suffix(5) == [0x0D, 0x0A, 0x0D, 0x0A, 0x81])
    // Refused, it is HTTP after all.
    #expect(hear(text).paths == ["/", "/smuggled"])
  }

  @Test("A head that comes byte by byte is searched once, not once a byte")
  func bytewise() {
    var connection = HTTPConnection(at: start)
    let value = String(repeating: "v", count: HTTPConnection.maximumHeaderBytes - 100)
    var outputs: [HTTPConnection.Output] = []
    for octet in Array("\(Self.get)A: \(value)\r\n\r\n".utf8) { outputs += connection.receive([octet], at: start) }
    #expect(outputs.count == 1)
    var empty = HTTPConnection(at: start)
    #expect(empty.receive(Array(String(repeating: "\r\n", count: 100_000).utf8), at: start).isEmpty)
    #expect(empty.receive(Array("\(Self.get)\r\n".utf8), at: start).count == 1)
  }

  @Test("A path's escapes mean one thing", arguments: ["%", "%4", "%zz", "%C3", "%FF", "a%00b%"])
  func escapes(text: String) {
    let decoded = PercentCoding.decode(text)
    #expect(decoded == nil)
  }
}

@Suite("WebSocket: violations have their code (RFC 6455 §7.4.1)")
struct WebSocketRefusalTests {
  private static func frame(_ first: UInt8, _ payload: [UInt8], length: [UInt8]? = nil) -> [UInt8] {
    var head: [UInt8] = length ?? (payload.count < 126 ? [UInt8(payload.count)] : [UInt8(126)] + UInt16(payload.count).octets)
    head[0] |= 0x80
    // A mask of zeros leaves the payload as it is.
    let mask: [UInt8] = [0, 0, 0, 0]
    return [first] + head + mask + payload
  }

  /// Reserved bits, opcodes that are none, no mask, control frames in pieces or too long, pieces out of order.
  private static let framing: [[UInt8]] = [
    [0x81, 0x00], [0x81, 0x02, 0x68, 0x69], [0x82, 0x7E, 0, 200], frame(0x91, [1]), frame(0xA1, [1]), frame(0xC1, [1]),
    frame(0x83, []), frame(0x87, []), frame(0x8B, []), frame(0x8F, []), frame(0x08, []), frame(0x09, []), frame(0x0A, []),
    frame(0x89, Array(repeating: 0, count: 126)), frame(0x88, Array(repeating: 0, count: 126)), frame(0x80, [1]),
    frame(0x00, [1]), frame(0x01, [1]) + frame(0x81, [1]), frame(0x01, [1]) + frame(0x02, [1]),
  ]
  private static let closing: [[UInt8]] =
    [frame(0x88, [3])] + ([0, 999, 1004, 1005, 1006, 1015, 2999, 5000] as [UInt16]).map { frame(0x88, $0.octets) }
  /// A length takes the fewest bytes that hold it (§5.2).
  private static let wasteful: [[UInt8]] = [
    frame(0x81, [1], length: [126, 0, 1]), frame(0x82, [1], length: [127] + UInt64(1).octets),
    frame(0x82, Array(repeating: 0, count: 200), length: [127] + UInt64(200).octets),
  ]

  @Test("§5.2, §5.5 the frame itself is wrong: 1002", arguments: framing + closing + wasteful)
  func protocolErrors(octets: [UInt8]) { expect(octets, endsWith: 1002) }

  private static let overlong: [[UInt8]] = [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]]
  private static let invalid: [[UInt8]] =
    overlong.map { frame(0x81, $0) } + [frame(0x01, [0xC3]) + frame(0x80, [0x28]), frame(0x88, UInt16(1000).octets + [0xFF])]

  @Test("§8.1 what is no UTF-8: 1007", arguments: invalid)
  func notUTF8(octets: [UInt8]) { expect(octets, endsWith: 1007) }

  @Test("§10.4 what is too long: 1009, at its length and not at its end")
  func tooBig() {
    let limit = UInt64(WebSocketConnection.maximumMessage)
    expect([0x82, 0xFF] + (limit + 1).octets, endsWith: 1009)
    expect([0x82, 0xFF] + UInt64.max.octets, endsWith: 1009)
    var connection = WebSocketConnection()
    let half = Self.frame(0x02, Array(repeating: 0, count: Int(limit) / 2), length: [127] + (limit / 2).octets)
    #expect(connection.receive(half).isEmpty)
    let rest = Self.frame(0x80, Array(repeating: 0, count: Int(limit) / 2 + 1), length: [127] + (limit / 2 + 1).octets)
    #expect(connection.receive(rest) == [.send([0x88, 2] + UInt16(1009).octets), .close])
    let fragments = Self.frame(0x01, []) + (1..<WebSocketConnection.maximumFragments).flatMap { _ in Self.frame(0x00, []) }
    var patient = WebSocketConnection()
    #expect(patient.receive(fragments).isEmpty)
    #expect(patient.receive(Self.frame(0x80, [])) == [.send([0x88, 2] + UInt16(1009).octets), .close])
  }

  private func expect(_ octets: [UInt8], endsWith code: UInt16) {
    var connection = WebSocketConnection()
    let outputs = octets.flatMap { connection.receive([$0]) }
    #expect(outputs.suffix(2) == [.send([0x88, 2] + code.octets), .close], "\(octets.prefix(16))")
    #expect(connection.receive(octets).isEmpty)
  }
}
