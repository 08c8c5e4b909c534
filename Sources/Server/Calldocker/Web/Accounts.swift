import Calls
import Cryptography
import Wire

/// Who owns which tenant: a token kept as its digest, a password as a slow one. In memory until the next issue's database.
struct Accounts: Sendable {
  /// OWASP's figure of 2023 for PBKDF2 with HMAC-SHA256.
  static let iterations = 600_000

  private struct Account: Sendable {
    var token: [UInt8]
    /// Of the owner; one who was added from the command line has the token alone.
    var secret: Secret?
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
  }

  /// Opens an account and gives its token, which is not kept and shown this once.
  mutating func open(_ tenant: TenantID, _ secret: Secret?, using random: inout Randomness) -> String {
    let token = random.token(40)
    accounts[tenant] = Account(token: SHA256.hash(Array(token.utf8)), secret: secret)
    return token
  }

  func isOwner(of tenant: TenantID, token: String) -> Bool {
    guard let account = accounts[tenant] else { return false }
    return constantTimeEquals(account.token, SHA256.hash(Array(token.utf8)))
  }
}
