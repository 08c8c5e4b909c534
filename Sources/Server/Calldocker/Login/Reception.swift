import Calls
import Cryptography
import HTTP
import Runtime
import SIPCore
import SIPSyntax
import Storage
import Wire

/// Where people prove who they are, and where it is known who may do what: passwords become tokens here, and tokens claims.
///
/// A token is bound to the password that it was got with and to the person, who are looked up each time it is shown: another
/// password, or the person's going, ends it.
package actor Reception {
  package static let tokenLifetime = Duration.seconds(12 * 3600)
  /// An address has 254 bytes at most (RFC 5321 §4.5.3.1.3); a longer name is nobody's, and is not looked at.
  static let maximumUserBytes = 254
  private static let maximumPasswordBytes = 200
  /// Forgets tokens that have ended by themselves as often.
  private static let sweepInterval = Duration.seconds(3600)

  private let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  let signalling: SignallingPlane
  let ledger: Ledger
  let log: Log
  let hashing: PasswordHashing
  private let seal: TokenSeal
  var accounts = Accounts()
  /// Pages from which each tenant may be asked for something; all where none is named.
  var origins: [TenantID: [HTTPOrigin]] = [:]
  private var attempts = LoginAttempts()
  private var networks = WrongPasswords()
  private var revoked = RevokedTokens()
  var randomness = Randomness.system
  /// Told whose right to work in a browser may have ended: an agent's, or (`nil`) anybody's of that tenant.
  private var rightsWatcher: (@Sendable (TenantID, AgentName?) -> Void)?
  private var sweeper: EventLoop.TimerID?
  /// Who has had its lines in the log about wrong passwords, and when the others are told of.
  private var lines = LineLimit<SourceNetwork>()
  private var teller: EventLoop.TimerID?

  /// Reads the key that seals tokens, or makes one: this waits for the disk.
  init(
    loop: EventLoop, signalling: SignallingPlane, ledger: Ledger, hashing: PasswordHashing, log: Log
  ) throws(StorageFailure) {
    self.loop = loop
    self.signalling = signalling
    self.ledger = ledger
    self.hashing = hashing
    self.log = log
    var random = Randomness.system
    seal = TokenSeal(key: try ledger.secret("token-seal", orKeep: random.bytes(32)))
  }

  /// Everybody may log in again who could before, and what was revoked stays so; to be done before anybody can ask.
  func restore(_ state: StartingState) {
    for (tenant, token, people) in state.houses { accounts.open(tenant, token: token, people: people) }
    for (tenant, settings) in state.settings where !settings.allowedOrigins.isEmpty {
      origins[tenant] = settings.allowedOrigins
    }
    for row in state.revokedTokens { revoked.insert(row.jti, expiresAt: row.expiresAt.milliseconds / 1000) }
    sweeper = loop.makeTimer { [unowned self] in assumeIsolated { $0.sweep() } }
    scheduleSweep()
    teller = loop.makeTimer { [unowned self] in assumeIsolated { $0.tellOfOthers() } }
  }

  private func scheduleSweep() {
    if let sweeper { loop.set(sweeper, to: SystemClock.now + Self.sweepInterval) }
  }

  private func sweep() {
    revoked.sweep(now: Self.now)
    ledger.sweepRevoked { [log] in log.write(.error, "Tokens that have ended were not deleted. \($0)") }
    scheduleSweep()
  }

  func open(_ tenant: TenantID, token: Accounts.OwnerToken?, people: [Accounts.Person]) {
    accounts.open(tenant, token: token, people: people)
  }

  func close(_ tenant: TenantID) {
    accounts.close(tenant)
    origins[tenant] = nil
  }

  /// Seconds since 1970.
  private static var now: Int64 { SystemClock.wallNanoseconds / 1_000_000_000 }

  // MARK: Passwords

  struct Wish: Sendable {
    var uuid: String
    var user: String
    var password: String
  }

  struct Grant: Sendable {
    var token: String
    var claims: AccessClaims
    var company: String
  }

  /// Whoever is nobody costs the same work and hears the same as somebody with a wrong password.
  func logIn(_ wish: Wish, from address: IPAddress) async throws(Denial) -> Grant {
    guard let tenant = TenantID(wish.uuid), (1...Self.maximumUserBytes).contains(wish.user.utf8.count),
      (1...Self.maximumPasswordBytes).contains(wish.password.utf8.count)
    else {
      complain(of: wish, from: address)
      throw .wrongPassword
    }
    let network = SourceNetwork(address)
    let guesser = LoginAttempts.Guesser(network: network, tenant: tenant, user: wish.user.lowercased())
    // What comes through a proxy on this machine that is not trusted to name its clients is everybody at once.
    let source = address.isLoopback ? nil : WrongPasswords.Source(network)
    let now = SystemClock.now
    if let wait = [attempts.wait(guesser, at: now), source.flatMap { networks.wait($0, at: now) }].compactMap({ $0 }).max() {
      throw .tooManyTries((wait.milliseconds + 999) / 1000)
    }
    let isPerson = wish.user.contains("@") || wish.user.lowercased() == Accounts.nameless
    guard !isPerson || hashing.hasRoom else { throw .busy }
    // It counts before it is judged, so that a thousand at once are not a thousand tries.
    attempts.failed(guesser, at: now)
    let proven = isPerson ? try await judgePerson(wish, tenant) : await judgeAgent(wish, tenant)
    guard let (user, role) = proven, let grant = await grant(user, role, tenant) else {
      if let source { networks.note(source, at: SystemClock.now) }
      complain(of: wish, from: address)
      throw .wrongPassword
    }
    attempts.succeeded(guesser)
    return grant
  }

  private func judgePerson(_ wish: Wish, _ tenant: TenantID) async throws(Denial) -> (user: String, role: Role)? {
    let known = accounts.person(wish.user, of: tenant)
    guard let given = await hashing.secret(wish.password, salt: known?.secret.salt ?? Self.nobodysSalt) else { throw .busy }
    let isRight = constantTimeEquals(given.digest, known?.secret.digest ?? Self.nobodysDigest)
    // An agent may be called as owners without an address are; its password is another.
    let agent = wish.user.contains("@") ? nil : await judgeAgent(wish, tenant)
    guard isRight, let known, accounts.person(wish.user, of: tenant) == known else { return agent }
    return (known.name, known.role)
  }

  private static let nobodysSalt = [UInt8](repeating: 0, count: 16)
  private static let nobodysDigest = [UInt8](repeating: 0, count: 32)

  private func judgeAgent(_ wish: Wish, _ tenant: TenantID) async -> (user: String, role: Role)? {
    let name = AgentName(wish.user)
    let kept = await digest(of: name, in: tenant)
    let given = DigestAlgorithm.sha256.secret(
      user: name?.description ?? wish.user, realm: tenant.description, password: wish.password)
    let isRight = constantTimeEquals(Array(given.utf8), Array((kept?.sha256 ?? Self.nobody).utf8))
    guard isRight, kept != nil, let name else { return nil }
    return (name.description, .agent)
  }

  /// No password has this digest.
  private static let nobody = String(repeating: "0", count: 64)

  private func digest(of agent: AgentName?, in tenant: TenantID) async -> SIPSyntax.DigestSecrets? {
    guard let agent else { return nil }
    return await signalling.agent(agent, of: tenant)?.digest
  }

  private func complain(of wish: Wish, from address: IPAddress) {
    let tenant = TenantID(wish.uuid).map { [("tenant", $0.description)] } ?? []
    let isLine = lines.admits(SourceNetwork(address), at: SystemClock.now)
    if let teller { loop.set(teller, to: lines.deadline) }
    guard isLine else { return }
    let user = wish.user.prefix(Self.maximumUserBytes)
    log.write(.warning, "Somebody could not log in", personal: "\(user) from \(address)", tenant)
  }

  /// Says what is still to be said in the log.
  func stop() {
    tell(lines.end(at: SystemClock.now))
    rightsWatcher = nil
  }

  private func tellOfOthers() {
    tell(lines.wake(at: SystemClock.now))
    if let teller { loop.set(teller, to: lines.deadline) }
  }

  private func tell(_ gaps: [LineLimit<SourceNetwork>.Gap]) {
    for gap in gaps {
      let source = gap.source == nil ? "other addresses" : "one address"
      log.write(
        .warning, "\(gap.count) more could not log in from \(source)", personal: gap.source.map { "from \($0)" })
    }
  }

  // MARK: Tokens

  /// A new token for somebody who proved to be that person; `nil` if the person has gone meanwhile.
  private func grant(_ user: String, _ role: Role, _ tenant: TenantID) async -> Grant? {
    // After the clock was set back, what ended older tokens would end new ones too until it has caught up.
    let issuedAt = max(Self.now, accounts.person(user, of: tenant)?.oldestToken ?? .min)
    guard let credential = await credential(of: user, role, in: tenant, issuedAt: issuedAt),
      let company = await signalling.tenant(tenant.description)?.name
    else { return nil }
    let claims = AccessClaims(
      tenant: tenant, user: user, role: role, issuedAt: issuedAt, lifetime: Self.tokenLifetime, id: randomness.token(16),
      credential: credential)
    return Grant(token: seal.sign(claims), claims: claims, company: company)
  }

  /// What the person's tokens are bound to now; `nil` if there is no such person any more, or tokens of that moment are ended.
  private func credential(of user: String, _ role: Role, in tenant: TenantID, issuedAt: Int64) async -> String? {
    switch role {
    case .agent:
      guard let digest = await digest(of: AgentName(user), in: tenant) else { return nil }
      return seal.credential(of: Array(digest.sha256.utf8))
    case .owner, .supervisor:
      guard let person = accounts.person(user, of: tenant), person.role == role,
        issuedAt >= person.oldestToken
      else { return nil }
      return seal.credential(of: person.secret.digest)
    }
  }

  /// Another token for who has one: the person and the role are looked up again.
  func renew(_ request: HTTPRequest) async throws(Denial) -> Grant {
    let claims = try await claims(of: request)
    guard let grant = await grant(claims.user, claims.role, claims.tenant) else { throw .badToken }
    return grant
  }

  /// The token is worth nothing from now on, after a restart as well.
  func logOut(_ request: HTTPRequest) async throws(Denial) {
    let claims = try await claims(of: request)
    let person = RevokedTokens.Person(tenant: claims.tenant, role: claims.role, user: claims.user)
    guard revoked.hasRoom(for: person) else { throw .tooManyRevoked }
    do throws(StorageFailure) {
      try await ledger.revoke(claims.id, expiresAt: claims.expiresAt)
    } catch {
      throw .notKept(.notKept(error))
    }
    revoked.insert(claims.id, expiresAt: claims.expiresAt, of: person)
    if claims.role == .agent { rightsMayHaveEnded(in: claims.tenant, of: AgentName(claims.user)) }
  }

  func watchRights(_ watcher: @escaping @Sendable (TenantID, AgentName?) -> Void) { rightsWatcher = watcher }

  /// A token was ended, or a password is another: who works with it is to be judged anew.
  func rightsMayHaveEnded(in tenant: TenantID, of agent: AgentName? = nil) { rightsWatcher?(tenant, agent) }

  // MARK: Who asks

  /// What a request's token proves.
  package func claims(of request: HTTPRequest) async throws(Denial) -> AccessClaims {
    try await claims(of: Self.token(of: request))
  }

  /// What a request's token proves, if it is one for that tenant and one of these roles. The tenant's own token is one as well.
  ///
  /// - Parameter uuid: as it stands in the path.
  package func claims(
    of request: HTTPRequest, in uuid: String, allowing roles: Set<Role> = Set(Role.allCases)
  ) async throws(Denial) -> AccessClaims {
    let token = try Self.token(of: request)
    let claims: AccessClaims
    if let tenant = TenantID(uuid), accounts.ownerToken(token, of: tenant, at: WallClock.now) != nil {
      let owner = accounts.people(of: tenant).first { $0.role == .owner }?.name ?? Accounts.nameless
      claims = AccessClaims(
        tenant: tenant, user: owner, role: .owner, issuedAt: Self.now, lifetime: .zero, id: "", credential: "")
    } else {
      claims = try await self.claims(of: token)
    }
    guard claims.tenant == TenantID(uuid) else { throw .unknownTenant }
    guard roles.contains(claims.role) else { throw .forbidden }
    return claims
  }

  private func claims(of token: String) async throws(Denial) -> AccessClaims {
    let claims: AccessClaims
    do throws(TokenSeal.Fault) { claims = try seal.read(token, now: Self.now) } catch { throw .badToken }
    guard await isWorthSomething(claims) else { throw .badToken }
    return claims
  }

  private func isWorthSomething(_ claims: AccessClaims) async -> Bool {
    guard !revoked.contains(claims.id) else { return false }
    return await credential(of: claims.user, claims.role, in: claims.tenant, issuedAt: claims.issuedAt) == claims.credential
  }

  /// The token that a request shows (RFC 6750 §2.1).
  package static func token(of request: HTTPRequest) throws(Denial) -> String {
    guard let field = request.headers["Authorization"] else { throw .noToken }
    let words = field.split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "bearer", words[1].utf8.count <= TokenSeal.maximumBytes else {
      throw .badToken
    }
    return String(words[1])
  }

  /// Whom somebody proved to be who wants to work as an agent.
  enum Standing: Sendable, Equatable {
    /// - until: seconds since 1970 when that ends.
    case proven(until: Int64)
    /// Nothing was shown that is ours; an open tenant does not mind.
    case unproven
    /// A token of ours that is another's, or that has ended.
    case refused
  }

  /// Judges what `register-agent` shows: a token of that agent, or the one that the tenant's owner was given.
  func standing(of token: String?, as agent: String, in uuid: String) async -> Standing {
    guard let token, let tenant = TenantID(uuid) else { return .unproven }
    if let known = accounts.ownerToken(token, of: tenant, at: WallClock.now) {
      return .proven(until: known.expiresAt.milliseconds / 1000)
    }
    let claims: AccessClaims
    do throws(TokenSeal.Fault) {
      claims = try seal.read(token, now: Self.now)
    } catch {
      return error == .expired ? .refused : .unproven
    }
    guard claims.tenant == tenant, claims.role == .agent, AgentName(claims.user) == AgentName(agent) else { return .refused }
    return await isWorthSomething(claims) ? .proven(until: claims.expiresAt) : .refused
  }
}
