import SQLite
import Scratch
import Testing
import Wire

@testable import Storage

@Suite("Each table keeps its rows, and each tenant its own")
struct TableTests {
  private let office: Office
  private var store: StorageWriter { office.writer }
  private let one = TenantKey.numbered(1)
  private let two = TenantKey.numbered(2)
  init() throws { office = try Office() }

  @Test("Tenants: what was written comes back, changes, and is there once")
  func tenants() throws {
    var tenant = TenantRow(
      key: one, name: "Café ☎️ \u{0}", isOpen: true, fallback: "echo", settings: #"{"origins":["https://a.example"]}"#,
      createdAt: WallTime(milliseconds: .max))
    try store.addTenant(tenant)
    try store.addTenant(.numbered(2))
    #expect(try store.tenant(one) == tenant)
    #expect(try store.tenants() == [.numbered(2), tenant])
    #expect(reason { try store.addTenant(tenant) } == .constraint(.unique))
    (tenant.name, tenant.isOpen, tenant.fallback, tenant.settings) = ("Other", false, "refuse", "{}")
    #expect(try store.changeTenant(tenant))
    #expect(try store.tenant(one) == tenant)
    #expect(try store.tenant(two) == .numbered(2))
    #expect(try store.changeTenant(.numbered(3)) == false)
    #expect(try store.tenant(.numbered(3)) == nil)
  }

  @Test("Settings that are no JSON object are refused", arguments: ["", "{", "[]", "null", "7", "\"{}\"", "{}x"])
  func settings(_ text: String) throws {
    var tenant = TenantRow.numbered(1)
    tenant.settings = text
    #expect(reason { try store.addTenant(tenant) } == .constraint(.notNull))
    try store.addTenant(.numbered(1))
    #expect(reason { _ = try store.changeTenant(tenant) } == .constraint(.notNull))
    #expect(try store.tenant(one)?.settings == "{}")
  }

  @Test("A tenant's key is a UUID, in bytes and in text", arguments: ["00000000-0000-4000-8000-00000000CA11"])
  func keys(_ text: String) throws {
    let key = try #require(TenantKey(text))
    #expect(key.description == text.lowercased() && TenantKey(octets: key.octets) == key)
    #expect(TenantKey(octets: Array(key.octets.dropLast())) == nil && TenantKey(octets: key.octets + [0]) == nil)
    #expect(TenantKey(text.dropLast()) == nil && TenantKey(text.replacing("-", with: "")) == nil)
  }

  @Test("Users: passwords, roles, and tokens that end and never come back")
  func users() throws {
    for tenant in [one, two] { try store.addTenant(.numbered(tenant.octets[0])) }
    try store.addUser(.sample("z@example.org", of: one))
    try store.addUser(.sample("alice", of: one, role: .agent))
    try store.addUser(.sample("alice", of: two, role: .supervisor))
    #expect(try store.users(of: one).map(\.user) == ["alice", "z@example.org"])
    #expect(try store.user("alice", of: two) == .sample("alice", of: two, role: .supervisor))
    #expect(try store.user("ALICE", of: one) == nil)
    #expect(reason { try store.addUser(.sample("alice", of: one)) } == .constraint(.unique))
    #expect(reason { try store.addUser(.sample("alice", of: .numbered(3))) } == .constraint(.foreignKey))
    let password = PasswordHash(algorithm: "other", cost: 1, salt: [], hash: [9])
    #expect(try store.setPassword(password, of: "alice", in: one, at: 50))
    #expect(try store.setRole(.owner, of: "alice", in: one))
    #expect(try store.revokeTokens(of: "alice", in: one, before: 40))
    let changed = try #require(try store.user("alice", of: one))
    #expect(changed.password == password && changed.role == .owner && changed.tokensValidAfter == 50)
    #expect(try store.revokeTokens(of: "alice", in: one, before: 60))
    #expect(try store.user("alice", of: one)?.tokensValidAfter == 60)
    #expect(try store.removeUser("alice", of: one))
    #expect(try !store.removeUser("alice", of: one) && !store.setRole(.owner, of: "alice", in: one))
    #expect(try store.user("alice", of: two) == .sample("alice", of: two, role: .supervisor))
  }

