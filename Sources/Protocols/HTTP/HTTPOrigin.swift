/// Where a page comes from (RFC 6454 §6.2): `https://shop.example`, `http://localhost:8000`.
package struct HTTPOrigin: Hashable, Sendable, CustomStringConvertible {
  package enum Scheme: String, Hashable, Sendable {
    case http
    case https

    package var port: UInt16 { self == .http ? 80 : 443 }
  }

  package let scheme: Scheme
  /// In lower case; without the port that the scheme implies.
  package let authority: HTTPAuthority

  /// Reads an `Origin` field, or what somebody writes who means one; `nil` for `null`, other schemes, and whatever has a path.
  package init?(_ text: String) {
    let lower = text.lowercased()
    guard let colon = lower.firstRange(of: "://"), let scheme = Scheme(rawValue: String(lower[..<colon.lowerBound])),
      let authority = HTTPAuthority(String(lower[colon.upperBound...]))
    else { return nil }
    self.scheme = scheme
    self.authority = HTTPAuthority(authority.host, port: authority.port == scheme.port ? nil : authority.port)
  }

  package var description: String { "\(scheme.rawValue)://\(authority)" }

  /// Whether a request with that `Host` went where this page comes from. What a proxy made of the scheme is not judged.
  package func isAt(_ host: HTTPAuthority) -> Bool {
    authority.host == host.host.lowercased() && (authority.port ?? scheme.port) == (host.port ?? scheme.port)
  }
}
