import Calls
import HTTP
import Runtime
import SIPSyntax
import Storage
import Wire

/// Where businesses and agents come into being, whether by sign-up on the web or from the command line: the rules for their
/// names and passwords, and who owns what. Each is applied as a `DirectoryChange` and durable before anybody hears that it exists.
package actor Enrolment {
  package static let maximumNameBytes = 200
  package static let ownerPasswordBytes = 8...200
  package static let maximumPasswordBytes = 200
  package static let maximumTeams = 16
  package static let maximumTeamBytes = 64
  package static let maximumDisplayNameBytes = 100
  /// What we make has 12 characters: 71 bits.
  static let passwordLength = 12

  package struct NewTenant: Sendable {
    package let id: TenantID
    /// Not kept, and shown this once.
    package let token: String
  }

  package struct NewAgent: Sendable {
    package let name: AgentName
    /// Set if it was made here: not kept, and shown this once.
    package let generatedPassword: String?
  }

  private let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  let signalling: SignallingPlane
  private let ledger: Ledger
  let reception: Reception
  private let hashing: PasswordHashing
  let log: Log
  /// Whether agents of new tenants may come in without a token.
  private let isOpen: Bool
  /// Changes of a business that wait for the one before them.
  private var turns = Turns()
  var randomness = Randomness.system
  /// Told who is there and who no longer is.
  private var dialplans: DialplanShelf?

  init(
    loop: EventLoop, signalling: SignallingPlane, ledger: Ledger, reception: Reception, hashing: PasswordHashing, log: Log,
    isOpen: Bool
  ) {
    self.loop = loop
    self.reception = reception
    self.hashing = hashing
    self.signalling = signalling
    self.ledger = ledger
    self.log = log
    self.isOpen = isOpen
  }

  /// Notes in the business's audit that an earlier dialplan is in force.
  func noteDialplanReturn(of id: TenantID) async throws(EnrolmentFault) {
    try await write { ledger throws(StorageFailure) in try await ledger.noteDialplanReturn(of: id) }
  }

  /// From now on the dialplans hear of businesses that come and go.
  func tell(_ dialplans: DialplanShelf) { self.dialplans = dialplans }

  /// Everybody is here again who was before; to be done before anybody can ask.
  ///
  /// - Parameter excluded: a tenant that the database has and that is not to be there now.
  package func restore(_ state: StartingState, except excluded: TenantID?) async throws(EnrolmentFault) {
    let phones = state.phones.filter { $0.address.tenant != excluded }
    do throws(DirectoryFault) {
      let choices = state.settings.filter { $0.tenant != excluded && $0.settings.digest != .md5 }
      let policies = choices.map { DirectoryChange.digestPolicySet($0.tenant, $0.settings.digest) }
      try await signalling.restore(state.changes(except: excluded) + policies, phones)
    } catch {
      throw .directory(error)
    }
    await reception.restore(state)
  }

  /// - Parameters:
  ///   - owner: the address by which the owner is known.
  ///   - ownerPassword: 8 to 200 bytes; without one the token is the only key.
  package func addTenant(
    _ text: String, owner: String? = nil, ownerPassword: String? = nil
  ) async throws(EnrolmentFault) -> NewTenant {
    let name = try Self.tenantName(text)
    guard ownerPassword.map({ Self.ownerPasswordBytes.contains($0.utf8.count) }) ?? true else { throw .ownerPassword }
    let id = TenantID(using: &randomness)
    let now = WallClock.now
    var person: Accounts.Person?
    if let ownerPassword {
      guard let secret = await hashing.secret(ownerPassword, salt: randomness.bytes(16)) else { throw .busy }
      person = Accounts.Person(
        name: owner ?? Accounts.nameless, role: .owner, secret: secret, createdAt: now, tokensValidAfter: now)
    }
    let token = randomness.token(40)
    try await add(
      id, name: name, isOpen: isOpen, fallback: .refuse, token: Accounts.OwnerToken(token, at: now), owner: person, at: now)
    log.write(.info, "A business was added", personal: name, [("tenant", id.description)])
    return NewTenant(id: id, token: token)
  }

  private func add(
    _ id: TenantID, name: String, isOpen: Bool, fallback: Fallback, token: Accounts.OwnerToken?, owner: Accounts.Person?,
    at now: WallTime
  ) async throws(EnrolmentFault) {
    try await apply(.tenantAdded(id, name: name, isOpen: isOpen, fallback: fallback))
    try await commit(orElse: [.tenantRemoved(id)]) { ledger throws(StorageFailure) in
      try await ledger.add(id, name: name, isOpen: isOpen, fallback: fallback, token: token, owner: owner, at: now)
    }
    await reception.open(id, token: token, people: owner.map { [$0] } ?? [])
    await dialplans?.open(id)
  }

  /// The tenant of the demo, which has no owner. It is open to everybody's browser.
  package func addDemo(_ id: TenantID) async throws(EnrolmentFault) {
    try await add(id, name: "Demo", isOpen: true, fallback: .echo, token: nil, owner: nil, at: WallClock.now)
  }

  /// Ends the business's calls and forgets all that is its own, its history too. Once begun it is not undone.
  package func removeTenant(_ id: TenantID) async throws(EnrolmentFault) {
    try await begin(id)
    defer { end(id) }
    guard await signalling.tenant(id.description) != nil else { throw .directory(.unknownTenant) }
    try await write { ledger throws(StorageFailure) in try await ledger.remove(id) }
    await reception.close(id)
    try await apply(.tenantRemoved(id))
    await dialplans?.close(id)
    if id != .doctor { log.write(.info, "A business was removed", [("tenant", id.description)]) }
  }

  /// The doctor's own business with one agent, and the password of that agent's phone: kept as every other, told of to nobody.
  ///
  /// - Throws: `.directory(.tenantExists)` while another doctor is at work.
  func beginExamination() async throws(EnrolmentFault) -> String {
    try await add(.doctor, name: "Doctor", isOpen: false, fallback: .refuse, token: nil, owner: nil, at: WallClock.now)
    return try await addAgent("doctor", to: .doctor).generatedPassword ?? ""
  }

  /// Says whether nothing is left of it.
  func endExamination() async -> Bool {
    do throws(EnrolmentFault) {
      try await removeTenant(.doctor)
      return true
    } catch .directory(.unknownTenant) {
      return true
    } catch {
      log.write(.error, "The doctor's business could not be removed, and will be later. \(error.sentence)")
      return false
    }
  }

  /// A call of the doctor's as the disk has it.
  func examinedCall(_ call: CallID) async throws(EnrolmentFault) -> CallRow? {
    do throws(StorageFailure) { return try await ledger.call(call, of: .doctor) } catch { throw .notKept(error) }
  }

  // MARK: Changes

  /// Waits until no other change of this business is under way: each is undone exactly, should the disk refuse it, and rows come in
  /// the order of memory. Every `begin` has its `end`.
  func begin(_ id: TenantID) async throws(EnrolmentFault) {
    guard turns.mayBegin(id) else {
      guard await withCheckedContinuation({ turns.wait(id, $0) }) else { throw .tooManyChanges }
      return
    }
  }

  func end(_ id: TenantID) { turns.end(id) }

  func apply(_ change: DirectoryChange) async throws(EnrolmentFault) {
    do throws(DirectoryFault) { try await signalling.apply(change) } catch { throw .directory(error) }
  }

  /// Makes a change durable that was applied already, or undoes it.
  func commit(
    orElse undoing: [DirectoryChange], _ write: @Sendable (Ledger) async throws(StorageFailure) -> Void
  ) async throws(EnrolmentFault) {
    do throws(StorageFailure) {
      try await write(ledger)
    } catch {
      log.write(.error, "A change was not written, and is undone. \(error)")
      for change in undoing {
        do throws(EnrolmentFault) {
          try await apply(change)
        } catch {
          log.write(.error, "It could not be undone, and holds until a restart. \(error.sentence)")
        }
      }
      throw .notKept(error)
    }
  }

  /// Writes what goes before it is gone from memory: it is not undone.
  func write(_ change: @Sendable (Ledger) async throws(StorageFailure) -> Void) async throws(EnrolmentFault) {
    do throws(StorageFailure) { try await change(ledger) } catch { throw .notKept(error) }
  }

  // MARK: Rules

  /// A name for people without blanks around it: not empty, not too long, and all of it on one line.
  static func name(_ text: String, maximum: Int) -> String? {
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
      let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return nil }
    let name = String(scalars[first...last])
    return name.utf8.count <= maximum && name.isOneLine ? name : nil
  }

  static func tenantName(_ text: String) throws(EnrolmentFault) -> String {
    guard let name = name(text, maximum: maximumNameBytes) else { throw .tenantName }
    return name
  }

  static func isPassword(_ text: String) -> Bool {
    (1...maximumPasswordBytes).contains(text.utf8.count) && text.isOneLine
  }
}

