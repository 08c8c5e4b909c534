import SIPCore
import SIPSyntax
import Wire

extension FuzzTarget {
  /// The value of an Authorization and of a WWW-Authenticate header: what was understood survives, and nothing but the password opens.
  static let digest: Body = { octets throws(BrokenPromise) in
    var headers = Headers()
    headers.append(.authorization, octets)
    headers.append(.wwwAuthenticate, octets)
    for credentials in headers.credentials() {
      var again = Headers()
      again.append(.authorization, credentials.description)
      try promise(again.credentials() == [credentials], "credentials survive: \(credentials)")
      let secret = credentials.algorithm.secret(user: credentials.username, realm: credentials.realm, password: "secret")
      try promise(!credentials.isAnswer(method: .register, secret: secret), "noise is no answer: \(credentials)")
    }
    for challenge in headers.challenges() {
      var again = Headers()
      again.append(.wwwAuthenticate, challenge.description)
      try promise(again.challenges() == [challenge], "a challenge survives: \(challenge)")
      let answer = DigestCredentials(
        answering: challenge, username: "alice", password: "secret", method: .register, uri: "sip:x", clientNonce: "c")
      let secret = challenge.algorithm.secret(user: "alice", realm: challenge.realm, password: "secret")
      try promise(answer.isAnswer(method: .register, secret: secret), "a challenge can be answered: \(challenge)")
    }
    try judge(octets)
  }

  /// Noise is never accepted, and does not spoil the proof of who knows the password.
  private static func judge(_ octets: [UInt8]) throws(BrokenPromise) {
    guard let uri = SIPURI("sip:realm.example") else { return }
    var random = Randomness.seeded(1)
    var authenticator = DigestAuthenticator(using: &random)
    let secrets = DigestSecrets(user: "alice", realm: "realm", password: "secret")
    func verdict(_ value: [UInt8]?) -> DigestAuthenticator.Verdict {
      var request = SIPRequest(.register, .sip(uri))
      if let value { request.headers.append(.authorization, value) }
      return authenticator.judge(
        request, realm: "realm", algorithms: [.md5, .sha256], from: .loopback, secrets: { $0 == "alice" ? secrets : nil },
        at: Instant())
    }
    if case .accepted = verdict(octets) { throw BrokenPromise(description: "noise is accepted") }
    guard case .challenge(let challenges) = verdict(nil), let challenge = challenges.last else {
      throw BrokenPromise(description: "no challenge for nobody")
    }
    let answer = DigestCredentials(
      answering: challenge, username: "alice", password: "secret", method: .register, uri: "sip:realm.example", clientNonce: "c"
    )
    let accepted = DigestAuthenticator.Verdict.accepted(user: "alice")
    try promise(verdict(Array(answer.description.utf8)) == accepted, "who knows the password gets in")
    try promise(verdict(Array(answer.description.utf8)) != accepted, "once")
  }
}
