/// An address with an optional name and parameters: From, To, Contact, Route (RFC 3261 §20.10, §25.1).
package struct NameAddress: Hashable, Sendable {
  package var displayName: String?
  package var uri: URI
  package var parameters = HeaderParameters()

  package init(_ uri: URI, displayName: String? = nil) {
    self.uri = uri
    self.displayName = displayName
  }
  package init(_ uri: SIPURI, displayName: String? = nil) { self.init(.sip(uri), displayName: displayName) }

  /// Which end of which dialog (§19.3).
  package var tag: String? {
    get { parameters["tag"] }
    set { parameters["tag"] = newValue }
  }

  static func read(_ scanner: inout Scanner) throws(SIPSyntaxError) -> NameAddress {
    var name: String?
    if scanner.next == UInt8(ascii: "\"") {
      name = try scanner.quotedString()
      scanner.skipWhitespace()
    } else if scanner.rest.contains(UInt8(ascii: "<")) {
      var words = Scanner(scanner.take(upTo: UInt8(ascii: "<")))
      var text: [UInt8] = []
      text.appendVisible(words.takeRest())
      name = text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
    }
    let uri: URI
    if scanner.skip(UInt8(ascii: "<")) {
      uri = try URI(parsing: scanner.take(upTo: UInt8(ascii: ">")))
      try scanner.expect(UInt8(ascii: ">"))
    } else {
      guard name == nil else { throw scanner.fails(.uri) }
      // Without brackets, what follows a semicolon belongs to the header (§20).
      uri = try URI(parsing: scanner.take(while: .visible.subtracting(";,?<>\"")))
    }
    var address = NameAddress(uri, displayName: name)
    address.parameters = try HeaderParameters.read(&scanner)
    return address
  }
}

extension NameAddress: CustomStringConvertible {
  package var description: String {
    var text: [UInt8] = []
    if let displayName {
      text.appendQuoted(displayName)
      text.append(" ")
    }
    text.append("<")
    uri.write(to: &text)
    text.append(">")
    parameters.write(to: &text)
    return String(decoding: text, as: UTF8.self)
  }
}

extension Headers {
  package var from: NameAddress {
    get throws(SIPSyntaxError) { try required(.from, NameAddress.read) }
  }
  package var to: NameAddress {
    get throws(SIPSyntaxError) { try required(.to, NameAddress.read) }
  }
  package var routes: [NameAddress] {
    get throws(SIPSyntaxError) { try list(.route, NameAddress.read) }
  }
  /// RFC 3327 §5.
  package var path: [NameAddress] {
    get throws(SIPSyntaxError) { try list(.path, NameAddress.read) }
  }
  package var recordRoutes: [NameAddress] {
    get throws(SIPSyntaxError) { try list(.recordRoute, NameAddress.read) }
  }

  func required<Value>(
    _ name: HeaderName, _ read: (inout Scanner) throws(SIPSyntaxError) -> Value
  ) throws(SIPSyntaxError) -> Value {
    guard let value = try single(name, read) else { throw SIPSyntaxError(.missingHeader, in: name, at: 0) }
    return value
  }
}
