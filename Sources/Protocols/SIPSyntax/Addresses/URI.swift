/// A URI of any scheme: SIP's are understood, the others carried as they are.
package enum URI: Hashable, Sendable {
  case sip(SIPURI)
  case other(OpaqueURI)

  package init?(_ text: String) {
    guard let uri = try? URI(parsing: Array(text.utf8)[...]) else { return nil }
    self = uri
  }

  init(parsing text: Bytes) throws(SIPSyntaxError) {
    guard text.count <= SIPLimit.uriBytes.maximum else { throw SIPSyntaxError(.limit(.uriBytes), at: text.startIndex) }
    var scanner = Scanner(text)
    let scheme = scanner.take(while: .scheme)
    guard !scheme.isEmpty, scanner.skip(UInt8(ascii: ":")) else { throw scanner.fails(.uri) }
    if scheme.equalsIgnoringCase("sip") {
      self = .sip(try SIPURI(.sip, parsing: scanner.rest))
    } else if scheme.equalsIgnoringCase("sips") {
      self = .sip(try SIPURI(.sips, parsing: scanner.rest))
    } else {
      guard !scanner.isAtEnd else { throw scanner.fails(.uri) }
      self = .other(OpaqueURI(received: text))
    }
  }

  package var sip: SIPURI? {
    if case .sip(let uri) = self { uri } else { nil }
  }

  /// The RFC's comparison for SIP URIs (§19.1.4), spelling for the others.
  package func isEquivalent(to other: URI) -> Bool {
    guard let mine = sip, let theirs = other.sip else { return self == other }
    return mine.isEquivalent(to: theirs)
  }

  func write(to text: inout [UInt8]) {
    switch self {
    case .sip(let uri): uri.write(to: &text)
    case .other(let uri): text.append(uri.text)
    }
  }
}

extension URI: CustomStringConvertible {
  package var description: String {
    switch self {
    case .sip(let uri): uri.description
    case .other(let uri): uri.text
    }
  }
}

/// A URI whose scheme we do not speak (`tel:`, `urn:`, `http:`): kept as received, with anything but visible ASCII escaped.
package struct OpaqueURI: Hashable, Sendable {
  package let text: String

  init(received: Bytes) {
    text = PercentEscaping.escape(received, allowed: .visible.subtracting("<>\""))
  }

  /// What stands before the first colon, in lower case.
  package var scheme: String { text.prefix { $0 != ":" }.lowercased() }
}

extension Bytes {
  func equalsIgnoringCase(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { other in zip(self, other).allSatisfy { $0.lowercased == $1.lowercased } }
  }
}
