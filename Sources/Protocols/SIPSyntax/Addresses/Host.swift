import Wire

/// A host as SIP writes it: a name, an IPv4 address or an IPv6 address in brackets (RFC 3261 §25.1, `host`).
package enum Host: Hashable, Sendable {
  case name(HostName)
  case address(IPAddress)

  /// A host from its text, brackets around IPv6 optional; `nil` for anything that is none.
  package init?(_ text: some StringProtocol) {
    let plain = text.first == "[" && text.last == "]" ? text.dropFirst().dropLast() : text[...]
    if let address = IPAddress(plain) {
      self = .address(address)
    } else if plain.utf8.count == text.utf8.count, let name = HostName(text) {
      self = .name(name)
    } else {
      return nil
    }
  }

  package var address: IPAddress? {
    if case .address(let address) = self { address } else { nil }
  }
}

/// A DNS name in lower case, so that equal names are equal values.
package struct HostName: Hashable, Sendable {
  package let text: String

  package init?(_ text: some StringProtocol) {
    guard (1...255).contains(text.utf8.count), ByteSet.hostName.containsAll(text.utf8) else { return nil }
    self.text = text.lowercased()
  }
}

extension Host: CustomStringConvertible {
  package var description: String {
    switch self {
    case .name(let name): name.text
    case .address(let address):
      switch address {
      case .v4: "\(address)"
      case .v6: "[\(address)]"
      }
    }
  }
}

/// `host [ ":" port ]`: Via's sent-by and a URI's authority.
package struct HostPort: Hashable, Sendable, CustomStringConvertible {
  package var host: Host
  package var port: UInt16?

  package init(_ host: Host, port: UInt16? = nil) {
    self.host = host
    self.port = port
  }

  package init(_ address: SocketAddress) {
    self.init(.address(address.ip), port: address.port)
  }

  package var description: String { port.map { "\(host):\($0)" } ?? "\(host)" }
}

extension Scanner {
  mutating func host() throws(SIPSyntaxError) -> Host {
    let start = position
    if next == UInt8(ascii: "[") {
      let bracketed = take(upTo: UInt8(ascii: "]"))
      try expect(UInt8(ascii: "]"))
      guard let address = IPAddress(String(decoding: bracketed.dropFirst(), as: UTF8.self)) else {
        throw SIPSyntaxError(.value(.host), at: start)
      }
      return .address(address)
    }
    let name = take(while: .hostName)
    guard let host = Host(String(decoding: name, as: UTF8.self)) else { throw SIPSyntaxError(.value(.host), at: start) }
    return host
  }

  /// `host [ COLON port ]`; Via allows whitespace around the colon, URIs do not have any.
  mutating func hostPort() throws(SIPSyntaxError) -> HostPort {
    let host = try host()
    guard skipSeparator(UInt8(ascii: ":")) else { return HostPort(host) }
    return HostPort(host, port: try number())
  }
}
