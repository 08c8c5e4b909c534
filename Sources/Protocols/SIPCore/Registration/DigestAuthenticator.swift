import Cryptography
import SIPSyntax
import Wire

/// Asks for proof and checks it, with nonces that need not be remembered (RFC 7616 §3.3, §5.4).
///
/// A nonce is the moment of its making with a seal of ours, good for one realm and one source. An unknown user costs the same work and
/// gets the same answer as a wrong password.
package struct DigestAuthenticator: Sendable {
  package enum Verdict: Hashable, Sendable {
    case accepted(user: String)
    /// Nothing was offered, or something old, or by an algorithm that was not asked for: no mistake of anybody's.
    case challenge([DigestChallenge])
    /// A wrong answer: the same challenge, but it counts.
    case refused([DigestChallenge], user: String)
  }

  package static let nonceLifetime = Duration.seconds(300)
  /// Nonces whose use is counted; past it the older half is challenged anew.
  package static let maximumCounted = 20_000

  private let secret: [UInt8]
  private var highestCount: [String: UInt32] = [:]
  private var counted: [(nonce: String, made: Instant)] = []
  /// Nonces made up to here are stale: how often they were used is forgotten.
  private var forgottenUntil: Instant?
  private var nextNonce: UInt64 = 0

  package init(using random: inout Randomness) {
    secret = random.bytes(32)
  }

  /// - Parameters:
  ///   - algorithms: what to ask for, in that order.
  ///   - secrets: what is stored of the user named in the credentials; `nil` if there is no such user.
  package mutating func judge(
    _ request: SIPRequest, realm: String, algorithms: [DigestAlgorithm], from source: IPAddress,
    secrets: (_ user: String) -> DigestSecrets?, at now: Instant
  ) -> Verdict {
    let offered = request.headers.credentials().first { $0.realm == realm && algorithms.contains($0.algorithm) }
    func challenges(isStale: Bool) -> [DigestChallenge] {
      nextNonce &+= 1
      let body = now.nanoseconds.octets + nextNonce.octets
      let nonce = Base64.encodeForURL(body + seal(body, realm, source))
      return algorithms.map { DigestChallenge(realm: realm, nonce: nonce, algorithm: $0, isStale: isStale) }
    }
    guard let offered else { return .challenge(challenges(isStale: false)) }
    guard let made = moment(of: offered.nonce, realm, source), isFresh(made, at: now) else {
      return .challenge(challenges(isStale: true))
    }
    let known = secrets(offered.username)
    let isAnswer = offered.isAnswer(method: request.method, secret: known?[offered.algorithm] ?? Self.nobody)
    guard isAnswer, known != nil else { return .refused(challenges(isStale: false), user: offered.username) }
    guard use(offered, made) else { return .challenge(challenges(isStale: true)) }
    return .accepted(user: offered.username)
  }

  /// No password has this digest.
  private static let nobody = String(repeating: "0", count: 64)

  private func seal(_ body: [UInt8], _ realm: String, _ source: IPAddress) -> [UInt8] {
    Array(HMACSHA256.authenticate(body + source.octets + Array(realm.utf8), key: secret).prefix(12))
  }

  /// When a nonce of ours was made for that realm and source; `nil` for any other.
  private func moment(of nonce: String, _ realm: String, _ source: IPAddress) -> Instant? {
    guard let octets = Base64.decode(nonce), octets.count == 28 else { return nil }
    let body = Array(octets.prefix(16))
    guard constantTimeEquals(Array(octets.suffix(12)), seal(body, realm, source)) else { return nil }
    return Instant(nanoseconds: Int64(bitPattern: body.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }))
  }

  private func isFresh(_ made: Instant, at now: Instant) -> Bool {
    if let forgottenUntil, made <= forgottenUntil { return false }
    return now >= made && now - made <= Self.nonceLifetime
  }

  /// Whether the nonce was not used with this count before. A client without counts (RFC 2069) may use a nonce once.
  private mutating func use(_ credentials: DigestCredentials, _ made: Instant) -> Bool {
    let count = credentials.quality?.count ?? .max
    if let highest = highestCount[credentials.nonce] {
      guard count > highest else { return false }
    } else {
      if counted.count >= Self.maximumCounted { forgetHalf() }
      counted.append((credentials.nonce, made))
    }
    highestCount[credentials.nonce] = count
    return true
  }

  private mutating func forgetHalf() {
    let half = counted.prefix(Self.maximumCounted / 2)
    for old in half {
      highestCount[old.nonce] = nil
      forgottenUntil = max(old.made, forgottenUntil ?? old.made)
    }
    counted.removeFirst(half.count)
  }
}
