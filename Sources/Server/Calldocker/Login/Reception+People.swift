import Calls
import Storage
import Wire

/// Owners and supervisors: each is durable before anybody hears of it.
extension Reception {
  func people(of tenant: TenantID) -> [Accounts.Person] { accounts.people(of: tenant) }

  /// Adds somebody who may log in from now on.
  func addPerson(_ text: String, role: Role, password: String, to tenant: TenantID) async throws -> Accounts.Person {
    let name = text.lowercased()
    guard Self.isUserName(name) else { throw AccessFault.userName }
    guard role != .agent else { throw AccessFault.role(role.rawValue) }
    try check(name, isFreeIn: tenant)
    let secret = try await secret(password)
    try check(name, isFreeIn: tenant)
    let now = WallClock.now
    let person = Accounts.Person(name: name, role: role, secret: secret, createdAt: now, tokensValidAfter: now)
    // Before the disk has it, so that nobody takes the name meanwhile. It is undone if the disk fails.
    accounts.add(person, to: tenant)
    do throws(StorageFailure) {
      try await ledger.add(person, to: tenant)
    } catch {
      accounts.remove(name, of: tenant)
      throw EnrolmentFault.notKept(error)
    }
    log.write(.info, "A user was added", personal: name, [("tenant", tenant.description), ("role", role.rawValue)])
    return person
  }

  /// The person's tokens are worth nothing from now on.
  func removePerson(_ name: String, of tenant: TenantID) async throws -> Accounts.Person {
    guard let person = accounts.person(name, of: tenant) else { throw AccessFault.unknownPerson }
    let owners = accounts.people(of: tenant).filter { $0.role == .owner }
    guard person.role != .owner || owners.count > 1 else { throw AccessFault.lastOwner }
    // Before the disk has it, so that of two owners who remove each other one stays. It is undone if the disk fails.
    accounts.remove(name, of: tenant)
    do throws(StorageFailure) {
      try await ledger.remove(person, of: tenant)
    } catch {
      accounts.add(person, to: tenant)
      throw EnrolmentFault.notKept(error)
    }
    log.write(.info, "A user was removed", personal: person.name, [("tenant", tenant.description)])
    return person
  }

  /// An owner who is to have another password; it is written together with whatever else was wished for.
  enum OwnerEdit: Sendable {
    /// One who had none yet, because only a token was given out.
    case added(Accounts.Person)
    /// One whose tokens end with it.
    case changed(Accounts.Person)
  }

  func ownerEdit(_ password: String, of owner: String, in tenant: TenantID) async throws -> OwnerEdit {
    let secret = try await secret(password)
    let now = WallClock.now
    if var person = accounts.person(owner, of: tenant) {
      (person.secret, person.tokensValidAfter) = (secret, now)
      return .changed(person)
    }
    guard Self.isUserName(owner) else { throw AccessFault.userName }
    try check(owner, isFreeIn: tenant)
    return .added(Accounts.Person(name: owner, role: .owner, secret: secret, createdAt: now, tokensValidAfter: now))
  }

  private func check(_ name: String, isFreeIn tenant: TenantID) throws(AccessFault) {
    guard accounts.person(name, of: tenant) == nil else { throw .personExists }
    guard accounts.people(of: tenant).count < Accounts.maximumPeople else { throw .tooManyPeople }
  }

  private func secret(_ password: String) async throws -> Accounts.Secret {
    guard Enrolment.ownerPasswordBytes.contains(password.utf8.count) else { throw AccessFault.password }
    guard let secret = await hashing.secret(password, salt: randomness.bytes(16)) else { throw Denial.busy }
    return secret
  }

  /// An address, as far as it tells people from agents; or what an owner is called who gave none.
  private static func isUserName(_ name: String) -> Bool {
    guard name != Accounts.nameless else { return true }
    let parts = name.split(separator: "@", omittingEmptySubsequences: false)
    let isVisible = name.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F && !$0.properties.isWhitespace }
    return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && isVisible && name.utf8.count <= maximumUserBytes
  }
}
