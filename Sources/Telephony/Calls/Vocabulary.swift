import Wire

/// A business that signed up: its UUID, which is also its SIP domain and its digest realm.
package struct TenantID: Hashable, Sendable, CustomStringConvertible {
  private let high: UInt64
  private let low: UInt64

  /// A random (version 4) UUID, RFC 9562 §5.4.
  package init(using random: inout Randomness) {
    high = random.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    low = random.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
  }

  private init(high: UInt64, low: UInt64) {
    (self.high, self.low) = (high, low)
  }

  /// The doctor's own business, `00000000-0000-4000-8000-00000000d0c7`: it is there only while `calldocker doctor` examines the
  /// service, and in no list, no figure and no log of customers.
  package static let doctor = TenantID(high: 0x4000, low: 0x8000_0000_0000_D0C7)

  /// A UUID from its 36 characters in either case.
  package init?(_ text: some StringProtocol) {
    // Its length first: a client may name a megabyte.
    guard text.utf8.count == 36 else { return nil }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [8, 4, 4, 4, 12], let octets = Hex.decode(parts.joined()) else { return nil }
    high = octets.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    low = octets.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  package var description: String {
    let digits = Array(Hex.encode(high.octets + low.octets).utf8)
    let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(decoding: digits[$0], as: UTF8.self) }
    return parts.joined(separator: "-")
  }
}

/// One call, unguessable: who knows it may speak of it.
package struct CallID: Hashable, Sendable, CustomStringConvertible {
  package let description: String
  package init(_ text: String) { description = text }
  package init(using random: inout Randomness) { description = random.token(20) }
}

/// One visitor's connection to us.
package struct VisitorID: Hashable, Sendable {
  package let number: UInt64
  package init(_ number: UInt64) { self.number = number }
}

/// One browser in which an agent works.
package struct AgentSessionID: Hashable, Sendable {
  package let number: UInt64
  package init(_ number: UInt64) { self.number = number }
}

/// What an agent is called in its tenant, and the user part of its SIP address: 1 to 64 letters, digits, `.`, `-`, `_`; case does not matter.
package struct AgentName: Hashable, Sendable, Comparable, CustomStringConvertible {
  package static let maximumLength = 64
  package let description: String

  package init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    let isName = bytes.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || [0x2D, 0x2E, 0x5F].contains($0)
    }
    guard isName, (1...Self.maximumLength).contains(bytes.count) else { return nil }
    description = text.lowercased()
  }

  package static func < (left: AgentName, right: AgentName) -> Bool { left.description < right.description }
}

/// An agent of a tenant's, as the registrar knows it: `sip:<agent>@<uuid>` (RFC 3261 §6).
package struct AddressOfRecord: Hashable, Sendable {
  package let tenant: TenantID
  package let agent: AgentName

  package init(tenant: TenantID, agent: AgentName) {
    self.tenant = tenant
    self.agent = agent
  }
}
