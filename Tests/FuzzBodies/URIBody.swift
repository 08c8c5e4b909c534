import SIPSyntax
import Wire

extension FuzzTarget {
  /// A URI: printed and read again it is the same, it is equivalent to itself, and its parts can be taken out and put back.
  static let sipURI: Body = { octets throws(BrokenPromise) in
    // Two URIs behind one another, parted by a line end, are compared.
    let lines = octets.split(separator: 0x0A, maxSplits: 1).map { String(decoding: $0, as: UTF8.self) }
    let uris = lines.compactMap { URI($0) }
    for uri in uris {
      // Escaping may carry a URI past its limit; then it is refused, never misread.
      guard uri.description.utf8.count <= SIPLimit.uriBytes.maximum else { continue }
      try promise(URI(uri.description) == uri, "a URI survives: \(uri)")
      try promise(uri.isEquivalent(to: uri), "a URI is equivalent to itself: \(uri)")
      if let sip = uri.sip { try takeApart(sip) }
    }
    guard uris.count == 2 else { return }
    try promise(
      uris[0].isEquivalent(to: uris[1]) == uris[1].isEquivalent(to: uris[0]), "equivalence goes both ways: \(uris)")
  }

  private static func takeApart(_ uri: SIPURI) throws(BrokenPromise) {
    var other = SIPURI(uri.scheme, host: uri.host, port: uri.port)
    other.user = uri.user
    try promise(other.user == uri.user || uri.user?.isEmpty == true, "a user survives: \(uri)")
    for name in uri.parameters.names {
      other.parameters[name] = uri.parameters[name]
      try promise(other.parameters[name] == uri.parameters[name], "a parameter survives: \(name) of \(uri)")
    }
    try promise(!other.description.utf8.contains { $0 <= 0x20 || $0 >= 0x7F }, "a URI is visible ASCII: \(other)")
    try promise(Host("\(uri.host)") == uri.host, "a host survives: \(uri.host)")
  }
}
