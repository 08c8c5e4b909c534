import Calls
import Cryptography
import Dispatch
import Foundation
import Runtime
import SIPCore
import SIPSyntax
import Storage
import Wire

/// What must outlive this process: who exists, whose phones are where, and which calls there were. `DATA/calldocker.db` has it.
///
/// Everything here names a wish to the storage plane and comes back when the disk has it; nothing waits for the disk itself.
package struct Ledger: Sendable {
  let storage: StoragePlane
  private let disk = Locked(DiskWatch())
  private let log: Log
  private let retryPeriod: Duration

  /// Opens the database of a data folder, and makes it where there is none.
  init(in folder: String, log: Log, retryPeriod: Duration = DiskWatch.retryPeriod) throws(StorageFailure) {
    (self.log, self.retryPeriod) = (log, retryPeriod)
    storage = try StoragePlane(StoragePlane.Settings(path: "\(folder)/calldocker.db"))
  }

  // MARK: The start

  /// Ends the calls that a crash cut off, and tells everything that was acknowledged before.
  func open() async throws(StorageFailure) -> StartingState {
    let now = WallClock.now
    _ = try await storage.write { writer in
      _ = try writer.removeExpiredTokens(at: now)
      _ = try writer.removeExpiredRegistrations(at: now)
      _ = try writer.closeInterruptedCalls(at: now)
      // What a doctor was examining when the last service ended is nobody's.
      _ = try writer.removeTenant(TenantKey(.doctor))
    }
    return try await storage.read { try $0.startingState(at: now) }
  }

  /// A secret of the service's own; `fresh` becomes it where there is none. This waits for the disk: for the start only.
  func secret(_ name: String, orKeep fresh: [UInt8]) throws(StorageFailure) -> [UInt8] {
    let done = DispatchSemaphore(value: 0)
    let answer = Locked<Result<[UInt8], StorageFailure>>(.failure(.closed))
    storage.write(
      { try $0.secret(name, orKeep: fresh) },
      done: { outcome in
        answer.with { $0 = outcome }
        done.signal()
      })
    done.wait()
    return try answer.with { $0 }.get()
  }

  // MARK: Who exists

  func add(
    _ tenant: TenantID, name: String, isOpen: Bool, fallback: Fallback, token: Accounts.OwnerToken?, owner: Accounts.Person?,
    at now: WallTime
  ) async throws(StorageFailure) {
    let key = TenantKey(tenant)
    let user = owner.map { UserRow($0, of: tenant) }
    let row = TenantRow(key: key, name: name, isOpen: isOpen, fallback: fallback.rawValue, createdAt: now)
    try await commit(Deed("addTenant"), in: tenant) { writer in
      try writer.addTenant(row)
      if let token { try writer.setOwnerToken(token.digest, of: key, expiresAt: token.expiresAt) }
      if let user { try writer.addUser(user) }
    }
  }

  func add(
    _ agent: AgentName, to tenant: TenantID, displayName: String?, digest: SIPSyntax.DigestSecrets, teams: [String]
  ) async throws(StorageFailure) {
    let (key, now) = (TenantKey(tenant), WallClock.now)
    try await commit(Deed("addAgent", agent.description), in: tenant) { writer in
      let secrets = Storage.DigestSecrets(md5: digest.md5, sha256: digest.sha256)
      _ = try writer.addAgent(agent.description, to: key, secrets: secrets, displayName: displayName, at: now)
      try writer.setTeams(teams, of: agent.description, in: key, at: now)
    }
  }

  /// Somebody else said whether calls pass an agent by.
  struct PauseEdit: Sendable {
    var begins: Bool
  }

  /// Writes all that may change of an agent.
  ///
  /// - Parameters:
  ///   - pause: `nil` leaves what the agent said.
  ///   - fields: what of it is another now.
  func change(
    _ agent: AgentName, of tenant: TenantID, displayName: String?, digest: SIPSyntax.DigestSecrets, teams: [String],
    _ pause: PauseEdit? = nil, fields: [String] = []
  ) async throws(StorageFailure) {
    let (key, now) = (TenantKey(tenant), WallClock.now)
    try await commit(Deed("changeAgent", agent.description, fields: fields), in: tenant) { writer in
      let secrets = Storage.DigestSecrets(md5: digest.md5, sha256: digest.sha256)
      _ = try writer.setSecrets(secrets, of: agent.description, in: key)
      _ = try writer.setDisplayName(displayName, of: agent.description, in: key)
      try writer.setTeams(teams, of: agent.description, in: key, at: now)
      if let pause { _ = try writer.setPause(pause.begins ? Pause(since: now) : nil, of: agent.description, in: key) }
    }
  }

  func remove(_ tenant: TenantID) async throws(StorageFailure) {
    do throws(StorageFailure) {
      let entry = tenant == .doctor ? nil : Deed("removeTenant", tenant.description).entry
      _ = try await storage.removeTenant(TenantKey(tenant), noting: entry, at: WallClock.now)
      note(nil)
    } catch {
      note(error)
      throw error
    }
  }

  func remove(_ agent: AgentName, of tenant: TenantID) async throws(StorageFailure) {
    let key = TenantKey(tenant)
    _ = try await commit(Deed("removeAgent", agent.description), in: tenant) { try $0.removeAgent(agent.description, of: key) }
  }

  /// Gives a tenant another name, where there is one, other settings, and an owner another password: all of it, or nothing.
  func change(
    _ tenant: TenantID, name: String?, _ settings: TenantSettings.Change, _ owner: Reception.OwnerEdit? = nil
  ) async throws(StorageFailure) {
    let key = TenantKey(tenant)
    let fields = [name.map { _ in "name" }, owner.map { _ in "ownerPassword" }].compactMap(\.self) + settings.names
    try await commit(Deed("changeSettings", fields: fields), in: tenant) { writer in
      switch owner {
      case .added(let person): try writer.addUser(UserRow(person, of: tenant))
      case .changed(let person):
        _ = try writer.setPassword(person.secret.kept, of: person.name, in: key, at: person.tokensValidAfter)
      case nil: break
      }
      guard var row = try writer.tenant(key) else { return }
      row.name = name ?? row.name
      row.settings = TenantSettings.text(row.settings, changedBy: settings)
      _ = try writer.changeTenant(row)
    }
  }

  // MARK: Who logs in

  func add(_ person: Accounts.Person, to tenant: TenantID) async throws(StorageFailure) {
    let row = UserRow(person, of: tenant)
    try await commit(Deed("addUser", person.name, fields: [person.role.rawValue]), in: tenant) { try $0.addUser(row) }
  }

  func remove(_ person: Accounts.Person, of tenant: TenantID) async throws(StorageFailure) {
    let (key, name) = (TenantKey(tenant), person.name)
    _ = try await commit(Deed("removeUser", name), in: tenant) { try $0.removeUser(name, of: key) }
  }

  /// Gives the tenant's owner another token; `nil` takes the one away that there is.
  func set(_ token: Accounts.OwnerToken?, of tenant: TenantID) async throws(StorageFailure) {
    let key = TenantKey(tenant)
    guard let token else {
      _ = try await commit(Deed("revokeOwnerToken"), in: tenant) { try $0.removeOwnerToken(of: key) }
      return
    }
    try await commit(Deed("makeOwnerToken"), in: tenant) { writer in
      try writer.setOwnerToken(token.digest, of: key, expiresAt: token.expiresAt)
    }
  }

  /// Of a change that is kept elsewhere: its line in the audit.
  func noteDialplanReturn(of tenant: TenantID) async throws(StorageFailure) {
    try await commit(Deed("restoreDialplan", fields: ["version"]), in: tenant) { _ in }
  }

  /// A page of what was done in a tenant, or (`nil`) to the service as a whole, the newest first.
  func audit(of tenant: TenantID?, before number: Int64?, atMost limit: Int) async throws(StorageFailure) -> [AuditRow] {
    let key = tenant.map { TenantKey($0) }
    return try await storage.read { reader in
      guard let key else { return try reader.serviceAudit(before: number ?? .max, limit: limit) }
      return try reader.audit(of: key, before: number ?? .max, limit: limit)
    }
  }

  /// - Parameter expiresAt: seconds since 1970, after which the token is nobody's matter.
  func revoke(_ token: String, expiresAt: Int64) async throws(StorageFailure) {
    let row = RevokedTokenRow(jti: token, expiresAt: WallTime(milliseconds: expiresAt &* 1000))
    try await commit { try $0.revokeToken(row) }
  }

  /// Forgets the tokens that have ended by themselves. Nothing waits for it.
  func sweepRevoked(failed: @escaping @Sendable (StorageFailure) -> Void) {
    let now = WallClock.now
    storage.write(
      { try $0.removeExpiredTokens(at: now) }, done: { if case .failure(let failure) = $0 { failed(failure) } })
  }

  // MARK: Phones

  /// - Parameter done: called on the storage thread once the disk has the phones, or why it has not.
  func keep(_ phones: KeptPhones, done: @escaping @Sendable (StorageFailure?) -> Void) {
    let clock = WallClock()
    let rows = phones.phones.map { PhoneRegistration($0, clock) }
    let (key, agent) = (TenantKey(phones.address.tenant), phones.address.agent.description)
    storage.write(
      { try $0.setRegistrations(rows, of: agent, in: key) },
      done: { outcome in
        let failure: StorageFailure? = if case .failure(let failure) = outcome { failure } else { nil }
        note(failure)
        done(failure)
      })
  }

  // MARK: Pauses

  /// - Parameter done: called on the storage thread once the disk has it, or why it has not.
  func keep(_ status: KeptStatus, done: @escaping @Sendable (StorageFailure?) -> Void) {
    let pause = Pause(status.status, since: status.pausedSince, WallClock())
    let (key, agent) = (TenantKey(status.address.tenant), status.address.agent.description)
    storage.write(
      { try $0.setPause(pause, of: agent, in: key) },
      done: { outcome in
        let failure: StorageFailure? = if case .failure(let failure) = outcome { failure } else { nil }
        note(failure)
        done(failure)
      })
  }

  // MARK: Calls

  /// Writes a line of the call log. No answer waits for it; if the disk fails, the line does.
  ///
  /// - Parameter done: called on the storage thread once the line can be read, or with why it never will.
  func write(_ record: CallRecord, done: @escaping @Sendable (StorageFailure?) -> Void) {
    write(DiskWatch.Line(row: CallRow(record, WallClock()), done: done))
  }

  private func write(_ line: DiskWatch.Line) {
    let row = line.row
    storage.write(
      { writer in
        if row.end == nil { try writer.beginCall(row) } else { try writer.completeCall(row) }
      },
      done: { outcome in
        guard case .failure(let failure) = outcome else {
          disk.with { $0.written(row) }
          note(nil)
          return line.done(nil)
        }
        // Of a business that was removed nothing is kept; and a call's beginning that comes back after its end is told already.
        guard !failure.isOfNobody, !failure.isKnown else { return }
        if !failure.isOfDisk || !disk.with({ $0.hold(line) }) { line.done(failure) }
        note(failure)
      })
  }

  /// A call's line as the disk has it.
  func call(_ call: CallID, of tenant: TenantID) async throws(StorageFailure) -> CallRow? {
    let (id, key) = (call.description, TenantKey(tenant))
    return try await storage.read { try $0.call(id, of: key) }
  }

  // MARK: Traces

  /// Traces that one question brings from the disk at most: a prefix that so many share tells none of them.
  static let maximumTraces = 10

  /// Writes down what happened to a call; says why not, if it could not be.
  func keep(_ record: FlightRecord, _ clock: FlightClock) async -> StorageFailure? {
    let recording = FlightRecording(program: Command.version, clock: clock, isPrivate: true, record: record)
    let octets: Data
    do {
      octets = try JSONEncoder().encode(recording)
    } catch {
      log.write(.error, "What happened to a call could not be written as JSON, and is forgotten with this process. \(error)")
      return nil
    }
    let row = TraceRow(
      tenant: TenantKey(record.tenant), id: record.call.description,
      startedAt: WallTime(milliseconds: (clock.offset &+ record.startedAt.nanoseconds) / 1_000_000),
      isRefused: record.isRefused, agent: record.agent?.description, ending: record.end, octets: Array(octets))
    do throws(StorageFailure) {
      try await storage.write { try $0.keepTrace(row, at: WallClock.now) }
      return nil
    } catch {
      // Of a business that was removed nothing is kept.
      return error.isOfNobody ? nil : error
    }
  }

  func traces(of tenant: TenantID, beginning prefix: String) async -> [FlightRecord] {
    let key = TenantKey(tenant)
    let rows = await kept { try $0.traces(of: key, beginning: prefix, limit: Self.maximumTraces) }
    return rows.compactMap { row in
      do {
        let recording = try JSONDecoder().decode(FlightRecording.self, from: Data(row.octets))
        guard recording.record.tenant == tenant else { return nil }
        var record = recording.record
        record.clock = FlightClock(offset: recording.clock)
        return record
      } catch {
        log.write(.warning, "What happened to a call was kept and cannot be read. \(error)", [("call", row.id)])
        return nil
      }
    }
  }

  /// What the disk has; nothing, and a line in the log, where it cannot be read.
  private func kept(_ question: @escaping @Sendable (StorageReader) throws -> [TraceRow]) async -> [TraceRow] {
    do throws(StorageFailure) {
      return try await storage.read(question)
    } catch {
      log.write(.error, "What happened to calls cannot be read from the disk. \(error)")
      return []
    }
  }

  func latestTraces(of tenant: TenantID, atMost count: Int) async -> [TraceRow] {
    let key = TenantKey(tenant)
    return await kept { try $0.latestTraces(of: key, limit: count) }
  }

  // MARK: A disk that fails

  /// Whether the last write failed because of the disk, and the lines of the call log that wait for it.
  var diskFigures: (isFailing: Bool, heldCalls: Int) { disk.with { ($0.isFailing, $0.heldCount) } }

  /// Tells the operator once that the disk fails and once that it does no more, and tries it until then.
  private func note(_ failure: StorageFailure?) {
    switch disk.with({ $0.note(failure) }) {
    case .failed:
      let words = failure.map { " \($0)" } ?? ""
      log.write(
        .error, "The disk does not take what is to be kept: phones and sign-ups are refused, calls go on.\(words)")
      Task { await retry() }
    case .recovered:
      log.write(.info, "The disk takes what is to be kept again")
      for line in disk.with({ $0.takeHeld() }) { write(line) }
    case nil: break
    }
  }

  /// Makes a change together with the line that says who made it: both are kept, or neither.
  func commit<Answer: Sendable>(
    _ deed: Deed, in tenant: TenantID, _ change: @escaping @Sendable (StorageWriter) throws -> Answer
  ) async throws(StorageFailure) -> Answer {
    guard let entry = deed.entry, tenant != .doctor else { return try await commit(change) }
    let (key, now) = (TenantKey(tenant), WallClock.now)
    return try await commit { writer in
      let answer = try change(writer)
      try writer.enter(entry, in: key, at: now)
      return answer
    }
  }

  /// Makes a change, and notes whether the disk took it.
  func commit<Answer: Sendable>(
    _ change: @escaping @Sendable (StorageWriter) throws -> Answer
  ) async throws(StorageFailure) -> Answer {
    do throws(StorageFailure) {
      let answer = try await storage.write(change)
      note(nil)
      return answer
    } catch {
      note(error)
      throw error
    }
  }

  private func retry() async {
    while disk.with({ $0.isFailing }) {
      try? await Task.sleep(for: retryPeriod)
      do throws(StorageFailure) {
        let trial = [UInt8](repeating: 1, count: DiskWatch.trialOctets)
        try await storage.write { try $0.setSecret(DiskWatch.trialName, to: trial) }
        _ = try await storage.write { try $0.removeSecret(DiskWatch.trialName) }
        note(nil)
      } catch {
        // Closed, or failing as before: the loop's condition or its end tells.
        if case .closed = error { return }
      }
    }
  }

  /// Does everything that waits, and lets go of the file.
  func close() async throws(StorageFailure) {
    // One more try for what a disk did not take.
    for line in disk.with({ $0.takeHeld() }) { write(line) }
    _ = try await storage.close()
    let lost = disk.with { $0.heldCount }
    if lost > 0 { log.write(.error, "The disk failed to the end: \(lost) lines of the call log are lost") }
  }
}

