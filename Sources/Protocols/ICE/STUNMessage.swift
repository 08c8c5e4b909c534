import Wire

/// A STUN message as a value (RFC 8489 §5): what is said, without the seals that prove who said it.
package struct STUNMessage: Hashable, Sendable {
  /// The two class bits, where they stand in the message type.
  package enum Class: UInt16, Sendable {
    case request = 0x0000
    case indication = 0x0010
    case success = 0x0100
    case failure = 0x0110
  }

  package static let binding: UInt16 = 0x001
  /// Longer datagrams are no STUN of ours: a check is about 100 bytes, and RFC 8489 §6.1 stays below the path's MTU.
  package static let maximumOctets = 1500
  package static let maximumAttributes = 32
  static let headerOctets = 20

  package var kind: Class
  package var method: UInt16
  package var transaction: STUNTransactionID
  package var attributes: [STUNAttribute]

  package init(
    _ kind: Class, method: UInt16 = STUNMessage.binding, transaction: STUNTransactionID, attributes: [STUNAttribute] = []
  ) {
    self.kind = kind
    self.method = method
    self.transaction = transaction
    self.attributes = attributes
  }

  package var username: [UInt8]? {
    for case .username(let name) in attributes { return name }
    return nil
  }

  package var mappedAddress: SocketAddress? {
    for case .xorMappedAddress(let address) in attributes { return address }
    for case .mappedAddress(let address) in attributes { return address }
    return nil
  }

  package var errorCode: STUNErrorCode? {
    for case .errorCode(let code) in attributes { return code }
    return nil
  }

  package var nominates: Bool { attributes.contains(.useCandidate) }

  /// The comprehension-required attributes that we do not know, each once, in their order.
  package var unknownAttributes: [UInt16] {
    var found: [UInt16] = []
    for type in attributes.compactMap(\.unknownButRequired) where !found.contains(type) { found.append(type) }
    return found
  }
}

extension STUNMessage {
  /// The message's bytes, sealed by FINGERPRINT and, if a password is given, by MESSAGE-INTEGRITY before it (RFC 8489 §14.5, §14.7).
  package func encoded(password: String?) -> [UInt8] {
    var octets = messageType.octets + [0, 0] + STUNTransactionID.cookie.octets + transaction.octets
    for attribute in attributes {
      Self.append(attribute.type, attribute.value(transaction: transaction), to: &octets)
    }
    if let password {
      Self.setLength(STUNIntegrity.attributeOctets, beyond: &octets)
      Self.append(STUNAttributeType.messageIntegrity, STUNIntegrity.code(over: octets, password: password), to: &octets)
    }
    Self.setLength(STUNFingerprint.attributeOctets, beyond: &octets)
    Self.append(STUNAttributeType.fingerprint, STUNFingerprint.code(over: octets[...]).octets, to: &octets)
    return octets
  }

  /// Twelve method bits with the two class bits between them (RFC 8489 §5, figure 3).
  private var messageType: UInt16 {
    kind.rawValue | (method & 0x000F) | (method & 0x0070) << 1 | (method & 0x0F80) << 2
  }

  static func parts(ofType type: UInt16) -> (kind: Class, method: UInt16)? {
    guard type & 0xC000 == 0, let kind = Class(rawValue: type & 0x0110) else { return nil }
    return (kind, (type & 0x000F) | (type & 0x00E0) >> 1 | (type & 0x3E00) >> 2)
  }

  private static func append(_ type: UInt16, _ value: [UInt8], to octets: inout [UInt8]) {
    let length = UInt16(truncatingIfNeeded: value.count)
    octets += type.octets + length.octets + value
    octets += [UInt8](repeating: 0, count: padding(after: value.count))
  }

  static func padding(after length: Int) -> Int { (4 - length % 4) % 4 }

  /// Writes the length the message will have once an attribute of `extra` bytes is added: both seals cover it.
  private static func setLength(_ extra: Int, beyond octets: inout [UInt8]) {
    let length = UInt16(truncatingIfNeeded: octets.count - headerOctets + extra)
    octets.replaceSubrange(2..<4, with: length.octets)
  }
}
