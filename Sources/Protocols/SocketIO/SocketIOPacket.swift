/// One packet of Socket.IO, protocol 5. Payloads stay the JSON text they are.
package enum SocketIOPacket: Hashable, Sendable {
  case connect(namespace: String, String?)
  case disconnect(namespace: String)
  /// A JSON array whose first element is the event's name.
  case event(namespace: String, id: UInt64?, String)
  case ack(namespace: String, id: UInt64, String)
  case connectError(namespace: String, String)
  /// Binary events and acknowledgements: attachments have no place in our contract.
  case binary

  /// `nil` for what is no packet, a payload of the wrong kind included.
  package init?(_ text: String) {
    // Bytes, not characters: an accent behind a digit or a comma would be one character with it.
    var rest = text.utf8[...]
    guard let kind = rest.popFirst() else { return nil }
    if kind == UInt8(ascii: "5") || kind == UInt8(ascii: "6") {
      self = .binary
      return
    }
    var namespace = "/"
    if rest.first == UInt8(ascii: "/") {
      let name = rest.prefix { $0 != UInt8(ascii: ",") }
      namespace = String(decoding: name, as: UTF8.self)
      rest = rest[name.endIndex...].dropFirst()
    }
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    let id = digits.isEmpty ? nil : UInt64(String(decoding: digits, as: UTF8.self))
    if kind == UInt8(ascii: "2") || kind == UInt8(ascii: "3") { rest = rest[digits.endIndex...] }
    let payload = String(decoding: rest, as: UTF8.self)
    switch (kind, rest.first) {
    case (UInt8(ascii: "0"), nil): self = .connect(namespace: namespace, nil)
    case (UInt8(ascii: "0"), UInt8(ascii: "{")): self = .connect(namespace: namespace, payload)
    case (UInt8(ascii: "1"), nil): self = .disconnect(namespace: namespace)
    case (UInt8(ascii: "2"), UInt8(ascii: "[")):
      guard digits.isEmpty || id != nil else { return nil }
      self = .event(namespace: namespace, id: id, payload)
    case (UInt8(ascii: "3"), UInt8(ascii: "[")):
      guard let id else { return nil }
      self = .ack(namespace: namespace, id: id, payload)
    case (UInt8(ascii: "4"), UInt8(ascii: "{")), (UInt8(ascii: "4"), UInt8(ascii: "\"")):
      self = .connectError(namespace: namespace, payload)
    default: return nil
    }
  }

  package var text: String {
    switch self {
    case .connect(let namespace, let payload): "0" + Self.prefix(namespace) + (payload ?? "")
    case .disconnect(let namespace): "1" + Self.prefix(namespace)
    case .event(let namespace, let id, let payload): "2" + Self.prefix(namespace) + (id.map(String.init) ?? "") + payload
    case .ack(let namespace, let id, let payload): "3" + Self.prefix(namespace) + String(id) + payload
    case .connectError(let namespace, let payload): "4" + Self.prefix(namespace) + payload
    case .binary: "5"
    }
  }

  private static func prefix(_ namespace: String) -> String { namespace == "/" ? "" : namespace + "," }
}
