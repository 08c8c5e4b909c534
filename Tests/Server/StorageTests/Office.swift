import Foundation
import Runtime
import SQLite
import Scratch
import Testing
import Wire

@testable import Storage

extension TenantKey {
  /// A tenant of a test's own.
  static func numbered(_ number: UInt8) -> TenantKey {
    guard let key = TenantKey(octets: [UInt8](repeating: number, count: 16)) else { preconditionFailure("16 bytes are a key") }
    return key
  }
}

extension WallTime: ExpressibleByIntegerLiteral {
  public init(integerLiteral milliseconds: Int64) { self.init(milliseconds: milliseconds) }
}

extension TenantRow {
  static func numbered(_ number: UInt8) -> TenantRow {
    TenantRow(key: .numbered(number), name: "Business \(number)", isOpen: false, fallback: "refuse", createdAt: 1)
  }
}

extension PhoneRegistration {
  static func sample(_ user: String, registeredAt: WallTime = 10, expiresAt: WallTime = 1000) -> PhoneRegistration {
    PhoneRegistration(
      contact: "<sip:\(user)@192.0.2.7:5062;transport=udp>;expires=60", instance: "<urn:uuid:0000>", regID: .max,
      userAgent: "a phone ☎️", transport: .udp, remote: SocketAddress(.v4(0xC000_0207), 65_535),
      local: SocketAddress(.v6(high: 1, low: 2), 5060), callID: "call-\(user)", cseq: .max, registeredAt: registeredAt,
      expiresAt: expiresAt)
  }
}

extension UserRow {
  static func sample(_ user: String, of tenant: TenantKey, role: UserRole = .owner) -> UserRow {
    let password = PasswordHash(algorithm: "pbkdf2-sha256", cost: 600_000, salt: [0, 1], hash: [2, 0])
    return UserRow(tenant: tenant, user: user, role: role, password: password, createdAt: 5, tokensValidAfter: 5)
  }
}

/// The tables alone, without a thread.
final class Office {
  let scratch: Scratch
  let writer: StorageWriter

  init() throws {
    scratch = try Scratch()
    let database = try Database(scratch.file())
    _ = try database.migrate(to: .calldocker)
    writer = StorageWriter(database)
  }

  /// Rows of each table of a tenant's, by the table's name.
  func counts(of tenant: TenantKey) throws -> [String: Int] {
    let questions: [(String, SQL)] = [
      ("tenants", "SELECT count(*) FROM tenants WHERE uuid = ?1"), ("users", "SELECT count(*) FROM users WHERE tenant = ?1"),
      ("agents", "SELECT count(*) FROM agents WHERE tenant = ?1"), ("teams", "SELECT count(*) FROM teams WHERE tenant = ?1"),
      ("team_members", "SELECT count(*) FROM team_members WHERE tenant = ?1"),
      ("registrations", "SELECT count(*) FROM registrations WHERE tenant = ?1"),
      ("calls", "SELECT count(*) FROM calls WHERE tenant = ?1"), ("audit", "SELECT count(*) FROM audit WHERE tenant = ?1"),
    ]
    return Dictionary(
      uniqueKeysWithValues: try questions.map { ($0.0, try writer.database.value($0.1, tenant) as Int? ?? 0) })
  }

  /// A tenant with something in every table.
  static func furnish(_ number: UInt8, _ writer: StorageWriter, calls: Int = 2) throws {
    let tenant = TenantKey.numbered(number)
    try writer.addTenant(.numbered(number))
    try writer.addUser(.sample("owner@example.org", of: tenant))
    for name in ["alice", "bob"] {
      _ = try writer.addAgent(name, to: tenant, secrets: DigestSecrets(md5: "m", sha256: "s"), displayName: "A. B.", at: 2)
      try writer.setTeams(["sales", name], of: name, in: tenant, at: 3)
      try writer.setRegistrations([.sample("\(name)-1"), .sample("\(name)-2")], of: name, in: tenant)
    }
    for index in 0..<calls {
      var call = CallRow(tenant: tenant, id: "call-\(index)", visitor: "V", startedAt: WallTime(milliseconds: Int64(index)))
      try writer.beginCall(call)
      call.end = CallEndRow(at: 100, reason: "no-answer")
      try writer.completeCall(call)
      try writer.note("did it", by: "owner", in: tenant, at: 4)
    }
  }

  static let furnished = [
    "tenants": 1, "users": 1, "agents": 2, "teams": 3, "team_members": 4, "registrations": 4, "calls": 2, "audit": 2,
  ]
}

/// The reason why something failed.
func reason(_ body: () throws -> Void, _ location: SourceLocation = #_sourceLocation) -> DatabaseFailure.Reason? {
  do {
    try body()
    Issue.record("it worked", sourceLocation: location)
  } catch let failure as DatabaseFailure {
    return failure.reason
  } catch {
    Issue.record("another error: \(error)", sourceLocation: location)
  }
  return nil
}

/// The failure that something must end in.
func failure<Answer>(
  _ location: SourceLocation = #_sourceLocation, _ body: () async throws -> Answer
) async -> StorageFailure? {
  do {
    _ = try await body()
    Issue.record("it worked", sourceLocation: location)
  } catch let failure as StorageFailure {
    return failure
  } catch {
    Issue.record("another error: \(error)", sourceLocation: location)
  }
  return nil
}
