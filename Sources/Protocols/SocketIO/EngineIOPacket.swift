/// One packet of Engine.IO, protocol 4: a digit, then text.
package enum EngineIOPacket: Hashable, Sendable {
  case open(String)
  case close
  case ping(String)
  case pong(String)
  case message(String)
  case upgrade
  case noop
  /// `b` and base 64 in a polling payload: we have no use for it, but it is no mistake.
  case binary

  /// `nil` for what is no packet.
  package init?(_ text: some StringProtocol) {
    // Bytes, not characters: an accent behind the digit would be one character with it.
    let rest = String(decoding: text.utf8.dropFirst(), as: UTF8.self)
    switch text.utf8.first {
    case UInt8(ascii: "0"): self = .open(rest)
    case UInt8(ascii: "1"): self = .close
    case UInt8(ascii: "2"): self = .ping(rest)
    case UInt8(ascii: "3"): self = .pong(rest)
    case UInt8(ascii: "4"): self = .message(rest)
    case UInt8(ascii: "5"): self = .upgrade
    case UInt8(ascii: "6"): self = .noop
    case UInt8(ascii: "b"): self = .binary
    default: return nil
    }
  }

  package var text: String {
    switch self {
    case .open(let text): "0" + text
    case .close: "1"
    case .ping(let text): "2" + text
    case .pong(let text): "3" + text
    case .message(let text): "4" + text
    case .upgrade: "5"
    case .noop: "6"
    case .binary: "b"
    }
  }

  /// Packets in one body of long-polling are parted by this character.
  package static let separator: Character = "\u{1E}"
  /// Packets in one body; a body with more is refused.
  package static let maximumInPayload = 256

  /// The packets of a body; `nil` if any of them is none.
  package static func payload(_ body: String) -> [EngineIOPacket]? {
    let parts = body.utf8.split(separator: 0x1E, maxSplits: maximumInPayload, omittingEmptySubsequences: false)
    guard parts.count <= maximumInPayload else { return nil }
    var packets: [EngineIOPacket] = []
    for part in parts {
      guard let packet = EngineIOPacket(Substring(part)) else { return nil }
      packets.append(packet)
    }
    return packets
  }
}
