import Calls
import HTTP
import SIPSyntax
import Storage
import Wire

/// What a tenant chose, and what follows from it for pages that ask.
extension Reception {
  static let maximumOrigins = 50

  struct Settings: Hashable, Sendable {
    var name: String
    var allowedOrigins: [HTTPOrigin]
    var digest: DigestPolicy
  }

  /// What is to change; `nil` leaves it.
  struct SettingsWish: Sendable {
    var name: String?
    var allowedOrigins: [String]?
    var digest: String?
    /// Of the owner who asks.
    var ownerPassword: (owner: String, password: String)?
  }

  func settings(of id: TenantID) async throws(EnrolmentFault) -> Settings {
    guard let tenant = await signalling.tenant(id.description) else { throw .directory(.unknownTenant) }
    return Settings(name: tenant.name, allowedOrigins: origins[id] ?? [], digest: tenant.digestPolicy)
  }

  /// Everything that is wished for, or nothing of it.
  func change(_ wish: SettingsWish, of id: TenantID) async throws -> Settings {
    _ = try await settings(of: id)
    let name = try wish.name.map(Enrolment.tenantName)
    let change = try Self.change(wish)
    let owner: OwnerEdit? =
      if let (owner, password) = wish.ownerPassword { try await ownerEdit(password, of: owner, in: id) } else { nil }
    // Before the disk has it, so that nobody takes the name of an owner who had no password meanwhile.
    if case .added(let person)? = owner { accounts.add(person, to: id) }
    do throws(StorageFailure) {
      try await ledger.change(id, name: name, change, owner)
    } catch {
      if case .added(let person)? = owner { accounts.remove(person.name, of: id) }
      throw EnrolmentFault.notKept(error)
    }
    if case .changed(let person)? = owner {
      accounts.set(person.secret, of: person.name, in: id, at: person.tokensValidAfter)
    }
    do {
      if let name { try await signalling.apply(.tenantRenamed(id, name: name)) }
      if let digest = change.digest { try await signalling.apply(.digestPolicySet(id, digest)) }
    } catch {
      throw EnrolmentFault.directory(error)
    }
    if let allowed = change.allowedOrigins { origins[id] = allowed.isEmpty ? nil : allowed }
    log.write(.info, "A business has other settings", [("tenant", id.description)])
    return try await settings(of: id)
  }

  private static func change(_ wish: SettingsWish) throws(AccessFault) -> TenantSettings.Change {
    var change = TenantSettings.Change()
    if let texts = wish.allowedOrigins {
      var origins: [HTTPOrigin] = []
      for text in texts {
        guard let origin = HTTPOrigin(text) else { throw .origin(String(text.prefix(100))) }
        if !origins.contains(origin) { origins.append(origin) }
      }
      guard origins.count <= maximumOrigins else { throw .tooManyOrigins }
      change.allowedOrigins = origins
    }
    if let text = wish.digest {
      guard let policy = DigestPolicy(settingsName: text) else { throw .digest(String(text.prefix(100))) }
      change.digest = policy
    }
    return change
  }

  /// Whether pages of that origin may ask for what is the tenant's. Of a tenant that there is not, all may: they will hear it.
  func allows(_ origin: String, in uuid: String) -> Bool {
    guard let tenant = TenantID(uuid), let allowed = origins[tenant] else { return true }
    return HTTPOrigin(origin).map(allowed.contains) ?? false
  }
}
