import Calls
import Cryptography
import Wire

/// Who owns which tenant: a token kept as its digest, a password as a slow one. In memory until the next issue's database.
struct Accounts: Sendable {
  /// OWASP's figure of 2023 for PBKDF2 with HMAC-SHA256.
  static let iterations = 600_000

  private struct Account: Sendable {
    var token: [UInt8]
    var salt: [UInt8]
    var password: [UInt8]
  }
  private var accounts: [TenantID: Account] = [:]

  /// Opens an account and gives its token, which is not kept and shown this once.
  mutating func open(_ tenant: TenantID, password: String, using random: inout Randomness) -> String {
    let token = random.token(40)
    let salt = random.bytes(16)
    let digest = PBKDF2.derive(password: Array(password.utf8), salt: salt, iterations: Self.iterations, length: 32)
    accounts[tenant] = Account(token: SHA256.hash(Array(token.utf8)), salt: salt, password: digest)
    return token
  }

  func isOwner(of tenant: TenantID, token: String) -> Bool {
    guard let account = accounts[tenant] else { return false }
    return constantTimeEquals(account.token, SHA256.hash(Array(token.utf8)))
  }
}
