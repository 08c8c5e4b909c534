import Wire

/// Why bytes are no STUN message; such a datagram is dropped and counted.
package enum STUNError: Error, Hashable, Sendable {
  case notSTUN
  case tooLong
  case truncated
  case tooManyAttributes
  case malformedAttribute(UInt16)
  /// FINGERPRINT is wrong or not the last attribute.
  case wrongFingerprint
}

/// A received STUN message together with its bytes, which its seals cover.
package struct STUNDatagram: Hashable, Sendable {
  package let message: STUNMessage
  package let isFingerprinted: Bool
  private let octets: [UInt8]
  /// Where MESSAGE-INTEGRITY begins.
  private let integrityOffset: Int?

  package var claimsIntegrity: Bool { integrityOffset != nil }

  /// Reads one datagram (RFC 8489 §6.3); a FINGERPRINT is checked if there is one, whatever follows MESSAGE-INTEGRITY is ignored (§14.5).
  package init(parsing octets: [UInt8]) throws(STUNError) {
    guard octets.count <= STUNMessage.maximumOctets else { throw .tooLong }
    guard STUNMessage.isSTUN(octets) else { throw .notSTUN }
    var reader = OctetReader(octets)
    guard let type = reader.uint16(), let length = reader.uint16(), reader.uint32() != nil,
      let high = reader.uint32(), let low = reader.uint64(), let (kind, method) = STUNMessage.parts(ofType: type)
    else { throw .notSTUN }
    guard Int(length) == reader.remaining, length.isMultiple(of: 4) else { throw .truncated }

    var message = STUNMessage(kind, method: method, transaction: STUNTransactionID(high: high, low: low))
    var integrityOffset: Int?
    var isFingerprinted = false
    var count = 0
    while !reader.isAtEnd {
      count += 1
      guard count <= STUNMessage.maximumAttributes else { throw .tooManyAttributes }
      guard !isFingerprinted else { throw .wrongFingerprint }
      let offset = octets.count - reader.remaining
      guard let (type, value) = Self.attribute(&reader) else { throw .truncated }
      if type == STUNAttributeType.fingerprint {
        guard Array(value) == STUNFingerprint.code(over: octets[..<offset]).octets else { throw .wrongFingerprint }
        isFingerprinted = true
      } else if integrityOffset != nil {
        continue
      } else if type == STUNAttributeType.messageIntegrity {
        guard value.count == STUNIntegrity.codeOctets else { throw .malformedAttribute(type) }
        integrityOffset = offset
      } else {
        guard let attribute = STUNAttribute(type: type, value: value, transaction: message.transaction) else {
          throw .malformedAttribute(type)
        }
        message.attributes.append(attribute)
      }
    }
    self.message = message
    self.octets = octets
    self.integrityOffset = integrityOffset
    self.isFingerprinted = isFingerprinted
  }

  private static func attribute(_ reader: inout OctetReader) -> (type: UInt16, value: ArraySlice<UInt8>)? {
    guard let type = reader.uint16(), let length = reader.uint16(), let value = reader.take(Int(length)),
      reader.take(STUNMessage.padding(after: Int(length))) != nil
    else { return nil }
    return (type, value)
  }

  /// Whether MESSAGE-INTEGRITY is there and was made with `password` (the short-term key, RFC 8489 §9.1.1).
  package func isAuthentic(password: String) -> Bool {
    guard let integrityOffset else { return false }
    return STUNIntegrity.isValid(octets, at: integrityOffset, password: password)
  }
}

extension STUNMessage {
  /// Whether a datagram on a port shared with DTLS and SRTP is STUN (RFC 7983 §7, and the cookie).
  package static func isSTUN(_ datagram: [UInt8]) -> Bool {
    datagram.count >= headerOctets && datagram[0] < 4 && Array(datagram[4..<8]) == STUNTransactionID.cookie.octets
  }

  /// The two halves of the USERNAME of a binding request, found without judging the rest: `local` is our fragment, `remote` the peer's.
  ///
  /// One UDP port serves all browsers; our fragment tells which call a check is for.
  package static func usernameFragments(inRequest datagram: [UInt8]) -> (local: String, remote: String)? {
    guard datagram.count <= maximumOctets, isSTUN(datagram), datagram[0] == 0, datagram[1] == 1 else { return nil }
    var reader = OctetReader(datagram[headerOctets...])
    for _ in 0..<maximumAttributes {
      guard let type = reader.uint16(), let length = reader.uint16(), let value = reader.take(Int(length)) else { return nil }
      if type == STUNAttributeType.username { return fragments(value) }
      guard reader.take(padding(after: Int(length))) != nil else { return nil }
    }
    return nil
  }

  private static func fragments(_ username: ArraySlice<UInt8>) -> (local: String, remote: String)? {
    guard let colon = username.firstIndex(of: UInt8(ascii: ":")), username.allSatisfy({ $0 < 0x80 }) else { return nil }
    let local = String(decoding: username[..<colon], as: UTF8.self)
    return (local, String(decoding: username[(colon + 1)...], as: UTF8.self))
  }
}
