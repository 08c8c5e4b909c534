import Calls
import Storage
import Wire

/// The token that belongs to a tenant and not to a person.
extension Reception {
  struct NewOwnerToken: Sendable {
    /// Not kept, and shown this once.
    let token: String
    let expiresAt: WallTime
  }

  /// Makes another token for the tenant; the one before is worth nothing from now on.
  func makeOwnerToken(of tenant: TenantID) async throws -> NewOwnerToken {
    let text = randomness.token(40)
    let token = Accounts.OwnerToken(text, at: WallClock.now)
    try await set(token, of: tenant)
    log.write(.info, "A business has another token", [("tenant", tenant.description)])
    return NewOwnerToken(token: text, expiresAt: token.expiresAt)
  }

  /// Takes the tenant's token away; owners log in with their passwords.
  func revokeOwnerToken(of tenant: TenantID) async throws {
    try await set(nil, of: tenant)
    log.write(.info, "A business's token was revoked", [("tenant", tenant.description)])
  }

  private func set(_ token: Accounts.OwnerToken?, of tenant: TenantID) async throws {
    do throws(StorageFailure) {
      try await ledger.set(token, of: tenant)
    } catch {
      throw EnrolmentFault.notKept(error)
    }
    accounts.set(token, of: tenant)
    rightsMayHaveEnded(in: tenant)
  }
}