extension StorageFailure {
  /// Whether what should be written belongs to a tenant or an agent that is not there.
  fileprivate var isOfNobody: Bool {
    if case .database(let failure) = self { failure.reason == .constraint(.foreignKey) } else { false }
  }
}

/// The wall's clock beside the machine's own, of one moment: rows outlive the machine's.
struct WallClock: Sendable {
  private let wall: Int64
  /// The machine's own clock, at that moment.
  let now: Instant

  init(wallNanoseconds: Int64 = SystemClock.wallNanoseconds, at now: Instant = SystemClock.now) {
    (wall, self.now) = (wallNanoseconds, now)
  }

  static var now: WallTime { WallTime(milliseconds: SystemClock.wallNanoseconds / 1_000_000) }

  func time(_ moment: Instant) -> WallTime {
    WallTime(milliseconds: (wall &+ (moment - now).nanoseconds) / 1_000_000)
  }

  /// The moment of a row's time; a row that tells of centuries from now is held to what can be said.
  func moment(_ time: WallTime) -> Instant {
    let (delay, overflow) = time.milliseconds.subtractingReportingOverflow(wall / 1_000_000)
    return now + .milliseconds(overflow ? 0 : max(-Self.farthest, min(Self.farthest, delay)))
  }
  /// A hundred years in milliseconds.
  private static let farthest: Int64 = 3_155_760_000_000
}