  @Test("Agents come in the order of their creation, whatever their names, and only in their tenant")
  func agents() throws {
    for tenant in [one, two] { try store.addTenant(.numbered(tenant.octets[0])) }
    let zoe = try store.addAgent("zoe", to: one, secrets: DigestSecrets(md5: "a", sha256: "b"), displayName: "Zoë", at: 7)
    let bob = try store.addAgent("bob", to: one, at: 6)
    let other = try store.addAgent("zoe", to: two, at: 8)
    #expect([zoe.position, bob.position, other.position] == [0, 1, 0])
    #expect(try store.agents(of: one) == [zoe, bob])
    #expect(try store.agent("zoe", of: two) == other)
    #expect(reason { _ = try store.addAgent("bob", to: one, at: 9) } == .constraint(.unique))
    #expect(reason { _ = try store.addAgent("bob", to: .numbered(3), at: 9) } == .constraint(.foreignKey))
    #expect(try store.setSecrets(DigestSecrets(md5: "c"), of: "zoe", in: one))
    #expect(try store.setDisplayName(nil, of: "zoe", in: one))
    #expect(try store.setPause(Pause(since: 20, reason: "lunch"), of: "zoe", in: one))
    var changed = try #require(try store.agent("zoe", of: one))
    #expect(changed.secrets == DigestSecrets(md5: "c") && changed.displayName == nil)
    #expect(changed.pause == Pause(since: 20, reason: "lunch"))
    #expect(try store.setPause(Pause(since: 21), of: "zoe", in: one))
    changed = try #require(try store.agent("zoe", of: one))
    #expect(changed.pause == Pause(since: 21))
    #expect(try store.setPause(nil, of: "zoe", in: one))
    #expect(try store.agent("zoe", of: one)?.pause == nil)
    #expect(try store.removeAgent("zoe", of: one))
    #expect(try !store.removeAgent("zoe", of: one) && !store.setPause(nil, of: "zoe", in: one))
    #expect(try store.addAgent("ann", to: one, at: 9).position == 2)
    #expect(try store.agent("zoe", of: two) == other)
  }

  @Test("Teams are made when they are needed; an agent is in those that it was put into last")
  func teams() throws {
    try Office.furnish(1, store)
    try Office.furnish(2, store)
    func places(_ agent: String) throws -> [String] {
      try store.teamMembers(of: one).filter { $0.agent == agent }.map(\.team)
    }
    #expect(try store.teams(of: one).map(\.name) == ["sales", "alice", "bob"])
    #expect(try places("alice") == ["alice", "sales"])
    try store.setTeams(["new", "sales", "new"], of: "alice", in: one, at: 9)
    #expect(try places("alice") == ["new", "sales"])
    #expect(try store.teams(of: one).first { $0.name == "new" }?.createdAt == 9)
    #expect(try store.addTeam("sales", to: one, at: 9) == false)
    #expect(reason { try store.setTeams(["x"], of: "nobody", in: one, at: 9) } == .constraint(.foreignKey))
    #expect(try store.teams(of: one).map(\.name) == ["sales", "alice", "bob", "new", "x"])
    #expect(try store.teams(of: one).map(\.position) == [0, 1, 2, 3, 4])
    #expect(try store.removeTeam("sales", of: one))
    #expect(try places("alice") == ["new"] && places("bob") == ["bob"])
    #expect(try store.removeAgent("bob", of: one))
    #expect(try places("bob") == [])
    #expect(try office.counts(of: two) == Office.furnished)
  }

  @Test("A team that is renamed keeps its place and its members; members are set wholly, and only in their tenant")
  func renaming() throws {
    try Office.furnish(1, store)
    try Office.furnish(2, store)
    #expect(try store.renameTeam("sales", to: "Verkauf", in: one))
    #expect(try store.teams(of: one).map(\.name) == ["Verkauf", "alice", "bob"])
    #expect(try store.teamMembers(of: one).filter { $0.team == "Verkauf" }.map(\.agent) == ["alice", "bob"])
    #expect(try store.renameTeam("Verkauf", to: "Verkauf", in: one) && !store.renameTeam("sales", to: "x", in: one))
    #expect(reason { _ = try store.renameTeam("alice", to: "bob", in: one) } == .constraint(.unique))
    try store.setMembers(["bob", "bob"], of: "alice", in: one)
    #expect(try store.teamMembers(of: one).filter { $0.team == "alice" }.map(\.agent) == ["bob"])
    #expect(reason { try store.setMembers(["nobody"], of: "alice", in: one) } == .constraint(.foreignKey))
    #expect(reason { try store.setMembers(["bob"], of: "none", in: one) } == .constraint(.foreignKey))
    #expect(try store.database.integrityFaults() == [])
    #expect(try office.counts(of: two) == Office.furnished)
  }

