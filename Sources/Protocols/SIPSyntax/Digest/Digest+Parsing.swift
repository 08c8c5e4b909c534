extension Headers {
  /// Credentials of the digest scheme in Authorization, or Proxy-Authorization; other schemes and unreadable ones are left out.
  package func credentials(_ name: HeaderName = .authorization) -> [DigestCredentials] {
    fields.filter { $0.name == name }.compactMap { DigestCredentials(AuthParameters($0.value[...])) }
  }

  /// Challenges of the digest scheme in WWW-Authenticate, or Proxy-Authenticate.
  package func challenges(_ name: HeaderName = .wwwAuthenticate) -> [DigestChallenge] {
    fields.filter { $0.name == name }.compactMap { DigestChallenge(AuthParameters($0.value[...])) }
  }
}

/// The `name=value, name="value"` list behind the word Digest.
private struct AuthParameters {
  private var values: [(name: String, value: String)] = []

  /// `nil` for another scheme or a list that is none.
  init?(_ text: Bytes) {
    var scanner = Scanner(text)
    guard let scheme = try? scanner.token(), scheme.equalsIgnoringCase("Digest") else { return nil }
    scanner.skipWhitespace()
    repeat {
      guard values.count < SIPLimit.parameters.maximum, let name = try? scanner.token(),
        scanner.skipSeparator(UInt8(ascii: "="))
      else { return nil }
      if scanner.next == UInt8(ascii: "\"") {
        guard let value = try? scanner.quotedString() else { return nil }
        values.append((name, value))
      } else {
        values.append((name, String(decoding: scanner.take(while: .parameterValue), as: UTF8.self)))
      }
    } while scanner.skipSeparator(UInt8(ascii: ","))
    scanner.skipWhitespace()
    guard scanner.isAtEnd else { return nil }
  }

  subscript(name: String) -> String? { values.first { $0.name.equalsIgnoringCase(name) }?.value }

  /// MD5 where nothing is said (RFC 7616 §3.3); `nil` for an algorithm that we do not know.
  var algorithm: DigestAlgorithm? {
    guard let name = self["algorithm"] else { return .md5 }
    return [.md5, .sha256].first { name.equalsIgnoringCase($0.rawValue) }
  }
}

extension DigestCredentials {
  fileprivate init?(_ parameters: AuthParameters?) {
    guard let parameters, let username = parameters["username"], let realm = parameters["realm"],
      let nonce = parameters["nonce"], let uri = parameters["uri"], let response = parameters["response"],
      let algorithm = parameters.algorithm
    else { return nil }
    self.username = username
    self.realm = realm
    self.nonce = nonce
    self.uri = uri
    self.response = response
    self.algorithm = algorithm
    guard let quality = parameters["qop"] else { return }
    guard quality.equalsIgnoringCase("auth"), let countText = parameters["nc"], let count = UInt32(countText, radix: 16),
      let clientNonce = parameters["cnonce"]
    else { return nil }
    self.quality = Quality(count: count, clientNonce: clientNonce, countText: countText)
  }
}

extension DigestChallenge {
  fileprivate init?(_ parameters: AuthParameters?) {
    guard let parameters, let realm = parameters["realm"], let nonce = parameters["nonce"],
      let algorithm = parameters.algorithm
    else { return nil }
    self.init(
      realm: realm, nonce: nonce, algorithm: algorithm, isStale: parameters["stale"]?.equalsIgnoringCase("true") ?? false)
  }
}
