import Calls
import Cryptography
import Storage
import Wire

/// Who logs in besides agents, and who owns which tenant: a token kept as its digest, passwords as slow ones. The ledger has the same.
struct Accounts: Sendable {
  /// OWASP's figure of 2023 for PBKDF2 with HMAC-SHA256.
  static let iterations = 600_000
  private static let algorithm = "pbkdf2-sha256"
  /// What an owner is called who gave no address.
  static let nameless = "owner"
  /// Owners and supervisors of one tenant.
  static let maximumPeople = 200

  /// An owner or a supervisor.
  struct Person: Hashable, Sendable {
    /// As it was written when the person was added; case does not matter.
    let name: String
    let role: Role
    var secret: Secret
    let createdAt: WallTime
    /// Tokens from before this moment are worth nothing any more.
    var tokensValidAfter: WallTime
    /// Seconds since 1970: tokens that were issued before are ended.
    var oldestToken: Int64 { tokensValidAfter.milliseconds / 1000 }

    func isCalled(_ name: String) -> Bool { self.name.lowercased() == name.lowercased() }
  }

  /// A password as it is kept.
  struct Secret: Hashable, Sendable {
    let salt: [UInt8]
    let digest: [UInt8]

    /// Takes a third of a second on purpose: on a thread of `PasswordHashing` only.
    init(password: String, salt: [UInt8]) {
      self.salt = salt
      digest = PBKDF2.derive(password: Array(password.utf8), salt: salt, iterations: Accounts.iterations, length: 32)
    }

    /// A secret from its row; `nil` for one that was made in another way than ours.
    init?(kept: PasswordHash) {
      guard kept.algorithm == Accounts.algorithm, kept.cost == Accounts.iterations else { return nil }
      (salt, digest) = (kept.salt, kept.hash)
    }

    var kept: PasswordHash {
      PasswordHash(algorithm: Accounts.algorithm, cost: Accounts.iterations, salt: salt, hash: digest)
    }
  }

  /// What machines, and the first step, do what an owner does with.
  struct OwnerToken: Hashable, Sendable {
    /// Long enough for a machine that nobody looks at every month, and no longer: another one is made with a word.
    static let lifetime = Duration.seconds(90 * 86_400)

    let digest: [UInt8]
    /// After that it is worth nothing.
    let expiresAt: WallTime

    init(digest: [UInt8], expiresAt: WallTime) {
      self.digest = digest
      self.expiresAt = expiresAt
    }

    init(_ token: String, at now: WallTime) {
      let end = WallTime(milliseconds: now.milliseconds &+ Self.lifetime.milliseconds)
      self.init(digest: SHA256.hash(Array(token.utf8)), expiresAt: end)
    }
  }

  private struct House {
    /// `nil` for the demo's, which is nobody's, and for one that was revoked.
    var token: OwnerToken?
    /// In the order in which they were added.
    var people: [Person]
  }
  private var houses: [TenantID: House] = [:]

  mutating func open(_ tenant: TenantID, token: OwnerToken?, people: [Person]) {
    houses[tenant] = House(token: token, people: people)
  }

  mutating func close(_ tenant: TenantID) { houses[tenant] = nil }

  mutating func set(_ token: OwnerToken?, of tenant: TenantID) { houses[tenant]?.token = token }

  /// The tenant's own token, if this is it and it has not ended.
  func ownerToken(_ token: String, of tenant: TenantID, at now: WallTime) -> OwnerToken? {
    guard let known = houses[tenant]?.token, constantTimeEquals(known.digest, SHA256.hash(Array(token.utf8))) else {
      return nil
    }
    return now < known.expiresAt ? known : nil
  }

  func people(of tenant: TenantID) -> [Person] { houses[tenant]?.people ?? [] }

  func person(_ name: String, of tenant: TenantID) -> Person? { people(of: tenant).first { $0.isCalled(name) } }

  mutating func add(_ person: Person, to tenant: TenantID) { houses[tenant]?.people.append(person) }

  mutating func remove(_ name: String, of tenant: TenantID) { houses[tenant]?.people.removeAll { $0.isCalled(name) } }

  mutating func set(_ secret: Secret, of name: String, in tenant: TenantID, at moment: WallTime) {
    guard let index = houses[tenant]?.people.firstIndex(where: { $0.isCalled(name) }) else { return }
    houses[tenant]?.people[index].secret = secret
    houses[tenant]?.people[index].tokensValidAfter = moment
  }
}
