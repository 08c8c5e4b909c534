import Wire

/// One hop that a request passed, and the way its response goes back (RFC 3261 §20.42, RFC 3581).
package struct Via: Hashable, Sendable {
  /// Branches made by RFC 3261's rules begin so (§8.1.1.7).
  package static let cookie = "z9hG4bK"

  /// Ours is 2.0; a hop of another version is no reason not to answer (§25.1 allows any token).
  package var version = "2.0"
  package var transport: String
  package var sentBy: HostPort
  package var parameters = HeaderParameters()

  package init(transport: String = "UDP", sentBy: HostPort, branch: String) {
    self.transport = transport
    self.sentBy = sentBy
    parameters["branch"] = branch
  }

  package var branch: String? { parameters["branch"] }
  package var received: IPAddress? { parameters["received"].flatMap { Host($0)?.address } }

  /// Whether the sender wants its response at the port it sent from (RFC 3581 §3).
  package var asksForPort: Bool { parameters.contains("rport") }
  package var receivedPort: UInt16? { parameters["rport"].flatMap { UInt16($0) } }

  static func read(_ scanner: inout Scanner) throws(SIPSyntaxError) -> Via {
    let name = try scanner.token()
    try scanner.expectSeparator(UInt8(ascii: "/"))
    let version = try scanner.token()
    guard name.equalsIgnoringCase("SIP") else { throw scanner.fails(.token) }
    try scanner.expectSeparator(UInt8(ascii: "/"))
    let transport = try scanner.token()
    scanner.skipWhitespace()
    let sentBy = try scanner.hostPort()
    var via = Via(transport: transport.uppercased(), sentBy: sentBy, branch: "")
    via.version = version
    via.parameters = try HeaderParameters.read(&scanner)
    return via
  }
}

extension Via: CustomStringConvertible {
  package var description: String {
    var text = Array("SIP/\(version)/\(transport) \(sentBy)".utf8)
    parameters.write(to: &text)
    return String(decoding: text, as: UTF8.self)
  }
}

extension Headers {
  /// All hops, the latest first.
  package var vias: [Via] {
    get throws(SIPSyntaxError) {
      let vias = try list(.via, Via.read)
      guard vias.count <= SIPLimit.vias.maximum else { throw SIPSyntaxError(.limit(.vias), in: .via, at: 0) }
      return vias
    }
  }

  /// The latest hop, which is all that a server looks at.
  package var topVia: Via {
    get throws(SIPSyntaxError) {
      guard let field = fields.first(where: { $0.name == .via }), let first = Self.elements(field.value[...]).first else {
        throw SIPSyntaxError(.missingHeader, in: .via, at: 0)
      }
      var scanner = Scanner(first)
      scanner.skipWhitespace()
      let via = try Via.read(&scanner)
      try scanner.expectEnd()
      return via
    }
  }
}

extension SIPRequest {
  /// Writes down where the request really came from, so that the response finds back (RFC 3261 §18.2.1, RFC 3581 §4).
  package mutating func stampSource(_ source: SocketAddress) throws(SIPSyntaxError) {
    var via = try headers.topVia
    if via.asksForPort {
      via.parameters["rport"] = String(source.port)
      via.parameters["received"] = "\(source.ip)"
    } else if via.sentBy.host.address != source.ip {
      via.parameters["received"] = "\(source.ip)"
    }
    headers.replaceFirst(.via, with: via.description)
  }
}