/// Why somebody cannot be enrolled.
package enum EnrolmentFault: Error, Hashable, Sendable {
  case tenantName
  case ownerPassword
  case agentName
  case agentPassword
  case team
  case tooManyTeams
  case displayName
  /// Somebody whom a list of members names, and who is none of the business's agents, or is in as many teams as one may be.
  case member(String)
  case memberOfTooManyTeams(String)
  /// Who comes from a browser of an open business only, and of whom nothing is kept.
  case notKeptAgent
  /// More changes of one business wait than `Turns.maximum`.
  case tooManyChanges
  /// Too many passwords are being hashed.
  case busy
  case directory(DirectoryFault)
  /// The disk did not take it, and nothing was changed.
  case notKept(StorageFailure)

  /// For programs and people (RFC 9457): 422 for what can be written otherwise, 404 and 409 for who is not or already there.
  package var problem: HTTPResponse {
    switch self {
    case .directory(.unknownTenant), .directory(.unknownAgent), .directory(.unknownTeam):
      .problem(404, "Unknown", detail: sentence)
    case .directory(.tenantExists), .directory(.agentExists), .directory(.teamExists):
      .problem(409, "There already", detail: sentence)
    case .notKeptAgent: .problem(409, "Not kept", detail: sentence)
    case .tooManyChanges: Self.later(sentence)
    case .directory(.tooMany): .problem(503, "Full", detail: sentence)
    case .busy: Denial.busy.problem
    case .notKept(let failure) where failure.mayPass: Self.later(sentence)
    case .notKept: .problem(500, "It could not be saved", detail: sentence)
    default: .problem(422, "This cannot be used", detail: sentence)
    }
  }

  private static func later(_ sentence: String) -> HTTPResponse {
    var response = HTTPResponse.problem(503, "It could not be saved", detail: sentence)
    response.headers.append("Retry-After", "30")
    return response
  }

  package var sentence: String {
    switch self {
    case .tenantName: "A business's name has 1 to \(Enrolment.maximumNameBytes) bytes, on one line."
    case .ownerPassword:
      "A password has \(Enrolment.ownerPasswordBytes.lowerBound) to \(Enrolment.ownerPasswordBytes.upperBound) bytes."
    case .agentName:
      "An agent's name has 1 to \(AgentName.maximumLength) letters, digits, dots, hyphens and underscores, without accents."
    case .agentPassword: "An agent's password has 1 to \(Enrolment.maximumPasswordBytes) bytes, on one line."
    case .team: "A team's name has 1 to \(Enrolment.maximumTeamBytes) bytes, on one line."
    case .busy: "Too many are signing up or logging in just now; try again in a moment."
    case .tooManyTeams: "An agent may be in \(Enrolment.maximumTeams) teams."
    case .displayName: "A display name has 1 to \(Enrolment.maximumDisplayNameBytes) bytes, on one line."
    case .member(let name): "This business has no agent \(name.prefix(AgentName.maximumLength)) who could be a member."
    case .memberOfTooManyTeams(let name):
      "The agent \(name) is in \(Enrolment.maximumTeams) other teams already, and may be in no more."
    case .notKeptAgent:
      "This agent is in a browser only, and nothing is kept of it: add an agent of that name, and it can be changed."
    case .tooManyChanges: "Too many changes of this business wait already; try again in a moment."
    case .directory(.teamExists): "This business has a team of that name already."
    case .directory(.unknownTeam): "This business has no team of that name."
    case .directory(.unknownTenant): "No business has this UUID."
    case .directory(.tenantExists): "This business is here already."
    case .directory(.agentExists): "This business has an agent of that name already; upper and lower case are the same name."
    case .directory(.unknownAgent): "This business has no agent of that name."
    case .notKept(let failure) where failure.isFull:
      "The server's disk is full, so nothing was saved. Make room on the disk of its data folder, and try again."
    case .notKept(let failure) where failure.mayPass:
      "The server's database has more to do than it can, so nothing was saved; try again in a moment."
    case .notKept: "The server could not write to its database, so nothing was saved; its log says why."
    case .directory(.tooMany(let limit)): "There is no room for more than \(limit)."
    }
  }
}

extension StorageFailure {
  /// Whether the same may succeed a little later.
  fileprivate var mayPass: Bool {
    switch self {
    case .overloaded, .closed: true
    case .database(let failure): failure.reason == .full || failure.reason == .locked
    default: false
    }
  }
}

extension String {
  /// No control characters and no separators of lines (Unicode categories Cc, Zl, Zp).
  fileprivate var isOneLine: Bool {
    unicodeScalars.allSatisfy { ![.control, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory) }
  }
}
