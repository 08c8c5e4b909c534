import Cryptography
import SIPSyntax
import Wire

/// Asks for proof and checks it, with nonces that need not be remembered (RFC 7616 §3.3, §5.4).
///
/// A nonce is the moment of its making with a seal of ours. An unknown user costs the same work and gets the same answer as a wrong password.
package struct DigestAuthenticator: Sendable {
  package enum Verdict: Hashable, Sendable {
    case accepted
    /// Nothing was offered, or something old: no mistake of anybody's.
    case challenge(DigestChallenge)
    /// A wrong answer: the same challenge, but it counts.
    case refused(DigestChallenge)
  }

  package static let nonceLifetime = Duration.seconds(300)
  /// Nonces whose use is counted; past it the oldest are forgotten and challenged anew.
  package static let maximumCounted = 20_000

  private let secret: [UInt8]
  private var highestCount: [String: UInt32] = [:]
  private var counted: [String] = []
  private var nextNonce: UInt64 = 0

  package init(using random: inout Randomness) {
    secret = random.bytes(32)
  }

  /// - Parameter digest: the stored H(user:realm:password) of the user named in the credentials; `nil` if there is no such user.
  package mutating func judge(
    _ request: SIPRequest, realm: String, digest: (_ user: String) -> String?, at now: Instant
  ) -> Verdict {
    let offered = request.headers.credentials().first { $0.realm == realm }
    guard let offered else { return .challenge(challenge(realm, at: now, isStale: false)) }
    guard isFresh(offered.nonce, realm: realm, at: now) else { return .challenge(challenge(realm, at: now, isStale: true)) }
    let known = digest(offered.username)
    let isAnswer = offered.isAnswer(method: request.method, secret: known ?? Self.nobody)
    guard isAnswer, known != nil else { return .refused(challenge(realm, at: now, isStale: false)) }
    guard use(offered) else { return .challenge(challenge(realm, at: now, isStale: true)) }
    return .accepted
  }

  /// No password has this digest.
  private static let nobody = String(repeating: "0", count: 32)

  private mutating func challenge(_ realm: String, at now: Instant, isStale: Bool) -> DigestChallenge {
    nextNonce &+= 1
    let body = now.nanoseconds.octets + nextNonce.octets
    return DigestChallenge(realm: realm, nonce: Base64.encodeForURL(body + seal(body, realm)), isStale: isStale)
  }

  private func seal(_ body: [UInt8], _ realm: String) -> [UInt8] {
    Array(HMACSHA256.authenticate(body + Array(realm.utf8), key: secret).prefix(12))
  }

  private func isFresh(_ nonce: String, realm: String, at now: Instant) -> Bool {
    guard let octets = Base64.decode(nonce), octets.count == 28 else { return false }
    let body = Array(octets.prefix(16))
    guard constantTimeEquals(Array(octets.suffix(12)), seal(body, realm)) else { return false }
    let made = Instant(nanoseconds: Int64(bitPattern: body.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }))
    return now >= made && now - made <= Self.nonceLifetime
  }

  /// Whether the nonce was not used with this count before. A client without counts (RFC 2069) may use a nonce while it is fresh.
  private mutating func use(_ credentials: DigestCredentials) -> Bool {
    guard let count = credentials.quality?.count else { return true }
    if let highest = highestCount[credentials.nonce] {
      guard count > highest else { return false }
    } else {
      if counted.count >= Self.maximumCounted {
        for old in counted.prefix(Self.maximumCounted / 2) { highestCount[old] = nil }
        counted.removeFirst(Self.maximumCounted / 2)
      }
      counted.append(credentials.nonce)
    }
    highestCount[credentials.nonce] = count
    return true
  }
}
