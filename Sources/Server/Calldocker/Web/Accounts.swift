import Calls
import Cryptography
import Storage
import Wire

/// Who owns which tenant: a token kept as its digest, a password as a slow one. The ledger has the same.
struct Accounts: Sendable {
  /// OWASP's figure of 2023 for PBKDF2 with HMAC-SHA256.
  static let iterations = 600_000
  private static let algorithm = "pbkdf2-sha256"
  /// What an owner is called who gave no address.
  static let nameless = "owner"

  struct Account: Sendable {
    /// The digest of the token, which itself is not kept.
    var token: [UInt8]
    /// The address that the owner signed up with.
    var owner: String
    /// Of the owner; one who was added from the command line has the token alone.
    var secret: Secret?

    /// An account with a new token, which is shown this once.
    static func new(owner: String?, _ secret: Secret?, using random: inout Randomness) -> (account: Account, token: String) {
      let token = random.token(40)
      return (Account(token: SHA256.hash(Array(token.utf8)), owner: owner ?? nameless, secret: secret), token)
    }
  }
  private var accounts: [TenantID: Account] = [:]

  /// A password as it is kept.
  struct Secret: Sendable {
    fileprivate var salt: [UInt8]
    fileprivate var digest: [UInt8]

    /// Takes a third of a second on purpose: never on an event loop.
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

  mutating func open(_ tenant: TenantID, _ account: Account) { accounts[tenant] = account }

  mutating func close(_ tenant: TenantID) { accounts[tenant] = nil }

  func isOwner(of tenant: TenantID, token: String) -> Bool {
    guard let account = accounts[tenant] else { return false }
    return constantTimeEquals(account.token, SHA256.hash(Array(token.utf8)))
  }
}
