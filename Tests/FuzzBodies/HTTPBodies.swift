import HTTP
import Wire

extension FuzzTarget {
  /// A connection's bytes, behind one that says how they are cut: however they arrive, the same requests are heard and answered in order.
  static let http: Body = { octets throws(BrokenPromise) in
    let piece = Int(octets.first ?? 0) % 32 + 1
    let bytes = Array(octets.dropFirst())
    var whole = Conversation()
    try whole.hear(bytes)
    var cut = Conversation()
    for start in stride(from: 0, to: bytes.count, by: piece) {
      try cut.hear(Array(bytes[start..<min(start + piece, bytes.count)]))
    }
    // A limit may break sooner where less was there at once; what was heard before is the same.
    let common = min(whole.requests.count, cut.requests.count)
    try promise(whole.requests[..<common] == cut.requests[..<common], "requests do not depend on how bytes are cut")
    try promise(whole.requests.count == cut.requests.count || whole.isOver && cut.isOver, "no request depends on the cut")
    for request in whole.requests { try check(request) }
  }

  /// A connection whose requests are answered at once.
  private struct Conversation {
    var connection = HTTPConnection(at: Instant())
    var requests: [HTTPRequest] = []
    var responses = 0
    var isOver = false
    var now = Instant()

    mutating func hear(_ octets: [UInt8]) throws(BrokenPromise) {
      now += .microseconds(1)
      var outputs = connection.receive(octets, at: now)
      var next = 0
      while next < outputs.count {
        defer { next += 1 }
        try promise(!isOver, "nothing is said after the end")
        switch outputs[next] {
        case .request(let number, let request):
          requests.append(request)
          outputs += connection.respond(number, HTTPResponse(200, type: "text/plain", "yes"), at: now)
        case .send(let octets):
          try promise(octets.starts(with: "HTTP/1.1 ".utf8), "an answer begins as one")
          if !octets.starts(with: "HTTP/1.1 100 ".utf8) { responses += 1 }
        case .close: isOver = true
        }
      }
      try promise(responses >= requests.count, "every request that was heard has been answered")
      try promise(responses <= requests.count + 1, "at most one refusal beside the answers")
      try promise(connection.deadline == nil || connection.deadline ?? now > now, "a deadline lies ahead")
    }
  }

  private static func check(_ request: HTTPRequest) throws(BrokenPromise) {
    try promise(request.body.count <= HTTPConnection.maximumBody, "a body keeps to its limit")
    try promise(request.headers.fields.count <= HTTPConnection.maximumHeaders, "headers keep to their number")
    try promise(request.path.first == "/" || request.path.first == "*", "a path is one: \(request.path)")
    for field in request.headers.fields {
      let hasControls = field.value.utf8.contains { $0 < 0x20 && $0 != 9 || $0 == 0x7F }
      try promise(!field.name.isEmpty && !hasControls, "a header is a name and a line: \(field)")
    }
    let lengths = request.headers.values("Content-Length")
    let isChunked = request.headers["Transfer-Encoding"] != nil
    try promise(lengths.count <= 1 && (lengths.isEmpty || !isChunked), "one framing only")
    for name in ["sid", "EIO", "a", ""] { _ = request.parameter(name) }
    var router = Router<Int>()
    router.add("GET", "/api/widget/{uuid}/status", 1)
    router.add("POST", "/{a}/{b}", 2)
    guard case .found(_, let captures) = router.match(request.method, request.path) else { return }
    try promise(captures.values.allSatisfy { !$0.isEmpty }, "a capture holds something")
    if request.headers["Upgrade"] != nil {
      let handshake = WebSocketConnection.handshake(request)
      try promise([101, 400, 426].contains(handshake.status), "a handshake is answered")
    }
  }

  /// Frames, behind a byte that says how they are cut: the same is heard however they arrive, and nothing after the end.
  static let webSocket: Body = { octets throws(BrokenPromise) in
    let piece = Int(octets.first ?? 0) % 32 + 1
    let bytes = Array(octets.dropFirst())
    for stream in [bytes, masked(bytes)] {
      var connection = WebSocketConnection()
      let whole = connection.receive(stream)
      var cut = WebSocketConnection()
      var outputs: [WebSocketConnection.Output] = []
      for start in stride(from: 0, to: stream.count, by: piece) {
        outputs += cut.receive(Array(stream[start..<min(start + piece, stream.count)]))
      }
      try promise(whole == outputs, "frames do not depend on how bytes are cut")
      try check(whole)
      if whole.contains(.close) {
        try promise(connection.receive(stream) == [] && connection.close() == [], "nothing after the end")
      }
    }
  }

  private static func check(_ outputs: [WebSocketConnection.Output]) throws(BrokenPromise) {
    for (index, output) in outputs.enumerated() {
      switch output {
      case .text(let text): try promise(text.utf8.count <= WebSocketConnection.maximumMessage, "a text keeps to its limit")
      case .binary(let octets): try promise(octets.count <= WebSocketConnection.maximumMessage, "so do bytes")
      case .send(let frame):
        try promise(frame.count >= 2 && frame[0] & 0x70 == 0 && frame[1] & 0x80 == 0, "our frames are plain and unmasked")
        try promise(frame.count <= 127, "a pong or a close is short")
      case .close: try promise(index == outputs.count - 1, "the end is the last thing said")
      }
    }
  }

  /// The input as well-formed frames: opcode and FIN, length, payload of each, masked as a client must.
  private static func masked(_ octets: [UInt8]) -> [UInt8] {
    var decisions = Decisions(octets)
    var stream: [UInt8] = []
    while !decisions.isAtEnd {
      let first = decisions.octet()
      let mask = [decisions.octet(), 2, 3, 4]
      let payload = decisions.block()
      let length: [UInt8] =
        payload.count < 126 ? [UInt8(payload.count) | 0x80] : [126 | 0x80] + UInt16(payload.count).octets
      stream += [first] + length + mask + payload.enumerated().map { $0.element ^ mask[$0.offset & 3] }
    }
    return stream
  }
}
