import RTP
import SIPCore
import SIPSyntax
import Wire

/// A call's record as it is written down: to the disk, and to a file for whoever helps.
package struct FlightRecording: Codable, Sendable {
  package static let format = "calldocker-recording"
  package static let version = 1

  package var format = Self.format
  package var version = Self.version
  /// Of the program that recorded.
  package var program: String
  /// Nanoseconds of the wall's clock at the zero of the recording's.
  package var clock: Int64
  /// Whether names, addresses and pages stand in it as they were.
  package var isPrivate: Bool
  package var record: FlightRecord

  package init(program: String, clock: FlightClock, isPrivate: Bool, record: FlightRecord) {
    self.program = program
    self.clock = clock.offset
    self.isPrivate = isPrivate
    self.record = record
  }
}

/// A thing that is one text where it is written down.
protocol TextCodable: Codable {
  init?(coded text: String)
  var coded: String { get }
}

extension TextCodable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = Self(coded: text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text.prefix(80)) is no \(Self.self)")
    }
    self = value
  }
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(coded)
  }
}

extension TenantID: TextCodable {
  init?(coded text: String) { self.init(text) }
  var coded: String { description }
}
extension CallID: TextCodable {
  init?(coded text: String) { self.init(text) }
  var coded: String { description }
}
extension AgentName: TextCodable {
  init?(coded text: String) { self.init(text) }
  var coded: String { description }
}
extension VisitorID: TextCodable {
  init?(coded text: String) {
    guard let number = UInt64(text) else { return nil }
    self.init(number)
  }
  var coded: String { "\(number)" }
}
extension AgentSessionID: TextCodable {
  init?(coded text: String) {
    guard let number = UInt64(text) else { return nil }
    self.init(number)
  }
  var coded: String { "\(number)" }
}
extension ConnectionID: TextCodable {
  init?(coded text: String) {
    guard let number = UInt64(text) else { return nil }
    self.init(number)
  }
  var coded: String { "\(number)" }
}
/// `7@1`: leg 7 on the second media plane.
extension LegID: TextCodable {
  init?(coded text: String) {
    let parts = text.split(separator: "@")
    guard parts.count == 2, let number = UInt64(parts[0]), let plane = UInt16(parts[1]) else { return nil }
    self.init(number, on: MediaPlaneID(Int(plane)))
  }
  var coded: String { "\(number)@\(plane.number)" }
}
extension SocketAddress: TextCodable {
  init?(coded text: String) { self.init(text) }
  var coded: String { description }
}
/// `198.51.100.1:5060 192.0.2.1:5060 udp`, or with the number of the connection at its end.
extension Flow: TextCodable {
  init?(coded text: String) {
    let parts = text.split(separator: " ")
    guard parts.count == 3, let remote = SocketAddress(parts[0]), let local = SocketAddress(parts[1]) else { return nil }
    if parts[2] == "udp" {
      self.init(remote: remote, local: local)
    } else {
      guard let connection = ConnectionID(coded: String(parts[2])) else { return nil }
      self.init(remote: remote, local: local, transport: .tcp(connection))
    }
  }
  var coded: String { "\(remote) \(local) \(connection.map(\.coded) ?? "udp")" }
}
extension ChanceKey: TextCodable {
  init?(coded text: String) {
    let parts = text.split(separator: " ").compactMap { UInt64($0, radix: 16) }
    guard parts.count == 2 else { return nil }
    self.init(parts[0], parts[1])
  }
  var coded: String { "\(String(first, radix: 16)) \(String(second, radix: 16))" }
}
extension PayloadType: TextCodable {
  init?(coded text: String) {
    guard let number = UInt8(text) else { return nil }
    self.init(number)
  }
  var coded: String { "\(number)" }
}
extension TelephoneEventFormat: TextCodable {
  init?(coded text: String) {
    let parts = text.split(separator: "/")
    guard parts.count == 2, let type = PayloadType(coded: String(parts[0])), let rate = UInt32(parts[1]) else { return nil }
    self.init(payloadType: type, clockRate: rate)
  }
  var coded: String { "\(payloadType.number)/\(clockRate)" }
}
extension AudioCodec: TextCodable {
  init?(coded text: String) {
    switch text {
    case "opus": self = .opus
    case "pcmu": self = .pcmu
    case "pcma": self = .pcma
    default: return nil
    }
  }
  var coded: String { "\(self)" }
}

extension Instant: Codable {
  public init(from decoder: any Decoder) throws {
    self.init(nanoseconds: try decoder.singleValueContainer().decode(Int64.self))
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(nanoseconds)
  }
}

// MARK: What has more than one part

extension FlightAgent.Phone: Codable {
  private enum Key: String, CodingKey {
    case contact
    case flow
    case path
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    var headers = Headers()
    headers.append(.contact, try container.decode(String.self, forKey: .contact))
    guard case .addresses(let contacts)? = try? headers.contacts, let contact = contacts.first, contacts.count == 1 else {
      throw DecodingError.dataCorruptedError(forKey: .contact, in: container, debugDescription: "This is no contact.")
    }
    self.init(
      contact: contact, flow: try container.decode(Flow.self, forKey: .flow),
      path: try container.decode([String].self, forKey: .path))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(shownContact, forKey: .contact)
    try container.encode(flow, forKey: .flow)
    try container.encode(path, forKey: .path)
  }
}

extension FlightMessage: Codable {
  private enum Key: String, CodingKey {
    case leg
    case fromPeer
    case way
    case lines
    case isCut
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let lines = try container.decode([String].self, forKey: .lines)
    self.init(
      try container.decode(LegID.self, forKey: .leg), isFromPeer: try container.decode(Bool.self, forKey: .fromPeer),
      try container.decode(Way.self, forKey: .way),
      kept: (lines.flatMap { Array($0.utf8) + [0x0A] }, try container.decode(Bool.self, forKey: .isCut)))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(leg, forKey: .leg)
    try container.encode(isFromPeer, forKey: .fromPeer)
    try container.encode(way, forKey: .way)
    try container.encode(lines, forKey: .lines)
    try container.encode(isCut, forKey: .isCut)
  }
}

extension FlightRecord: Codable {
  private enum Key: String, CodingKey {
    case tenant
    case call
    case startedAt
    case dropped
    case isCut
    case beforeGap
    case moments
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    self.init(
      try container.decode(TenantID.self, forKey: .tenant), try container.decode(CallID.self, forKey: .call),
      startedAt: try container.decode(Instant.self, forKey: .startedAt),
      dropped: try container.decode(Int.self, forKey: .dropped), isCut: try container.decode(Bool.self, forKey: .isCut),
      beginning: try container.decode(Int.self, forKey: .beforeGap),
      moments: try container.decode([Moment].self, forKey: .moments))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(tenant, forKey: .tenant)
    try container.encode(call, forKey: .call)
    try container.encode(startedAt, forKey: .startedAt)
    try container.encode(dropped, forKey: .dropped)
    try container.encode(isCut, forKey: .isCut)
    try container.encode(momentsBeforeGap, forKey: .beforeGap)
    try container.encode(moments, forKey: .moments)
  }
}
