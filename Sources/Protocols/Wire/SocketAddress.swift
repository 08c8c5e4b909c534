/// Where a datagram came from or goes to.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
  package var ip: IPAddress
  package var port: UInt16

  package init(_ ip: IPAddress, _ port: UInt16) {
    self.ip = ip
    self.port = port
  }

  /// An address from `192.0.2.1:5060` or `[2001:db8::1]:5060`; `nil` for anything else, names included.
  package init?(_ text: some StringProtocol) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = text[..<colon]
    if host.first == "[", host.last == "]" {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard let ip = IPAddress(host) else { return nil }
    self.init(ip, port)
  }

  package var description: String {
    switch ip {
    case .v4: "\(ip):\(port)"
    case .v6: "[\(ip)]:\(port)"
    }
  }
}