  @Test("A database from before teams had an order gives them the one of their making, and by name where that is the same")
  func teamsBefore() throws {
    let scratch = try Scratch()
    let database = try Database(scratch.file())
    let steps = Array(Schema.calldocker.steps.prefix(2))
    _ = try database.migrate(to: Schema(application: Schema.calldocker.application, steps: steps))
    let old = StorageWriter(database)
    for tenant in [one, two] {
      try old.addTenant(.numbered(tenant.octets[0]))
      for (name, moment) in [("b", 1), ("z", 0), ("a", 1)] as [(String, Int64)] {
        try old.database.run("INSERT INTO teams (tenant, name, created_at) VALUES (?1, ?2, ?3)", tenant, name, moment)
      }
    }
    _ = try old.database.migrate(to: .calldocker)
    for tenant in [one, two] {
      #expect(try old.teams(of: tenant).map(\.name) == ["z", "a", "b"])
      #expect(try old.addTeam("c", to: tenant, at: 0) && old.teams(of: tenant).map(\.position) == [0, 1, 2, 3])
    }
  }

  @Test("Registrations: an agent's phones are replaced wholly, in their order, and end by the clock")
  func registrations() throws {
    try Office.furnish(1, store)
    try Office.furnish(2, store)
    let (old, new) = (
      PhoneRegistration.sample("old", registeredAt: 1), PhoneRegistration.sample("new", registeredAt: 9, expiresAt: 20)
    )
    var bare = PhoneRegistration.sample("bare", registeredAt: 5)
    (bare.instance, bare.regID, bare.userAgent, bare.transport) = (nil, nil, nil, .wss)
    try store.setRegistrations([new, bare, old], of: "alice", in: one)
    let all = try store.registrations(of: one, at: 0)
    #expect(all.filter { $0.agent == "alice" }.map(\.phone) == [old, bare, new])
    #expect(all.filter { $0.agent == "bob" }.count == 2 && all.allSatisfy { $0.tenant == one })
    #expect(try store.registrations(of: one, at: 20).filter { $0.agent == "alice" }.map(\.phone) == [old, bare])
    #expect(try store.removeExpiredRegistrations(at: 19) == 0)
    #expect(try store.removeExpiredRegistrations(at: 20) == 1)
    #expect(reason { try store.setRegistrations([old], of: "nobody", in: one) } == .constraint(.foreignKey))
    #expect(reason { try store.setRegistrations([old, old], of: "bob", in: one) } == .constraint(.unique))
    try store.setRegistrations([], of: "alice", in: one)
    #expect(try store.registrations(of: one, at: 0).contains { $0.agent == "alice" } == false)
    #expect(try office.counts(of: two) == Office.furnished)
  }

