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

  private struct House {
    /// `nil` for the demo's, which is nobody's.
    var token: [UInt8]?
    /// In the order in which they were added.
    var people: [Person]
  }
  private var houses: [TenantID: House] = [:]

  mutating func open(_ tenant: TenantID, token: [UInt8]?, people: [Person]) {
    houses[tenant] = House(token: token, people: people)
  }

  mutating func close(_ tenant: TenantID) { houses[tenant] = nil }

  /// Whether this is the token that the tenant's owner was given when it was added.
  func isOwner(of tenant: TenantID, token: String) -> Bool {
    guard let known = houses[tenant]?.token else { return false }
    return constantTimeEquals(known, SHA256.hash(Array(token.utf8)))
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
