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

  package init?(_ text: String) {
    var rest = text[...]
    guard let kind = rest.popFirst() else { return nil }
    if kind == "5" || kind == "6" {
      self = .binary
      return
    }
    var namespace = "/"
    if rest.first == "/" {
      namespace = String(rest.prefix { $0 != "," })
      rest = rest.dropFirst(namespace.count).drop { $0 == "," }
    }
    let digits = rest.utf8.prefix { (0x30...0x39).contains($0) }
    let id = digits.isEmpty ? nil : UInt64(String(decoding: digits, as: UTF8.self))
    if kind == "2" || kind == "3" { rest = rest[digits.endIndex...] }
    let payload = String(rest)
    switch kind {
    case "0": self = .connect(namespace: namespace, payload.isEmpty ? nil : payload)
    case "1": self = .disconnect(namespace: namespace)
    case "2":
      guard payload.utf8.first == UInt8(ascii: "["), digits.isEmpty || id != nil else { return nil }
      self = .event(namespace: namespace, id: id, payload)
    case "3":
      guard let id, payload.utf8.first == UInt8(ascii: "[") else { return nil }
      self = .ack(namespace: namespace, id: id, payload)
    case "4": self = .connectError(namespace: namespace, payload)
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
