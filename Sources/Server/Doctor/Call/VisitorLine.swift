import Cryptography
import Foundation
import HTTP
import Runtime
import SocketIO
import Wire

/// A visitor's Socket.IO connection, by WebSocket from the first byte: says events, hears answers.
package final class VisitorLine {
  /// What the service said.
  package enum Word {
    case connected
    case answered([String: Any])
    case event(String, [String: Any])
  }

  private let line: WebLine
  private var frames = WebSocketFrames()
  private var lastEvent: UInt64 = 0

  package init(connect address: SocketAddress, speaksTLS: Bool, within time: Duration) throws {
    line = try WebLine(connect: address, speaksTLS: speaksTLS, within: time)
    var random = Randomness.system
    let request = [
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1", "Host: \(address)", "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: \(Base64.encode(random.bytes(16)))", "", "",
    ]
    try line.send(Array(request.joined(separator: "\r\n").utf8))
    var answer: [UInt8] = []
    while true {
      answer += try line.receive()
      guard let head = HTTPReplyHead(parsing: answer) else {
        guard answer.count < WebSocketFrames.maximumMessage else {
          throw WebLine.Ended(description: "no answer to the upgrade")
        }
        continue
      }
      guard head.status == 101 else {
        throw WebLine.Ended(description: "the upgrade to WebSocket was answered with \(head.status)")
      }
      frames.feed(Array(answer[head.count...]))
      return
    }
  }

  package var file: Int32 { line.file }

  /// Says an event and asks for its answer.
  package func say(_ event: String, _ body: [String: String]) throws {
    lastEvent += 1
    let payload = try JSONSerialization.data(withJSONObject: [event, body])
    let packet = SocketIOPacket.event(namespace: "/", id: lastEvent, String(decoding: payload, as: UTF8.self))
    try send(.message(packet.text))
  }

  private func send(_ packet: EngineIOPacket) throws { try line.send(WebSocketFrames.text(packet.text)) }

  /// What has arrived; waits if nothing has.
  package func hear() throws -> [Word] {
    frames.feed(try line.receive())
    return try heard()
  }

  /// What came with the answer to the upgrade and was not looked at.
  package func heard() throws -> [Word] {
    var words: [Word] = []
    for text in try frames.texts() { words += try hear(text) }
    return words
  }

  private func hear(_ text: String) throws -> [Word] {
    switch EngineIOPacket(text) {
    case .open:
      try send(.message(SocketIOPacket.connect(namespace: "/", nil).text))
      return []
    case .ping(let text):
      try send(.pong(text))
      return []
    case .message(let text):
      switch SocketIOPacket(text) {
      case .connect: return [.connected]
      case .ack(_, _, let payload): return Self.list(payload).first.map { [.answered(Self.object($0))] } ?? []
      case .event(_, _, let payload):
        let list = Self.list(payload)
        guard let name = list.first as? String else { return [] }
        return [.event(name, Self.object(list.dropFirst().first))]
      default: return []
      }
    default: return []
    }
  }

  private static func list(_ payload: String) -> [Any] {
    (try? JSONSerialization.jsonObject(with: Data(payload.utf8))) as? [Any] ?? []
  }
  private static func object(_ value: Any?) -> [String: Any] { value as? [String: Any] ?? [:] }

  /// Closes in the normal way (RFC 6455 §7.4.1).
  package func leave() { try? line.send(WebSocketFrames.goodbye) }
}

/// The client's side of a WebSocket (RFC 6455) with a server that sends whole texts: ours.
struct WebSocketFrames {
  static let maximumMessage = 1_048_576
  private var buffer: [UInt8] = []

  mutating func feed(_ octets: [UInt8]) { buffer += octets }

  /// The texts that are complete.
  mutating func texts() throws -> [String] {
    var texts: [String] = []
    while let (opcode, payload) = try next() {
      switch opcode {
      case 1: texts.append(String(decoding: payload, as: UTF8.self))
      case 8: throw WebLine.Ended(description: "the service closed the WebSocket")
      default: break
      }
    }
    return texts
  }

  private mutating func next() throws -> (opcode: UInt8, payload: ArraySlice<UInt8>)? {
    var reader = OctetReader(buffer)
    guard let first = reader.uint8(), let second = reader.uint8() else { return nil }
    let length: Int?
    switch second & 0x7F {
    case 126: length = reader.uint16().map(Int.init)
    case 127: length = reader.uint64().map { Int(clamping: $0) }
    case let short: length = Int(short)
    }
    guard let length else { return nil }
    guard length <= Self.maximumMessage else { throw WebLine.Ended(description: "the service sent too much at once") }
    guard let payload = reader.take(length) else { return nil }
    buffer.removeFirst(buffer.count - reader.remaining)
    return (first & 0x0F, payload)
  }

  /// One whole text, masked as a client must (§5.3).
  static func text(_ text: String) -> [UInt8] { frame(1, Array(text.utf8)) }
  /// Code 1000.
  static let goodbye = frame(8, [0x03, 0xE8])

  private static func frame(_ opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
    var random = Randomness.system
    let mask = random.bytes(4)
    let length: [UInt8] =
      switch payload.count {
      case ..<126: [UInt8(payload.count) | 0x80]
      case ..<65_536: [126 | 0x80] + UInt16(payload.count).octets
      default: [127 | 0x80] + UInt64(payload.count).octets
      }
    return [0x80 | opcode] + length + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
  }
}
