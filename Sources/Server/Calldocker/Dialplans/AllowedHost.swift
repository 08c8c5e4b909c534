import HTTP
import Wire

/// A web server that dialplans may ask: `api.example.com`, `192.0.2.5:8080`, `private crm.example.com:8080`.
package struct AllowedHost: Hashable, Sendable, CustomStringConvertible {
  package static let maximum = 1000
  /// Stands before a name that may lead to an address which is not of the internet.
  private static let mark = "private "

  /// In lower case.
  package let host: String
  /// `nil` for those that the schemes imply: 80 and 443.
  package let port: UInt16?
  /// Whether its name may lead within. An address that is named itself always may.
  package let mayBePrivate: Bool

  /// `nil` for anything but a host with or without a port.
  package init?(_ text: String) {
    let isMarked = text.hasPrefix(Self.mark)
    let bare = isMarked ? text.dropFirst(Self.mark.utf8.count).drop { $0 == " " } : text[...]
    // The word alone is a slip, and no host's name.
    guard bare != "private", let authority = HTTPAuthority(bare.lowercased()) else { return nil }
    host = IPAddress(authority.host)?.description ?? authority.host
    port = authority.port
    mayBePrivate = isMarked
  }

  package var description: String { (mayBePrivate ? Self.mark : "") + HTTPAuthority(host, port: port).description }

  /// Whether it is the one that a URL names.
  func isAsked(by page: PageAddress) -> Bool {
    host == page.host && (port ?? page.scheme.port) == page.port
  }
}
