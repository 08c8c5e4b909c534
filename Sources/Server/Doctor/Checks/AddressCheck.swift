import Wire

/// The address that the world sees against the one that phones and browsers are told.
struct AddressCheck: Check {
  /// What a STUN server out there says where we come from.
  enum World: Hashable, Sendable {
    case notAsked
    case sees(IPAddress)
    /// - server: who did not answer, and why, in words without a full stop.
    case silent(server: String, String)
  }
  static let name = "address"

  var host: IPAddress
  var advertised: IPAddress?
  /// The machine's own.
  var interfaces: [IPAddress]
  /// What browsers are told, best first; empty where no service runs.
  var candidates: [IPAddress]
  var world: World

  private var own: [IPAddress] { host.isUnspecified ? interfaces.filter { !$0.isLoopback } : [host] }
  private var publicOnes: [IPAddress] { own.filter { !$0.isOfNoUseOutside } }

  var summary: String {
    let told = candidates.isEmpty ? (advertised.map { [$0] } ?? []) + own : candidates
    let list = told.filter { !$0.isLoopback || told.count == 1 }.map(\.description).joined(separator: ", ")
    let seen: String =
      switch world {
      case .notAsked: "the world was not asked (--stun HOST:PORT)"
      case .sees(let address): "the world sees \(address)"
      case .silent(let server, _): "\(server) did not say what the world sees"
      }
    return "told to browsers and phones: \(list.isEmpty ? "none" : list); \(seen)"
  }

  var findings: [Finding] {
    if host.isLoopback {
      return [
        .warning(
          "The service listens on \(host) only: phones and browsers of other machines do not reach it.",
          "This is right behind a proxy for HTTP alone; else say --host :: or the address to listen on.")
      ]
    }
    return (advertised.map(judge) ?? judgeOwn()) + doubts + familyGap
  }

  private func judge(_ advertised: IPAddress) -> [Finding] {
    if advertised.isNobodys {
      return [
        .failed(
          "\(advertised) is advertised, and no machine can have it: it stands for examples, loopback or groups (RFC 6890).",
          "Give --advertise the address that the world sees; a STUN server tells it: calldocker doctor --stun HOST:PORT.")
      ]
    }
    if case .sees(let seen) = world, seen.isIPv6 == advertised.isIPv6, seen != advertised {
      return [
        .failed(
          "\(advertised) is advertised, but the world sees \(seen): calls from outside connect and nobody hears anything.",
          "Say --advertise \(seen), if this machine is meant to be reached there.")
      ]
    }
    if advertised.isOfNoUseOutside, !interfaces.contains(advertised) {
      return [
        .failed(
          "\(advertised) is advertised: it is private, and none of this machine's.",
          "Give --advertise the public address, or leave it out where everybody is in this network.")
      ]
    }
    if case .notAsked = world, !interfaces.contains(advertised) {
      return [
        .warning(
          "\(advertised) is advertised and is not an address of this machine; whether the world sees it, nobody was asked.",
          "Ask a STUN server outside: calldocker doctor --stun HOST:PORT.")
      ]
    }
    return []
  }

  private func judgeOwn() -> [Finding] {
    if case .sees(let seen) = world, !own.contains(seen), !publicOnes.contains(where: { $0.isIPv6 == seen.isIPv6 }) {
      return [
        .failed(
          "This machine is behind NAT: the world sees \(seen), and browsers are told private addresses only.",
          "Say --advertise \(seen), and let the router pass the ports on (docs/operations.md, \"Files and ports\").")
      ]
    }
    guard publicOnes.isEmpty else { return [] }
    return [
      .warning(
        "All addresses of this machine are private: phones and browsers of this network reach it, nobody else.",
        "If that is meant, all is well. Else find the address that the world sees (the router shows it, or calldocker doctor "
          + "--stun HOST:PORT), say --advertise ADDRESS, and let the router pass the ports on.")
    ]
  }

  private var doubts: [Finding] {
    guard case .silent(let server, let why) = world else { return [] }
    return [
      .warning(
        "The STUN server \(server) did not answer: \(why).",
        "Name another with --stun, or let UDP out of this machine's firewall.")
    ]
  }

  /// A machine that the world could reach over IPv6 too, and a service that does not listen there.
  private var familyGap: [Finding] {
    guard case .v4 = host, host.isUnspecified, let address = interfaces.first(where: { $0.isIPv6 && !$0.isOfNoUseOutside })
    else {
      return []
    }
    return [
      .warning(
        "This machine has IPv6 (\(address)), and the service listens on IPv4 only.",
        "Say --host :: for both; browsers in networks that have IPv6 only need a way around else.")
    ]
  }
}

extension IPAddress {
  /// Loopback, private and link-local: it means nothing beyond this network (RFC 1918, RFC 4193, RFC 6598, RFC 3927, RFC 4291).
  var isOfNoUseOutside: Bool {
    switch self {
    case .v4(let bits):
      isNobodys || bits >> 24 == 10 || bits >> 20 == 0xAC1 || bits >> 16 == 0xC0A8 || bits >> 16 == 0xA9FE
        || bits >> 22 == 0x191
    case .v6(let high, _): isNobodys || high >> 57 == 0x7E || high >> 54 == 0x3FA
    }
  }

  /// No machine is reached by it from another (RFC 6890): unspecified, loopback, examples, groups, reserved.
  var isNobodys: Bool {
    switch self {
    case .v4(let bits):
      bits >> 24 == 0 || bits >> 24 == 127 || bits >> 28 >= 0xE
        || [0xC00002, 0xC63364, 0xCB0071].contains(bits >> 8)
    case .v6(let high, _): isLoopback || isUnspecified || high >> 56 == 0xFF || high >> 32 == 0x2001_0DB8
    }
  }
}
