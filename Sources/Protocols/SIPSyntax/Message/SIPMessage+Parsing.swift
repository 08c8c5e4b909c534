extension SIPMessage {
  /// Reads the message that fills one datagram (RFC 3261 §7, §18.3).
  ///
  /// Bytes after the body that Content-Length announces are ignored; a shorter body is an error. What could be read before
  /// an error comes with it, so that a malformed request can be answered.
  package init(parsing datagram: [UInt8]) throws(SIPSyntaxError) {
    guard datagram.count <= SIPLimit.messageBytes.maximum else { throw SIPSyntaxError(.limit(.messageBytes), at: 0) }
    var lines = Lines(datagram)
    lines.skipEmpty()
    guard let top = lines.next() else { throw SIPSyntaxError(.keepAlive, at: 0) }
    var fault: SIPSyntaxError?
    self = try Self.topLine(top, &fault)
    let headers = Self.headers(&lines, &fault)
    set(headers)
    if fault == nil { fault = check() }
    do throws(SIPSyntaxError) {
      if let fault { throw fault }
      let rest = datagram[lines.position...]
      let length = try headers.contentLength ?? rest.count
      guard length <= rest.count else {
        throw SIPSyntaxError(.bodyShorterThanContentLength, in: .contentLength, at: lines.position)
      }
      set(body: Array(rest.prefix(length)))
      // The body knows its length from here on.
      var kept = headers
      kept.remove(.contentLength)
      set(kept)
    } catch {
      var error = error
      error.salvage = SIPSyntaxError.Salvage(self)
      throw error
    }
  }

  /// What the head of a message on a stream says of its body's length; its other faults are left to `init(parsing:)`.
  static func bodyLength(announcedBy head: [UInt8]) throws(SIPSyntaxError) -> Int {
    var lines = Lines(head)
    _ = lines.next()
    var fault: SIPSyntaxError?
    guard let length = try headers(&lines, &fault).contentLength else {
      throw SIPSyntaxError(.missingHeader, in: .contentLength, at: head.count)
    }
    return length
  }

  // MARK: The top line

  /// A request line that is broken behind its method still leaves a request that can be refused.
  private static func topLine(_ line: Bytes, _ fault: inout SIPSyntaxError?) throws(SIPSyntaxError) -> SIPMessage {
    if line.starts(with: "SIP/".utf8) { return .response(try statusLine(line)) }
    let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
    guard words.count >= 3, let version = words.last, let method = Method(words[0]) else {
      throw SIPSyntaxError(.startLine, at: line.startIndex)
    }
    // Who speaks HTTP to us is not answered in SIP.
    if version.starts(with: "HTTP/".utf8) { throw SIPSyntaxError(.startLine, at: version.startIndex) }
    let uriText = line[words[1].startIndex..<(version.startIndex - 1)]
    let unread = SIPMessage.request(SIPRequest(method, .other(OpaqueURI(received: uriText.prefix(SIPLimit.uriBytes.maximum)))))
    guard version.equalsIgnoringCase("SIP/2.0") else {
      let isOther = version.starts(with: "SIP/".utf8)
      fault = SIPSyntaxError(isOther ? .unsupportedVersion : .startLine, at: version.startIndex)
      return unread
    }
    do throws(SIPSyntaxError) {
      let uri = try URI(parsing: uriText)
      // A Request-URI has no headers (§19.1.1, table 1).
      if uri.sip?.headers.isEmpty == false { throw SIPSyntaxError(.value(.uri), at: uriText.startIndex) }
      return .request(SIPRequest(method, uri))
    } catch {
      fault = error
      return unread
    }
  }

  private static func statusLine(_ line: Bytes) throws(SIPSyntaxError) -> SIPResponse {
    let words = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
    guard words.count >= 2, words[0].elementsEqual("SIP/2.0".utf8), words[1].count == 3 else {
      throw SIPSyntaxError(.startLine, at: line.startIndex)
    }
    var scanner = Scanner(words[1])
    guard let status = StatusCode(try scanner.number(Int.self)) else { throw SIPSyntaxError(.startLine, at: line.startIndex) }
    var reason: [UInt8] = []
    if words.count > 2 { reason.appendVisible(words[2]) }
    return SIPResponse(status, reason: String(decoding: reason, as: UTF8.self))
  }

  // MARK: Headers

  /// Reads on after a broken line: the headers behind it may let us answer.
  private static func headers(_ lines: inout Lines, _ fault: inout SIPSyntaxError?) -> Headers {
    var headers = Headers()
    while let line = lines.nextHeader() {
      guard headers.count < SIPLimit.headers.maximum else {
        fault = fault ?? SIPSyntaxError(.limit(.headers), at: line.startIndex)
        break
      }
      guard line.count <= SIPLimit.headerBytes.maximum else {
        fault = fault ?? SIPSyntaxError(.limit(.headerBytes), at: line.startIndex)
        continue
      }
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
        fault = fault ?? SIPSyntaxError(.headerLine, at: line.startIndex)
        continue
      }
      var nameScanner = Scanner(line[..<colon])
      guard let name = HeaderName(nameScanner.takeRest()) else {
        fault = fault ?? SIPSyntaxError(.headerLine, at: line.startIndex)
        continue
      }
      var value = Scanner(line[(colon + 1)...])
      value.skipWhitespace()
      let offset = value.position
      headers.append(received: name, unfolded(value.takeRest()), at: offset)
    }
    if !lines.hasEndedHeaders { fault = fault ?? SIPSyntaxError(.endsEarly, at: lines.position) }
    return headers
  }

  /// The value with every fold made one space, and none at its ends (§7.3.1).
  private static func unfolded(_ value: Bytes) -> [UInt8] {
    guard value.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return Array(value) }
    var line: [UInt8] = []
    var isFolding = false
    for byte in value {
      if byte == 0x0D || byte == 0x0A {
        isFolding = true
      } else if !isFolding || (byte != 0x20 && byte != 0x09) {
        if isFolding, !line.isEmpty { line.append(0x20) }
        isFolding = false
        line.append(byte)
      }
    }
    while line.last == 0x20 || line.last == 0x09 { line.removeLast() }
    return line
  }

  /// What every message must have and be consistent in (§8.1.1, §8.2).
  private func check() -> SIPSyntaxError? {
    do throws(SIPSyntaxError) {
      _ = try headers.vias
      _ = try headers.callID
      _ = try (headers.from, headers.to)
      let cseq = try headers.cseq
      if case .request(let request) = self, cseq.method != request.method {
        return SIPSyntaxError(.methodMismatch, in: .cseq, at: 0)
      }
      return nil
    } catch { return error }
  }

  private mutating func set(_ headers: Headers) {
    switch self {
    case .request(var request):
      request.headers = headers
      self = .request(request)
    case .response(var response):
      response.headers = headers
      self = .response(response)
    }
  }

  private mutating func set(body: [UInt8]) {
    switch self {
    case .request(var request):
      request.body = body
      self = .request(request)
    case .response(var response):
      response.body = body
      self = .response(response)
    }
  }
}

/// Cuts a message into lines that end with CRLF, or with LF alone as some devices write them.
private struct Lines {
  private let bytes: [UInt8]
  private(set) var position = 0
  private(set) var hasEndedHeaders = false

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Empty lines before a message, and the NULs that some devices keep a binding alive with, say nothing (§7.5).
  mutating func skipEmpty() {
    while position < bytes.count, [0x0D, 0x0A, 0x00].contains(bytes[position]) { position += 1 }
  }

  mutating func next() -> Bytes? {
    guard position < bytes.count else { return nil }
    guard let feed = bytes[position...].firstIndex(of: 0x0A) else {
      defer { position = bytes.count }
      return bytes[position...]
    }
    defer { position = feed + 1 }
    let end = feed > position && bytes[feed - 1] == 0x0D ? feed - 1 : feed
    return bytes[position..<end]
  }

  /// The next header with its folded lines, or `nil` after the empty line that ends them.
  mutating func nextHeader() -> Bytes? {
    guard let first = next() else { return nil }
    guard !first.isEmpty else {
      hasEndedHeaders = true
      return nil
    }
    var end = first.endIndex
    while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09, let folded = next() {
      end = folded.endIndex
    }
    return bytes[first.startIndex..<end]
  }
}
