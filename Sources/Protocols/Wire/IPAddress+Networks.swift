extension IPAddress {
  /// Addresses that never cross the internet (RFC 1918, RFC 4193, loopback, link-local).
  package var isPrivate: Bool {
    switch self {
    case .v4(let bits):
      bits >> 24 == 10 || bits >> 24 == 127 || bits >> 20 == 0xAC1 || bits >> 16 == 0xC0A8 || bits >> 16 == 0xA9FE
    case .v6(let high, let low): high >> 57 == 0x7E || isLinkLocal || (high == 0 && low == 1)
    }
  }

  /// Addresses between a carrier's router and its customers' (RFC 6598).
  package var isCarriers: Bool { if case .v4(let bits) = self { bits >> 22 == 0x191 } else { false } }

  /// Addresses of the internet itself: none that is private, reserved, for many at once, or an IPv4 address in other clothes
  /// (the registries of RFC 6890).
  package var isPublic: Bool {
    guard !isPrivate, !isCarriers, !isUnspecified else { return false }
    switch self {
    case .v4(let bits):
      let isReserved = bits >> 24 == 0 || bits >> 28 >= 0xE || bits >> 8 == 0xC0_0000 || bits >> 17 == 0xC612 >> 1
      let isForBooks = [0xC0_0002, 0xC6_3364, 0xCB_0071].contains(bits >> 8)
      return !isReserved && !isForBooks
    case .v6(let high, _):
      let isTunnel = high >> 48 == 0x2002 || high >> 32 == 0x2001_0000
      return high >> 61 == 1 && !isTunnel && high >> 32 != 0x2001_0DB8
    }
  }

  /// Addresses that mean something only together with the link they are on (RFC 4291 §2.5.6).
  package var isLinkLocal: Bool { if case .v6(let high, _) = self { high >> 54 == 0x3FA } else { false } }
}
