import Wire

/// One attribute of a STUN message (RFC 8489 §14; RFC 8445 §16.1 for those of ICE).
///
/// MESSAGE-INTEGRITY and FINGERPRINT are no values of a message but seals on its bytes: see `STUNDatagram` and `STUNMessage.encoded`.
package enum STUNAttribute: Hashable, Sendable {
  /// Opaque bytes; in ICE `theirs:ours` as the receiver sees it (RFC 8445 §7.2.2).
  case username([UInt8])
  case mappedAddress(SocketAddress)
  case xorMappedAddress(SocketAddress)
  case priority(UInt32)
  case useCandidate
  case iceControlling(tieBreaker: UInt64)
  case iceControlled(tieBreaker: UInt64)
  case errorCode(STUNErrorCode)
  case unknownAttributes([UInt16])
  case software(String)
  /// Anything else, kept as it came.
  case other(type: UInt16, [UInt8])
}

/// The numbers of the attributes (RFC 8489 §18.3, RFC 8445 §20.2).
enum STUNAttributeType {
  static let mappedAddress: UInt16 = 0x0001
  static let username: UInt16 = 0x0006
  static let messageIntegrity: UInt16 = 0x0008
  static let errorCode: UInt16 = 0x0009
  static let unknownAttributes: UInt16 = 0x000A
  static let messageIntegritySHA256: UInt16 = 0x001C
  static let xorMappedAddress: UInt16 = 0x0020
  static let priority: UInt16 = 0x0024
  static let useCandidate: UInt16 = 0x0025
  static let software: UInt16 = 0x8022
  static let fingerprint: UInt16 = 0x8028
  static let iceControlled: UInt16 = 0x8029
  static let iceControlling: UInt16 = 0x802A
}

extension STUNAttribute {
  package var type: UInt16 {
    switch self {
    case .username: STUNAttributeType.username
    case .mappedAddress: STUNAttributeType.mappedAddress
    case .xorMappedAddress: STUNAttributeType.xorMappedAddress
    case .priority: STUNAttributeType.priority
    case .useCandidate: STUNAttributeType.useCandidate
    case .iceControlling: STUNAttributeType.iceControlling
    case .iceControlled: STUNAttributeType.iceControlled
    case .errorCode: STUNAttributeType.errorCode
    case .unknownAttributes: STUNAttributeType.unknownAttributes
    case .software: STUNAttributeType.software
    case .other(let type, _): type
    }
  }

  /// The number of an attribute that we neither know nor may ignore (RFC 8489 §14); the sender must be told with a 420.
  var unknownButRequired: UInt16? {
    guard case .other(let type, _) = self, type < 0x8000, type != STUNAttributeType.messageIntegritySHA256 else { return nil }
    return type
  }

  /// An attribute from its type and value; `nil` if the value has not the shape its type asks for.
  init?(type: UInt16, value: ArraySlice<UInt8>, transaction: STUNTransactionID) {
    var reader = OctetReader(value)
    switch type {
    case STUNAttributeType.username: self = .username(Array(value))
    case STUNAttributeType.mappedAddress: self.init(address: &reader, mask: nil)
    case STUNAttributeType.xorMappedAddress: self.init(address: &reader, mask: transaction)
    case STUNAttributeType.priority:
      guard value.count == 4, let priority = reader.uint32() else { return nil }
      self = .priority(priority)
    case STUNAttributeType.useCandidate:
      guard value.isEmpty else { return nil }
      self = .useCandidate
    case STUNAttributeType.iceControlling, STUNAttributeType.iceControlled:
      guard value.count == 8, let tieBreaker = reader.uint64() else { return nil }
      self =
        type == STUNAttributeType.iceControlling
        ? .iceControlling(tieBreaker: tieBreaker) : .iceControlled(tieBreaker: tieBreaker)
    case STUNAttributeType.errorCode:
      guard let code = STUNErrorCode(parsing: value) else { return nil }
      self = .errorCode(code)
    case STUNAttributeType.unknownAttributes:
      guard value.count.isMultiple(of: 2) else { return nil }
      var types: [UInt16] = []
      while let type = reader.uint16() { types.append(type) }
      self = .unknownAttributes(types)
    case STUNAttributeType.software: self = .software(String(decoding: value, as: UTF8.self))
    default: self = .other(type: type, Array(value))
    }
  }

  private init?(address reader: inout OctetReader, mask: STUNTransactionID?) {
    guard reader.uint8() != nil, let family = reader.uint8(), let rawPort = reader.uint16() else { return nil }
    let raw = reader.rest()
    guard raw.count == (family == 1 ? 4 : 16), family == 1 || family == 2 else { return nil }
    guard let mask else {
      guard let ip = IPAddress(octets: raw) else { return nil }
      self = .mappedAddress(SocketAddress(ip, rawPort))
      return
    }
    guard let ip = IPAddress(octets: zip(raw, mask.addressMask).map { $0 ^ $1 }) else { return nil }
    self = .xorMappedAddress(SocketAddress(ip, rawPort ^ STUNTransactionID.portMask))
  }

  /// The value's bytes, without type, length and padding.
  func value(transaction: STUNTransactionID) -> [UInt8] {
    switch self {
    case .username(let name): return name
    case .mappedAddress(let address):
      let octets = address.ip.octets
      return [0, octets.count == 4 ? 1 : 2] + address.port.octets + octets
    case .xorMappedAddress(let address):
      let octets = zip(address.ip.octets, transaction.addressMask).map { $0 ^ $1 }
      return [0, octets.count == 4 ? 1 : 2] + (address.port ^ STUNTransactionID.portMask).octets + octets
    case .priority(let priority): return priority.octets
    case .useCandidate: return []
    case .iceControlling(let tieBreaker), .iceControlled(let tieBreaker): return tieBreaker.octets
    case .errorCode(let code): return code.value
    case .unknownAttributes(let types): return types.flatMap(\.octets)
    case .software(let name): return Array(name.utf8)
    case .other(_, let value): return value
    }
  }
}
