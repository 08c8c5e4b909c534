import Wire

/// A SIP or SIPS URI (RFC 3261 §19.1).
///
/// User and password are kept canonically escaped; `==` is equality of spelling after that, `isEquivalent(to:)` the RFC's comparison.
package struct SIPURI: Hashable, Sendable {
  package enum Scheme: String, Sendable {
    case sip
    case sips
  }

  package var scheme: Scheme
  package private(set) var escapedUser: String?
  package private(set) var escapedPassword: String?
  package var host: Host
  package var port: UInt16?
  package var parameters = URIParameters()
  package var headers = URIParameters()

  package init(_ scheme: Scheme = .sip, user: String? = nil, host: Host, port: UInt16? = nil) {
    self.scheme = scheme
    self.host = host
    self.port = port
    self.user = user
  }

  package init(_ scheme: Scheme = .sip, user: String? = nil, at address: SocketAddress) {
    self.init(scheme, user: user, host: .address(address.ip), port: address.port)
  }

  /// A URI from text that is only that; `nil` if it is malformed or of another scheme.
  package init?(_ text: String) {
    guard case .sip(let uri)? = URI(text) else { return nil }
    self = uri
  }

  /// The user, unescaped; an empty one is none, as the grammar has no empty user.
  package var user: String? {
    get { escapedUser.map(PercentEscaping.unescape) }
    set { escapedUser = newValue.flatMap { $0.isEmpty ? nil : PercentEscaping.escape($0, allowed: .user) } }
  }

  package var password: String? {
    get { escapedPassword.map(PercentEscaping.unescape) }
    set { escapedPassword = newValue.map { PercentEscaping.escape($0, allowed: .password) } }
  }

  /// The `transport` parameter, in lower case.
  package var transport: String? { parameters["transport"]?.lowercased() }
  package var isLooseRouter: Bool { parameters.contains("lr") }
}

extension SIPURI: CustomStringConvertible {
  package var description: String {
    var text: [UInt8] = []
    write(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  func write(to text: inout [UInt8]) {
    text.append(scheme.rawValue)
    text.append(UInt8(ascii: ":"))
    if let escapedUser {
      text.append(escapedUser)
      if let escapedPassword {
        text.append(UInt8(ascii: ":"))
        text.append(escapedPassword)
      }
      text.append(UInt8(ascii: "@"))
    }
    text.append(HostPort(host, port: port).description)
    parameters.write(to: &text, first: UInt8(ascii: ";"), separator: UInt8(ascii: ";"))
    headers.write(to: &text, first: UInt8(ascii: "?"), separator: UInt8(ascii: "&"))
  }
}

extension SIPURI {
  /// Parses what follows the scheme's colon.
  init(_ scheme: Scheme, parsing rest: Bytes) throws(SIPSyntaxError) {
    var scanner = Scanner(rest)
    var user: String?
    var password: String?
    if let at = rest.lastIndex(of: UInt8(ascii: "@")) {
      let userInfo = rest[..<at]
      let colon = userInfo.firstIndex(of: UInt8(ascii: ":")) ?? at
      // "a@b@c" has no second reading: an @ in a user comes escaped.
      guard colon > userInfo.startIndex, !userInfo.contains(UInt8(ascii: "@")) else { throw scanner.fails(.uri) }
      user = try PercentEscaping.canonical(userInfo[..<colon], allowed: .user)
      if colon < at { password = try PercentEscaping.canonical(userInfo[(colon + 1)...], allowed: .password) }
      scanner = Scanner(rest[(at + 1)...])
    }
    self.scheme = scheme
    host = try scanner.host()
    port = scanner.skip(UInt8(ascii: ":")) ? try scanner.number() : nil
    escapedUser = user
    escapedPassword = password
    while scanner.skip(UInt8(ascii: ";")) { try parameters.append(scanner.uriParameter(), at: scanner.position) }
    if scanner.skip(UInt8(ascii: "?")) {
      repeat { try headers.append(scanner.uriHeader(), at: scanner.position) } while scanner.skip(UInt8(ascii: "&"))
    }
    try scanner.expectEnd()
  }
}

extension URIParameters {
  fileprivate mutating func append(_ entry: Entry, at offset: Int) throws(SIPSyntaxError) {
    guard count < SIPLimit.parameters.maximum else { throw SIPSyntaxError(.limit(.parameters), at: offset) }
    append(entry)
  }
}

extension Scanner {
  fileprivate mutating func uriParameter() throws(SIPSyntaxError) -> URIParameters.Entry {
    let name = take(while: .uriParameter + "%")
    guard !name.isEmpty else { throw fails(.token) }
    let value = skip(UInt8(ascii: "=")) ? take(while: .uriParameter + "%") : nil
    return URIParameters.Entry(
      name: try PercentEscaping.canonical(name, allowed: .uriParameter),
      value: try value.map { value throws(SIPSyntaxError) in try PercentEscaping.canonical(value, allowed: .uriParameter) })
  }

  fileprivate mutating func uriHeader() throws(SIPSyntaxError) -> URIParameters.Entry {
    let name = take(while: .uriHeader + "%")
    guard !name.isEmpty else { throw fails(.token) }
    try expect(UInt8(ascii: "="))
    return URIParameters.Entry(
      name: try PercentEscaping.canonical(name, allowed: .uriHeader),
      value: try PercentEscaping.canonical(take(while: .uriHeader + "%"), allowed: .uriHeader))
  }
}
