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

  /// What makes a nonce this one: the moment of its making, and a number that no other has.
  struct Nonce: Hashable {
    var made: Instant
    var number: UInt64
  }

  private let secret: [UInt8]
  private var highestCount: [UInt64: UInt32] = [:]
  private var counted: [Nonce] = []
  /// Nonces made up to here are stale: how often they were used is forgotten.
  private var forgottenUntil: Instant?
  private var lastNumber: UInt64 = 0
  private var recent: RecentNonces

  package init(using random: inout Randomness) {
    secret = random.bytes(32)
    recent = RecentNonces(ChanceKey(using: &random))
  }

  /// - Parameters:
  ///   - key: whoever asks again by the same transaction gets the same nonce, though no transaction be kept.
  ///   - algorithms: what to ask for, in that order.
  ///   - secrets: what is stored of the user named in the credentials; `nil` if there is no such user.
  package mutating func judge(
    _ request: SIPRequest, of key: TransactionKey? = nil, realm: String, algorithms: [DigestAlgorithm],
    from source: IPAddress, secrets: (_ user: String) -> DigestSecrets?, at now: Instant
  ) -> Verdict {
    let offered = request.headers.credentials().first { $0.realm == realm && algorithms.contains($0.algorithm) }
    func challenges(isStale: Bool) -> [DigestChallenge] {
      let nonce = text(of: newNonce(for: key, at: now), realm, source)
      return algorithms.map { DigestChallenge(realm: realm, nonce: nonce, algorithm: $0, isStale: isStale) }
    }
    guard let offered else { return .challenge(challenges(isStale: false)) }
    guard let nonce = nonce(in: offered.nonce, realm, source), isFresh(nonce.made, at: now) else {
      return .challenge(challenges(isStale: true))
    }
    let known = secrets(offered.username)
    let isAnswer = offered.isAnswer(method: request.method, secret: known?[offered.algorithm] ?? Self.nobody)
    guard isAnswer, known != nil else { return .refused(challenges(isStale: false), user: offered.username) }
    guard use(nonce, offered) else { return .challenge(challenges(isStale: true)) }
    return .accepted(user: offered.username)
  }

  /// No password has this digest.
  private static let nobody = String(repeating: "0", count: 64)

  private mutating func newNonce(for key: TransactionKey?, at now: Instant) -> Nonce {
    if let key, let known = recent[key, now] { return known }
    lastNumber &+= 1
    let nonce = Nonce(made: now, number: lastNumber)
    if let key { recent.note(nonce, for: key) }
    return nonce
  }

  private func text(of nonce: Nonce, _ realm: String, _ source: IPAddress) -> String {
    let body = nonce.made.nanoseconds.octets + nonce.number.octets
    return Base64.encodeForURL(body + seal(body, realm, source))
  }

  private func seal(_ body: [UInt8], _ realm: String, _ source: IPAddress) -> [UInt8] {
    Array(HMACSHA256.authenticate(body + source.octets + Array(realm.utf8), key: secret).prefix(12))
  }

  /// A nonce of ours that was made for that realm and source; `nil` for any other.
  private func nonce(in text: String, _ realm: String, _ source: IPAddress) -> Nonce? {
    guard let octets = Base64.decode(text), octets.count == 28 else { return nil }
    let body = Array(octets.prefix(16))
    guard constantTimeEquals(Array(octets.suffix(12)), seal(body, realm, source)) else { return nil }
    func word(_ octets: ArraySlice<UInt8>) -> UInt64 { octets.reduce(0) { $0 << 8 | UInt64($1) } }
    return Nonce(made: Instant(nanoseconds: Int64(bitPattern: word(body[..<8]))), number: word(body[8...]))
  }

  private func isFresh(_ made: Instant, at now: Instant) -> Bool {
    if let forgottenUntil, made <= forgottenUntil { return false }
    return now >= made && now - made <= Self.nonceLifetime
  }

  /// Whether the nonce was not used with this count before. A client without counts (RFC 2069) may use a nonce once.
  private mutating func use(_ nonce: Nonce, _ credentials: DigestCredentials) -> Bool {
    let count = credentials.quality?.count ?? .max
    if let highest = highestCount[nonce.number] {
      guard count > highest else { return false }
    } else {
      if counted.count >= Self.maximumCounted { forgetHalf() }
      counted.append(nonce)
    }
    highestCount[nonce.number] = count
    return true
  }

  private mutating func forgetHalf() {
    let half = counted.prefix(Self.maximumCounted / 2)
    for old in half {
      highestCount[old.number] = nil
      forgottenUntil = max(old.made, forgottenUntil ?? old.made)
    }
    counted.removeFirst(half.count)
  }
}
