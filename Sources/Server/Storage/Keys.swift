import SQLite
import Wire

/// Which business a row belongs to: the 16 bytes of its UUID.
package struct TenantKey: Hashable, Sendable, CustomStringConvertible {
  package let octets: [UInt8]

  package init?(octets: [UInt8]) {
    guard octets.count == 16 else { return nil }
    self.octets = octets
  }

  /// A UUID from its 36 characters in either case (RFC 9562 §4).
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [8, 4, 4, 4, 12], let octets = Hex.decode(parts.joined()) else { return nil }
    self.octets = octets
  }

  package var description: String {
    let digits = Array(Hex.encode(octets).utf8)
    let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(decoding: digits[$0], as: UTF8.self) }
    return parts.joined(separator: "-")
  }
}

extension TenantKey: Storable {
  package var stored: Value { .blob(octets) }
  package init?(stored value: Value) {
    guard case .blob(let octets) = value else { return nil }
    self.init(octets: octets)
  }
}

/// A moment by the wall's clock, which outlives a restart: milliseconds since 1970.
package struct WallTime: Hashable, Comparable, Sendable {
  package let milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }

  package static func < (left: WallTime, right: WallTime) -> Bool { left.milliseconds < right.milliseconds }

  /// Held to what 64 bits can say, whatever is taken away or added.
  package static func - (moment: WallTime, delay: Duration) -> WallTime {
    let (earlier, overflow) = moment.milliseconds.subtractingReportingOverflow(delay.milliseconds)
    return WallTime(milliseconds: overflow ? (delay > .zero ? .min : .max) : earlier)
  }
}

extension WallTime: Storable {
  package var stored: Value { .integer(milliseconds) }
  package init?(stored value: Value) {
    guard case .integer(let milliseconds) = value else { return nil }
    self.init(milliseconds: milliseconds)
  }
}

extension SocketAddress: Storable {
  package var stored: Value { .text(description) }
  package init?(stored value: Value) {
    guard case .text(let text) = value else { return nil }
    self.init(text)
  }
}

/// A length of time in whole milliseconds: how a row keeps one.
extension Duration: Storable {
  package var stored: Value { .integer(milliseconds) }
  package init?(stored value: Value) {
    guard case .integer(let milliseconds) = value else { return nil }
    self = .milliseconds(milliseconds)
  }
}
