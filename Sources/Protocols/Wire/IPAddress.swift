/// An IPv4 or IPv6 address as a plain value, fit for the packet path.
///
/// Text follows RFC 4291 and is printed as RFC 5952 asks; an IPv4-mapped IPv6 address is kept as the IPv4 address it means.
package enum IPAddress: Hashable, Sendable {
  case v4(UInt32)
  case v6(high: UInt64, low: UInt64)

  package static let loopback = IPAddress.v4(0x7F00_0001)
  package static let any = IPAddress.v4(0)
  /// `::`, which a socket takes for every address of both families.
  package static let anyOfBoth = IPAddress.v6(high: 0, low: 0)

  package var isIPv6: Bool { if case .v6 = self { true } else { false } }

  package var isLoopback: Bool {
    switch self {
    case .v4(let bits): bits >> 24 == 127
    case .v6(let high, let low): high == 0 && low == 1
    }
  }

  package var isUnspecified: Bool {
    switch self {
    case .v4(let bits): bits == 0
    case .v6(let high, let low): high == 0 && low == 0
    }
  }

  /// 4 or 16 bytes in network order.
  package var octets: [UInt8] {
    switch self {
    case .v4(let bits): bits.octets
    case .v6(let high, let low): high.octets + low.octets
    }
  }

  /// An address from its 4 or 16 bytes in network order; `nil` for any other length.
  package init?(octets: some Collection<UInt8>) {
    switch octets.count {
    case 4: self = .v4(octets.reduce(0) { $0 << 8 | UInt32($1) })
    case 16:
      let high = octets.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      let low = octets.dropFirst(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      self = high == 0 && low >> 32 == 0xFFFF ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high: high, low: low)
    default: return nil
    }
  }

  /// An address from its text, without brackets, port or zone; `nil` for anything else, names included.
  package init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    if let bits = Self.v4(bytes[...]) {
      self = .v4(bits)
    } else if let octets = Self.v6(bytes), let address = IPAddress(octets: octets) {
      self = address
    } else {
      return nil
    }
  }

  private static func v4(_ text: ArraySlice<UInt8>) -> UInt32? {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
      guard (1...3).contains(part.count), let octet = UInt8(String(decoding: part, as: UTF8.self)) else { return nil }
      guard part.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      bits = bits << 8 | UInt32(octet)
    }
    return bits
  }

  private static func v6(_ text: [UInt8]) -> [UInt8]? {
    guard (2...45).contains(text.count) else { return nil }
    var halves: [[UInt8]] = [[]]
    var groups = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard groups.count >= 3 else { return nil }
    // A leading or trailing "::" leaves one empty group too many.
    if groups.first?.isEmpty == true, groups.dropFirst().first?.isEmpty == true { groups.removeFirst() }
    if groups.last?.isEmpty == true, groups.dropLast().last?.isEmpty == true { groups.removeLast() }
    for (index, group) in groups.enumerated() {
      if group.isEmpty {
        guard halves.count == 1 else { return nil }
        halves.append([])
      } else if group.contains(UInt8(ascii: ".")) {
        guard index == groups.count - 1, let bits = v4(group) else { return nil }
        halves[halves.count - 1] += bits.octets
      } else {
        guard group.count <= 4, group.allSatisfy({ $0 != 0x2B && $0 != 0x2D }),
          let value = UInt16(String(decoding: group, as: UTF8.self), radix: 16)
        else { return nil }
        halves[halves.count - 1] += value.octets
      }
    }
    if halves.count == 1 { return halves[0].count == 16 ? halves[0] : nil }
    let missing = 16 - halves[0].count - halves[1].count
    guard missing >= 2 else { return nil }
    return halves[0] + [UInt8](repeating: 0, count: missing) + halves[1]
  }
}

extension IPAddress: CustomStringConvertible {
  package var description: String {
    switch self {
    case .v4(let bits): return bits.octets.map(String.init).joined(separator: ".")
    case .v6(let high, let low):
      let groups = [high, low].flatMap { half in (0..<4).map { UInt16(truncatingIfNeeded: half >> (48 - 16 * $0)) } }
      guard let gap = Self.longestZeroRun(groups) else { return Self.hex(groups[...]) }
      return "\(Self.hex(groups[..<gap.lowerBound]))::\(Self.hex(groups[gap.upperBound...]))"
    }
  }

  private static func hex(_ groups: ArraySlice<UInt16>) -> String {
    groups.map { String($0, radix: 16) }.joined(separator: ":")
  }

  /// The first longest run of two or more zero groups (RFC 5952 §4.2).
  private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int>? {
    var best: Range<Int>?
    var start = 0
    while start < groups.count {
      var end = start
      while end < groups.count, groups[end] == 0 { end += 1 }
      if end - start >= 2, end - start > (best?.count ?? 0) { best = start..<end }
      start = max(end, start + 1)
    }
    return best
  }
}
