import Wire

/// The server's side of one HTTP/1.1 connection (RFC 9112): bytes in, requests out; responses in, bytes out, in the order of their requests.
package struct HTTPConnection: Sendable {
  package enum Output: Hashable, Sendable {
    case send([UInt8])
    /// Answer with `respond`.
    case request(RequestNumber, HTTPRequest)
    /// Nothing more will be said; close once everything is sent.
    case close
  }

  /// Which request of this connection.
  package struct RequestNumber: Hashable, Sendable {
    fileprivate let number: Int
  }

  package static let maximumRequestLine = 8192
  package static let maximumHeaderBytes = 32_768
  package static let maximumHeaders = 100
  package static let maximumBody = 1_048_576
  /// Requests that may wait for their answers on one connection.
  package static let maximumPipelined = 16
  /// What may arrive behind requests that wait for their answers: one request more, whole.
  package static let maximumWaiting = maximumRequestLine + maximumHeaderBytes + maximumBody
  /// The size of a chunk with its extensions (RFC 9112 §7.1.1 lets us bound them).
  package static let maximumChunkLine = 1024
  /// A client has this long for a request's first bytes to its last header, however slowly it sends.
  package static let headerTime = Duration.seconds(10)
  package static let bodyTime = Duration.seconds(30)
  package static let idleTime = Duration.seconds(75)

  private enum State {
    case idle(until: Instant)
    case head(until: Instant)
    case body(HTTPRequest, Framing, keepsAlive: Bool, until: Instant)
    /// A request would take the connection over: until its answer nothing behind it is read as HTTP.
    case upgrading
    /// After an error, or a request that asked for an end.
    case draining
    case upgraded
  }

  private enum Framing: Hashable {
    case length(Int)
    case chunked
    /// Behind the last chunk, with the bytes of trailers that were read over.
    case trailers(Int)
  }

  private struct Pending {
    var number: Int
    var isHead: Bool
    var keepsAlive: Bool
    var response: [UInt8]?
  }

  private var state: State
  private var buffer: [UInt8] = []
  /// Bytes at the start of the buffer in which no head ends.
  private var searched = 0
  private var pending: [Pending] = []
  private var nextNumber = 0

  package init(at now: Instant) {
    state = .idle(until: now + Self.idleTime)
  }

  package var deadline: Instant? {
    switch state {
    case .idle(let until): pending.isEmpty ? until : nil
    case .head(let until), .body(_, _, _, let until): until
    case .upgrading, .draining, .upgraded: nil
    }
  }

  package mutating func receive(_ octets: [UInt8], at now: Instant) -> [Output] {
    switch state {
    case .draining, .upgraded: return []
    case .idle:
      guard !octets.isEmpty else { return [] }
      state = .head(until: now + Self.headerTime)
    case .head, .body, .upgrading: break
    }
    buffer += octets
    let outputs = advance(at: now)
    return buffer.count <= Self.maximumWaiting ? outputs : outputs + refuse(429)
  }

  package mutating func wake(at now: Instant) -> [Output] {
    guard let deadline, now >= deadline else { return [] }
    if case .idle = state {
      state = .draining
      return [.close]
    }
    return refuse(408)
  }

  /// Takes the connection over for another protocol after a 101, with what was read beyond the request.
  package mutating func upgrade() -> [UInt8] {
    state = .upgraded
    defer { buffer = [] }
    return buffer
  }

  /// Answers a request, and reads on where its answer was waited for.
  package mutating func respond(_ request: RequestNumber, _ response: HTTPResponse, at now: Instant) -> [Output] {
    guard let index = pending.firstIndex(where: { $0.number == request.number }) else { return [] }
    pending[index].response = Self.serialize(response, isHead: pending[index].isHead, keepsAlive: pending[index].keepsAlive)
    let outputs = flush()
    if case .upgrading = state, request.number == nextNumber - 1, response.status != 101 { state = next(at: now) }
    return outputs + advance(at: now)
  }

  private func next(at now: Instant) -> State {
    buffer.isEmpty ? .idle(until: now + Self.idleTime) : .head(until: now + Self.headerTime)
  }

  // MARK: Reading

  private mutating func advance(at now: Instant) -> [Output] {
    var outputs: [Output] = []
    while true {
      switch state {
      case .head(let until):
        guard pending.count < Self.maximumPipelined else { return outputs }
        switch takeHead() {
        case .failure(let fault): return outputs + refuse(fault.status)
        case .success(nil): return outputs
        case .success(let (request, framing, keepsAlive)?):
          let expects = request.headers["Expect"]
          guard expects == nil || expects?.equalsIgnoringCase("100-continue") == true else { return outputs + refuse(417) }
          if expects != nil, framing != .length(0) { outputs.append(.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))) }
          state = .body(request, framing, keepsAlive: keepsAlive, until: max(until, now + Self.bodyTime))
        }
      case .body(var request, var framing, let keepsAlive, let until):
        // While the state holds the body too, each byte more would copy it.
        state = .draining
        switch takeBody(&request.body, &framing) {
        case .failure(let fault): return outputs + refuse(fault.status)
        case .success(false):
          state = .body(request, framing, keepsAlive: keepsAlive, until: until)
          return outputs
        case .success(true): break
        }
        let number = nextNumber
        nextNumber += 1
        pending.append(Pending(number: number, isHead: request.method == "HEAD", keepsAlive: keepsAlive))
        outputs.append(.request(RequestNumber(number: number), request))
        guard keepsAlive else { return outputs }
        state = request.headers["Upgrade"] == nil ? next(at: now) : .upgrading
      case .idle, .upgrading, .draining, .upgraded: return outputs
      }
    }
  }

  private struct Fault: Error { let status: Int }

  /// The head at the buffer's start, once all of it is there.
  private mutating func takeHead() -> Result<(HTTPRequest, Framing, keepsAlive: Bool)?, Fault> {
    // An empty line before a request is forgiven (RFC 9112 §2.2).
    if searched == 0 { buffer.removeSubrange(..<(buffer.firstIndex { $0 != 0x0D && $0 != 0x0A } ?? buffer.count)) }
    guard let end = buffer.endOfHead(from: max(0, searched - 3)) else {
      searched = buffer.count
      let isTooLong = buffer.count > Self.maximumRequestLine + Self.maximumHeaderBytes
      return isTooLong ? .failure(Fault(status: 431)) : .success(nil)
    }
    searched = 0
    defer { buffer.consume(end.upperBound) }
    return Self.parseHead(buffer[..<end.lowerBound]).map { $0 }
  }

  private static func parseHead(_ head: ArraySlice<UInt8>) -> Result<(HTTPRequest, Framing, keepsAlive: Bool), Fault> {
    let lines = head.lines
    guard let top = lines.first, top.count <= maximumRequestLine else { return .failure(Fault(status: 414)) }
    guard lines.count - 1 <= maximumHeaders, head.count - top.count <= maximumHeaderBytes else {
      return .failure(Fault(status: 431))
    }
    let words = top.split(separator: 0x20, omittingEmptySubsequences: false)
    guard words.count == 3, !words[0].isEmpty, words[0].allSatisfy(\.isToken),
      words[1].allSatisfy({ (0x21...0x7E).contains($0) })
    else { return .failure(Fault(status: 400)) }
    let version = String(decoding: words[2], as: UTF8.self)
    guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
      return .failure(Fault(status: version.hasPrefix("HTTP/") ? 505 : 400))
    }
    guard words[1].first == UInt8(ascii: "/") || words[1].elementsEqual("*".utf8) else { return .failure(Fault(status: 400)) }
    let target = words[1].split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
    var request = HTTPRequest(
      method: String(decoding: words[0], as: UTF8.self), path: String(decoding: target[0], as: UTF8.self),
      query: target.count > 1 ? String(decoding: target[1], as: UTF8.self) : "")
    for line in lines.dropFirst() {
      // A name is a token that touches its colon: anything else is how requests are smuggled (RFC 9112 §5.1, §11.2).
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex, line[..<colon].allSatisfy(\.isToken),
        !line.contains(where: \.isControl)
      else { return .failure(Fault(status: 400)) }
      let value = line[(colon + 1)...].trimmingBlanks
      request.headers.append(String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
    }
    guard version == "HTTP/1.0" || request.headers.values("Host").count == 1 else { return .failure(Fault(status: 400)) }
    // A coding that HTTP/1.0 does not know would end the body elsewhere for whoever stands between (RFC 9112 §6.1).
    guard version == "HTTP/1.1" || request.headers["Transfer-Encoding"] == nil else { return .failure(Fault(status: 400)) }
    return framing(request.headers).map { framing in
      let keepsAlive =
        version == "HTTP/1.1"
        ? !request.headers.contains("Connection", token: "close") : request.headers.contains("Connection", token: "keep-alive")
      return (request, framing, keepsAlive)
    }
  }

  /// How long the body is; two answers to that question are an attack (RFC 9112 §6.3).
  private static func framing(_ headers: HTTPHeaders) -> Result<Framing, Fault> {
    let lengths = headers.values("Content-Length")
    if let coding = headers["Transfer-Encoding"] {
      guard lengths.isEmpty else { return .failure(Fault(status: 400)) }
      return coding.equalsIgnoringCase("chunked") ? .success(.chunked) : .failure(Fault(status: 501))
    }
    guard let text = lengths.first else { return .success(.length(0)) }
    guard lengths.count == 1, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), !text.isEmpty else {
      return .failure(Fault(status: 400))
    }
    guard let length = Int(text), length <= maximumBody else { return .failure(Fault(status: 413)) }
    return .success(.length(length))
  }

  /// Moves what is there of a body out of the buffer; `true` once it is whole.
  private mutating func takeBody(_ body: inout [UInt8], _ framing: inout Framing) -> Result<Bool, Fault> {
    if case .length(let length) = framing {
      guard buffer.count >= length else { return .success(false) }
      body = Array(buffer[..<length])
      buffer.consume(length)
      return .success(true)
    }
    var position = 0
    defer { buffer.consume(position) }
    while case .chunked = framing {
      guard let feed = buffer[position...].firstIndex(of: 0x0A) else {
        return buffer.count - position > Self.maximumChunkLine ? .failure(Fault(status: 400)) : .success(false)
      }
      guard feed - position <= Self.maximumChunkLine, let size = Self.chunkSize(buffer[position..<feed]) else {
        return .failure(Fault(status: 400))
      }
      guard body.count + size <= Self.maximumBody else { return .failure(Fault(status: 413)) }
      let start = feed + 1
      guard size > 0 else {
        framing = .trailers(0)
        position = start
        break
      }
      guard buffer.count >= start + size + 2 else { return .success(false) }
      guard buffer[start + size] == 0x0D, buffer[start + size + 1] == 0x0A else { return .failure(Fault(status: 400)) }
      body += buffer[start..<start + size]
      position = start + size + 2
    }
    return skipTrailers(&position, &framing)
  }

  /// Reads over the lines behind the last chunk, to the empty one.
  private func skipTrailers(_ position: inout Int, _ framing: inout Framing) -> Result<Bool, Fault> {
    guard case .trailers(var skipped) = framing else { return .success(false) }
    while let feed = buffer[position...].firstIndex(of: 0x0A) {
      let line = buffer[position..<feed]
      skipped += line.count + 1
      guard line.last == 0x0D, skipped <= Self.maximumHeaderBytes else { break }
      position = feed + 1
      if line.count == 1 { return .success(true) }
    }
    guard skipped + buffer.count - position <= Self.maximumHeaderBytes else { return .failure(Fault(status: 431)) }
    guard !buffer[position...].contains(0x0A) else { return .failure(Fault(status: 400)) }
    framing = .trailers(skipped)
    return .success(false)
  }

  /// The size before a chunk, from its line without the LF; `nil` for what is none.
  private static func chunkSize(_ line: ArraySlice<UInt8>) -> Int? {
    guard line.last == 0x0D, !line.dropLast().contains(where: \.isControl) else { return nil }
    let digits = line.dropLast().prefix { $0 != UInt8(ascii: ";") }.trimmingBlanks
    guard (1...8).contains(digits.count), digits.allSatisfy({ Hex.value($0) != nil }) else { return nil }
    return Int(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  // MARK: Writing

  private mutating func refuse(_ status: Int) -> [Output] {
    state = .draining
    let response = HTTPResponse.problem(status, HTTPResponse.reason(status))
    pending.append(
      Pending(
        number: -1, isHead: false, keepsAlive: false, response: Self.serialize(response, isHead: false, keepsAlive: false)))
    return flush()
  }

  private mutating func flush() -> [Output] {
    var outputs: [Output] = []
    while let first = pending.first, let octets = first.response {
      pending.removeFirst()
      outputs.append(.send(octets))
      if !first.keepsAlive { return outputs + [.close] }
    }
    return outputs
  }

  private static func serialize(_ response: HTTPResponse, isHead: Bool, keepsAlive: Bool) -> [UInt8] {
    var text = "HTTP/1.1 \(response.status) \(HTTPResponse.reason(response.status))\r\n"
    for field in response.headers.fields { text += "\(field.name): \(field.value)\r\n" }
    if response.status != 101, response.status != 204, response.status != 304 {
      text += "Content-Length: \(response.body.count)\r\n"
    }
    if !keepsAlive { text += "Connection: close\r\n" }
    return Array((text + "\r\n").utf8) + (isHead ? [] : response.body)
  }
}

extension [UInt8] {
  /// The empty line that ends a head: CRLF CRLF, and nothing laxer.
  fileprivate func endOfHead(from start: Int) -> Range<Int>? {
    guard count >= start + 4 else { return nil }
    for index in start...(count - 4)
    where self[index] == 0x0D && self[index + 1] == 0x0A && self[index + 2] == 0x0D && self[index + 3] == 0x0A {
      return index..<(index + 4)
    }
    return nil
  }
}

extension ArraySlice<UInt8> {
  /// The parts between CRLFs; a bare CR or LF stays inside and is refused later.
  fileprivate var lines: [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var start = startIndex
    var index = startIndex
    while index + 1 < endIndex {
      if self[index] == 0x0D, self[index + 1] == 0x0A {
        lines.append(self[start..<index])
        index += 2
        start = index
      } else {
        index += 1
      }
    }
    return lines + [self[start...]]
  }

  fileprivate var trimmingBlanks: ArraySlice<UInt8> {
    var rest = self
    while rest.first == 0x20 || rest.first == 0x09 { rest.removeFirst() }
    while rest.last == 0x20 || rest.last == 0x09 { rest.removeLast() }
    return rest
  }
}

extension UInt8 {
  /// What has no place in a line: any control character but the TAB (RFC 9110 §5.5).
  fileprivate var isControl: Bool { self < 0x20 && self != 0x09 || self == 0x7F }

  /// RFC 9110 §5.6.2.
  fileprivate var isToken: Bool {
    switch self {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      true
    default: false
    }
  }
}