  @Test("Secrets are set, kept and gone; revoked tokens are known until their own end; the audit is paged")
  func odds() throws {
    #expect(try store.secret("jwt") == nil)
    #expect(try store.secret("jwt", orKeep: [1, 0]) == [1, 0])
    #expect(try store.secret("jwt", orKeep: [2]) == [1, 0])
    try store.setSecret("jwt", to: [3])
    #expect(try store.secret("jwt") == [3])
    #expect(try store.removeSecret("jwt") && store.secret("jwt") == nil && !store.removeSecret("jwt"))

    try store.revokeToken(RevokedTokenRow(jti: "a", expiresAt: 10))
    try store.revokeToken(RevokedTokenRow(jti: "a", expiresAt: 5))
    try store.revokeToken(RevokedTokenRow(jti: "b", expiresAt: 20))
    #expect(try store.removeExpiredTokens(at: 9) == 0)
    #expect(try store.isRevoked("a") && store.isRevoked("b") && !store.isRevoked("c"))
    #expect(try store.removeExpiredTokens(at: 10) == 1)
    #expect(try !store.isRevoked("a"))

    try store.addTenant(.numbered(1))
    try store.note("started", by: "service", in: nil, at: 0)
    for number in 1...AuditRow.maximumPage + 1 { try store.note("\(number)", by: "ann", in: one, at: 1) }
    let page = try store.audit(of: one, limit: .max)
    #expect(page.count == AuditRow.maximumPage && page.first?.what == "\(AuditRow.maximumPage + 1)")
    let rest = try store.audit(of: one, before: try #require(page.last).number)
    #expect(rest.map(\.what) == ["1"] && rest.first?.tenant == one && rest.first?.who == "ann")
    #expect(try store.audit(of: two).isEmpty && store.audit(of: one, limit: -1).isEmpty)
    #expect(try store.serviceAudit().map(\.what) == ["started"])
  }

  @Test("The audit keeps so many changes of one tenant and no older ones; another's stay")
  func auditLimits() throws {
    try store.addTenant(.numbered(1))
    try store.addTenant(.numbered(2))
    let entry = AuditEntry(who: "ann", role: "owner", source: "public", what: "x", target: "y", fields: ["a", "b"])
    try store.enter(entry, in: two, at: 1)
    try store.enter(entry, in: nil, at: 1)
    try store.database.run(
      """
      WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?1)
      INSERT INTO audit (tenant, at, who, what) SELECT ?2, 1, 'ann', 'x' FROM numbers
      """,
      AuditRow.maximumRows - 1, one)
    try store.enter(entry, in: one, at: 1)
    #expect(try store.audit(of: one, before: 4).map(\.number) == [3])
    try store.enter(entry, in: one, at: 1)
    #expect(try store.audit(of: one, before: 4).isEmpty, "one past the limit takes the oldest away")
    let row = try #require(try store.audit(of: two).first)
    #expect(row.fields == ["a", "b"] && row.target == "y" && row.role == "owner" && row.source == "public")
    let later = WallTime(milliseconds: 86_400_000 * Int64(AuditRow.maximumDays) + 2)
    for _ in 0...AuditRow.maximumRows / 100 + 1 { try store.enter(entry, in: one, at: later) }
    #expect(try store.audit(of: two).isEmpty && store.serviceAudit().isEmpty, "too old")
  }

  @Test("A tenant goes with all that is its own, and nothing else does")
  func removal() throws {
    for number: UInt8 in 1...3 { try Office.furnish(number, store) }
    try store.note("kept", by: "service", in: nil, at: 0)
    #expect(try office.counts(of: two) == Office.furnished)
    #expect(try store.removeTenant(two))
    #expect(try office.counts(of: two).values.allSatisfy { $0 == 0 })
    #expect(try office.counts(of: one) == Office.furnished)
    #expect(try office.counts(of: .numbered(3)) == Office.furnished)
    #expect(try store.serviceAudit().map(\.what) == ["kept"])
    #expect(try store.removeTenant(two) == false)
    #expect(try store.database.integrityFaults() == [])
  }

  @Test("What a service starts from is everything, of every tenant, in its order")
  func startingState() throws {
    try Office.furnish(2, store)
    try Office.furnish(1, store)
    try store.revokeToken(RevokedTokenRow(jti: "a", expiresAt: 10))
    try store.revokeToken(RevokedTokenRow(jti: "b", expiresAt: 11))
    try store.setRegistrations([.sample("gone", expiresAt: 10)], of: "bob", in: one)
    let state = try store.startingState(at: 10)
    #expect(state.tenants.map(\.key) == [one, two])
    #expect(try state.users == store.users(of: one) + store.users(of: two))
    #expect(try state.agents == store.agents(of: one) + store.agents(of: two))
    #expect(try state.teams == store.teams(of: one) + store.teams(of: two))
    #expect(try state.teamMembers == store.teamMembers(of: one) + store.teamMembers(of: two))
    #expect(try state.registrations == store.registrations(of: one, at: 10) + store.registrations(of: two, at: 10))
    #expect(state.registrations.count == 6)
    #expect(state.revokedTokens == [RevokedTokenRow(jti: "b", expiresAt: 11)])
  }
}
