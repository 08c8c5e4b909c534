import HTTP
import Wire

/// A URL of `http` or `https` that holds nothing but a host, a port, a path and a query (RFC 9110 §4.2).
///
/// A name and a password in it are refused, as is every character that could end a line of the request.
package struct PageAddress: Hashable, Sendable {
  package static let maximumLength = 8192

  /// Why a text is no such URL, the rest of a sentence.
  package struct Unfit: Error, Hashable {
    var reason: String
  }

  package let scheme: HTTPOrigin.Scheme
  /// In lower case; an IPv6 address without its brackets.
  package let host: String
  package let port: UInt16
  /// What the first line of the request asks for.
  package let target: String

  package init(_ url: String) throws(Unfit) {
    let octets = Array(url.utf8)
    guard octets.count <= Self.maximumLength else { throw Unfit(reason: "it is longer than \(Self.maximumLength) bytes") }
    guard octets.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw Unfit(
        reason: "it has blanks, control characters or letters beyond ASCII; URIENCODE writes them as %20 and the like")
    }
    guard let colon = url.firstRange(of: "://"), let scheme = HTTPOrigin.Scheme(rawValue: url[..<colon.lowerBound].lowercased())
    else { throw Unfit(reason: "it begins neither with http:// nor with https://") }
    let rest = url[colon.upperBound...]
    let end = rest.utf8.firstIndex { "/?#\\".utf8.contains($0) } ?? rest.endIndex
    let written = rest[..<end]
    guard !written.utf8.contains(UInt8(ascii: "@")) else { throw Unfit(reason: "it has a name or a password before its host") }
    guard let authority = HTTPAuthority(written.lowercased()) else { throw Unfit(reason: "its host is none") }
    let target = rest[end...].prefix { $0 != "#" }
    guard !target.utf8.contains(UInt8(ascii: "\\")) else { throw Unfit(reason: "it has a backslash") }
    self.scheme = scheme
    host = IPAddress(authority.host)?.description ?? authority.host
    port = authority.port ?? scheme.port
    self.target = target.utf8.first == UInt8(ascii: "/") ? String(target) : "/\(target)"
  }

  /// As the `Host` field has it.
  package var authority: HTTPAuthority { HTTPAuthority(host, port: port == scheme.port ? nil : port) }
}
