import Cryptography
import Wire

/// The hash functions of digest authentication (RFC 7616 §3.2, RFC 8760).
package enum DigestAlgorithm: String, Hashable, Sendable {
  case md5 = "MD5"
  case sha256 = "SHA-256"

  func hash(_ text: String) -> String {
    switch self {
    case .md5: Hex.encode(MD5.hash(Array(text.utf8)))
    case .sha256: Hex.encode(SHA256.hash(Array(text.utf8)))
    }
  }

  /// What is stored instead of a password: H(user:realm:password).
  package func secret(user: String, realm: String, password: String) -> String {
    hash("\(user):\(realm):\(password)")
  }
}

/// What is kept of a password: its digest by each algorithm, so that a tenant may choose later which it asks for.
package struct DigestSecrets: Hashable, Sendable {
  package var md5: String
  package var sha256: String

  package init(md5: String, sha256: String) {
    self.md5 = md5
    self.sha256 = sha256
  }

  package init(user: String, realm: String, password: String) {
    md5 = DigestAlgorithm.md5.secret(user: user, realm: realm, password: password)
    sha256 = DigestAlgorithm.sha256.secret(user: user, realm: realm, password: password)
  }

  package subscript(algorithm: DigestAlgorithm) -> String {
    switch algorithm {
    case .md5: md5
    case .sha256: sha256
    }
  }
}

/// Which digests a server asks for. Many phones read the first challenge only, and fail if they do not know its algorithm.
package enum DigestPolicy: String, Hashable, Sendable, CaseIterable {
  /// What every phone knows.
  case md5
  /// For tenants all of whose phones know RFC 8760.
  case sha256 = "sha-256"
  case md5ThenSHA256 = "md5+sha-256"

  package var algorithms: [DigestAlgorithm] {
    switch self {
    case .md5: [.md5]
    case .sha256: [.sha256]
    case .md5ThenSHA256: [.md5, .sha256]
    }
  }
}

/// What a server asks (RFC 7616 §3.3).
package struct DigestChallenge: Hashable, Sendable {
  package var realm: String
  package var nonce: String
  package var algorithm: DigestAlgorithm
  package var isStale: Bool

  package init(realm: String, nonce: String, algorithm: DigestAlgorithm = .md5, isStale: Bool = false) {
    self.realm = realm
    self.nonce = nonce
    self.algorithm = algorithm
    self.isStale = isStale
  }
}

extension DigestChallenge: CustomStringConvertible {
  package var description: String {
    var text = Array("Digest realm=".utf8)
    text.appendQuoted(realm)
    text.append(", nonce=")
    text.appendQuoted(nonce)
    text.append(", algorithm=\(algorithm.rawValue), qop=\"auth\"" + (isStale ? ", stale=true" : ""))
    return String(decoding: text, as: UTF8.self)
  }
}

/// What a client answers (RFC 7616 §3.4).
package struct DigestCredentials: Hashable, Sendable {
  package var username: String
  package var realm: String
  package var nonce: String
  package var uri: String
  package var response: String
  package var algorithm: DigestAlgorithm
  /// Present where the client repeats the server's `qop="auth"`: how often it has used the nonce, and its own.
  package var quality: Quality?

  package struct Quality: Hashable, Sendable {
    package var count: UInt32
    package var clientNonce: String
    /// The count as written, since it is hashed as text.
    var countText: String
  }

  /// Answers a challenge, as a phone does.
  package init(
    answering challenge: DigestChallenge, username: String, password: String, method: Method, uri: String,
    clientNonce: String, count: UInt32 = 1
  ) {
    self.username = username
    realm = challenge.realm
    nonce = challenge.nonce
    self.uri = uri
    algorithm = challenge.algorithm
    let hexadecimal = String(count, radix: 16)
    let padded = String(repeating: "0", count: 8 - min(8, hexadecimal.count)) + hexadecimal
    quality = Quality(count: count, clientNonce: clientNonce, countText: padded)
    response = ""
    response = expected(method: method, secret: algorithm.secret(user: username, realm: realm, password: password))
  }

  /// Whether the response was made with the password behind `secret`; takes the same time whatever differs.
  package func isAnswer(method: Method, secret: String) -> Bool {
    constantTimeEquals(Array(expected(method: method, secret: secret).utf8), Array(response.lowercased().utf8))
  }

  private func expected(method: Method, secret: String) -> String {
    let request = algorithm.hash("\(method):\(uri)")
    guard let quality else { return algorithm.hash("\(secret):\(nonce):\(request)") }
    return algorithm.hash("\(secret):\(nonce):\(quality.countText):\(quality.clientNonce):auth:\(request)")
  }
}

extension DigestCredentials: CustomStringConvertible {
  package var description: String {
    var text = Array("Digest username=".utf8)
    text.appendQuoted(username)
    for (name, value) in [("realm", realm), ("nonce", nonce), ("uri", uri), ("response", response)] {
      text.append(", \(name)=")
      text.appendQuoted(value)
    }
    text.append(", algorithm=\(algorithm.rawValue)")
    guard let quality else { return String(decoding: text, as: UTF8.self) }
    text.append(", cnonce=")
    text.appendQuoted(quality.clientNonce)
    text.append(", qop=auth, nc=\(quality.countText)")
    return String(decoding: text, as: UTF8.self)
  }
}
