import Cryptography
import Wire

/// The server's side of one WebSocket (RFC 6455) after its handshake.
package struct WebSocketConnection: Sendable {
  package enum Output: Hashable, Sendable {
    case send([UInt8])
    case text(String)
    case binary([UInt8])
    /// Over, for whatever reason; close once everything is sent.
    case close
  }

  package static let maximumMessage = 1_048_576
  package static let maximumFragments = 256

  private enum Opcode: UInt8 {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10
  }

  private struct Frame {
    var opcode: Opcode
    var isLast: Bool
    var payload: [UInt8]
  }

  /// Why a connection is ended (RFC 6455 §7.4.1).
  private enum Violation: UInt16, Error {
    case protocolError = 1002
    case notUTF8 = 1007
    case tooBig = 1009
  }

  private var buffer: [UInt8] = []
  private var message: (opcode: Opcode, payload: [UInt8], fragments: Int)?
  private var isOver = false
  /// Whether the peer closed in the normal way, code 1000 or none (§7.4.1): a page that is left says 1001, a lost one nothing.
  package private(set) var saidGoodbye = false

  package init(remaining: [UInt8] = []) {
    buffer = remaining
  }

  /// The answer to an upgrade request: 101, or why not (§4.2).
  package static func handshake(_ request: HTTPRequest) -> HTTPResponse {
    guard request.method == "GET", request.headers.contains("Upgrade", token: "websocket"),
      request.headers.contains("Connection", token: "upgrade")
    else { return .problem(400, "Not a WebSocket handshake") }
    guard request.headers["Sec-WebSocket-Version"] == "13" else {
      var response = HTTPResponse.problem(426, "Only version 13 of the WebSocket protocol is spoken here")
      response.headers.append("Sec-WebSocket-Version", "13")
      return response
    }
    guard let key = request.headers["Sec-WebSocket-Key"], Base64.decode(key)?.count == 16 else {
      return .problem(400, "Sec-WebSocket-Key must be 16 bytes in base 64")
    }
    let accept = Base64.encode(SHA1.hash(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    return HTTPResponse(
      101, headers: [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)])
  }

  package mutating func receive(_ octets: [UInt8]) -> [Output] {
    guard !isOver else { return [] }
    buffer += octets
    var outputs: [Output] = []
    var position = 0
    do throws(Violation) {
      while !isOver, let frame = try nextFrame(&position) { outputs += try receive(frame) }
    } catch {
      outputs += end(error.rawValue)
    }
    // Once for all frames: many small ones must not cost their number squared.
    if !isOver { buffer.consume(position) }
    return outputs
  }

  package func send(text: String) -> [UInt8] { Self.frame(.text, Array(text.utf8)) }

  /// Says goodbye with a code (§7.4) and is over.
  package mutating func close(_ code: UInt16 = 1000) -> [Output] { isOver ? [] : end(code) }

  // MARK: Frames

  /// The frame that begins at `start`, which moves behind it.
  private func nextFrame(_ start: inout Int) throws(Violation) -> Frame? {
    guard buffer.count >= start + 2 else { return nil }
    guard let opcode = Opcode(rawValue: buffer[start] & 0x0F), buffer[start] & 0x70 == 0, buffer[start + 1] & 0x80 != 0 else {
      throw .protocolError
    }
    var reader = OctetReader(buffer[(start + 2)...])
    let length: UInt64?
    switch buffer[start + 1] & 0x7F {
    case 126: length = reader.uint16().map(UInt64.init)
    case 127: length = reader.uint64()
    case let short: length = UInt64(short)
    }
    guard let length else { return nil }
    // A length takes the fewest bytes that hold it.
    let least: UInt64 = buffer[start + 1] & 0x7F == 127 ? 0x1_0000 : buffer[start + 1] & 0x7F == 126 ? 126 : 0
    guard length >= least else { throw .protocolError }
    let isLast = buffer[start] & 0x80 != 0
    guard opcode.rawValue < 8 || (isLast && length <= 125) else { throw .protocolError }
    guard length <= UInt64(Self.maximumMessage) else { throw .tooBig }
    guard let mask = reader.take(4).map(Array.init), let masked = reader.take(Int(length)) else { return nil }
    let payload = masked.enumerated().map { $0.element ^ mask[$0.offset & 3] }
    start = buffer.count - reader.remaining
    return Frame(opcode: opcode, isLast: isLast, payload: payload)
  }

  private mutating func receive(_ frame: Frame) throws(Violation) -> [Output] {
    switch frame.opcode {
    case .ping: return [.send(Self.frame(.pong, frame.payload))]
    case .pong: return []
    case .close:
      let code = try Self.code(frame.payload)
      saidGoodbye = code == 1000
      return end(code)
    case .text, .binary:
      guard message == nil else { throw .protocolError }
      message = (frame.opcode, frame.payload, 1)
    case .continuation:
      guard let begun = message else { throw .protocolError }
      guard begun.payload.count + frame.payload.count <= Self.maximumMessage, begun.fragments < Self.maximumFragments else {
        throw .tooBig
      }
      message = (begun.opcode, begun.payload + frame.payload, begun.fragments + 1)
    }
    guard frame.isLast, let whole = message else { return [] }
    message = nil
    guard whole.opcode == .text else { return [.binary(whole.payload)] }
    guard let text = String(validating: whole.payload, as: UTF8.self) else { throw .notUTF8 }
    return [.text(text)]
  }

  /// The code to answer a close with: the peer's own if it may be said (§5.5.1, §7.4.2).
  private static func code(_ payload: [UInt8]) throws(Violation) -> UInt16 {
    guard !payload.isEmpty else { return 1000 }
    guard payload.count >= 2 else { throw .protocolError }
    let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
    guard (1000...1003).contains(code) || (1007...1011).contains(code) || (3000...4999).contains(code) else {
      throw .protocolError
    }
    guard String(validating: payload[2...], as: UTF8.self) != nil else { throw .notUTF8 }
    return code
  }

  private mutating func end(_ code: UInt16) -> [Output] {
    isOver = true
    buffer = []
    return [.send(Self.frame(.close, code.octets)), .close]
  }

  private static func frame(_ opcode: Opcode, _ payload: [UInt8]) -> [UInt8] {
    let head: [UInt8] =
      switch payload.count {
      case 0...125: [UInt8(payload.count)]
      case 126...0xFFFF: [126] + UInt16(payload.count).octets
      default: [127] + UInt64(payload.count).octets
      }
    return [0x80 | opcode.rawValue] + head + payload
  }
}
