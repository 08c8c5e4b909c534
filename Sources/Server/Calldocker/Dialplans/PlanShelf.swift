import Calls
import Dialplan
import Storage

/// Which dialplan is in force for whom, decided: a value that knows no disk, no clock and no thread.
///
/// What a folder reads like comes in, and what follows from it goes out. With errors the last good version stays in force; a good
/// reading that differs is a new version; going back holds until the folder reads differently than it did then.
struct PlanShelf: Sendable {
  /// Versions of one plan that are kept; the oldest goes, but for the one in force.
  static let maximumVersions = 20

  /// A good reading, numbered from 1 for each owner.
  struct Version: Hashable, Sendable, Codable {
    var number: Int
    /// When it was first read.
    var at: WallTime
    var digest: String
  }

  /// Somebody put an earlier version in force.
  struct Return: Hashable, Sendable, Codable {
    /// What was in force until then; `nil` where it was the default's plan.
    var from: Int?
    var at: WallTime
    /// How the folder read then (`PlanReading.digest`); empty where there was none.
    var seen: String
  }

  /// What of an owner's plans outlives the process.
  struct Record: Hashable, Sendable, Codable {
    var versions: [Version] = []
    /// The version in force; `nil` while the owner has none of its own.
    var inForce: Int?
    /// When it took force.
    var since: WallTime?
    var wentBack: Return?
  }

  enum Result: String, Sendable, CaseIterable {
    case taken, unchanged, refused
  }

  /// What the last reading came to.
  struct Loaded: Sendable {
    var at: WallTime
    var result: Result
    var findings: [Finding]
    var digest: String
  }

  struct Standing: Sendable {
    var record = Record()
    /// What is in force, if it was read already.
    var plan: Dialplan?
    /// `nil` for a folder that has no plan.
    var last: Loaded?
  }

  enum Output: Sendable {
    /// Keep the files of a version, and then the record.
    case keep(PlanOwner, Version, [SourceFiles.File])
    case note(PlanOwner, Record)
    /// A version's files are no longer wanted.
    case drop(PlanOwner, version: Int)
    /// Nothing of an owner's is wanted any more.
    case forget(PlanOwner)
    /// Read a version that is kept; `kept` is told what it was.
    case fetch(PlanOwner, version: Int)
    case inForce([TenantID], of: PlanOwner, Dialplan, version: Int)
    /// The log's: what a reading came to.
    case told(PlanOwner, Loaded, inForce: Int?)
    /// The owner's folder has no plan any more.
    case vanished(PlanOwner, inForce: Int?)
    /// A kept version could not be read.
    case unreadable(PlanOwner, version: Int)
  }

  /// Why a version cannot be put in force.
  enum Fault: Error, Hashable, Sendable {
    case unknown(version: Int, kept: [Int])
    case noEarlier
    case already(version: Int)
  }

  private(set) var standings: [PlanOwner: Standing] = [.standard: Standing()]
  private(set) var tenants: Set<TenantID> = []
  private(set) var counts: [Result: UInt64] = [:]

  /// - Parameter records: what was kept, by owner.
  init(_ records: [PlanOwner: Record] = [:]) {
    for (owner, record) in records { standings[owner] = Standing(record: record) }
  }

  func standing(_ owner: PlanOwner) -> Standing { standings[owner] ?? Standing() }

  /// Whose plan calls of a business run: its own, where one is in force.
  func source(of tenant: TenantID) -> PlanOwner {
    standing(.tenant(tenant)).plan == nil ? .standard : .tenant(tenant)
  }

  // MARK: Businesses

  /// A business is there from now on; what its own folder reads like comes after.
  mutating func added(_ tenant: TenantID) -> [Output] {
    guard tenants.insert(tenant).inserted else { return [] }
    return tell(tenant)
  }

  mutating func removed(_ tenant: TenantID) -> [Output] {
    tenants.remove(tenant)
    guard standings.removeValue(forKey: .tenant(tenant)) != nil else { return [] }
    return [.forget(.tenant(tenant))]
  }

  private func tell(_ tenant: TenantID) -> [Output] {
    let owner = source(of: tenant)
    let source = standing(owner)
    guard let plan = source.plan, let version = source.record.inForce else { return [] }
    return [.inForce([tenant], of: owner, plan, version: version)]
  }

  /// Everybody who runs this owner's plan hears of it.
  private func tell(_ owner: PlanOwner) -> [Output] {
    guard case .standard = owner else { return owner.tenant.map { tell($0) } ?? [] }
    guard let plan = standing(.standard).plan, let version = standing(.standard).record.inForce else { return [] }
    let heard = tenants.filter { source(of: $0) == .standard }.sorted { $0.description < $1.description }
    return heard.isEmpty ? [] : [.inForce(heard, of: .standard, plan, version: version)]
  }

  private func isKnown(_ owner: PlanOwner) -> Bool { owner.tenant.map(tenants.contains) ?? true }

  // MARK: Readings

  /// A folder was read.
  ///
  /// - Parameter reading: `nil` if it has no plan, or is not there.
  mutating func receive(_ reading: PlanReading?, of owner: PlanOwner, at now: WallTime) -> [Output] {
    guard isKnown(owner) else { return [] }
    guard let reading else { return vanished(owner, at: now) }
    var standing = standing(owner)
    let isGoneBack = standing.record.wentBack?.seen == reading.digest
    if reading.isRefused || isGoneBack {
      let result = reading.isRefused ? Result.refused : .unchanged
      let loaded = Loaded(at: now, result: result, findings: reading.findings, digest: reading.digest)
      standing.last = loaded
      standings[owner] = standing
      counts[result, default: 0] &+= 1
      return [.told(owner, loaded, inForce: standing.record.inForce)] + fetchIfNeeded(owner)
    }
    return take(reading, of: owner, at: now)
  }

  private mutating func take(_ reading: PlanReading, of owner: PlanOwner, at now: WallTime) -> [Output] {
    var standing = standing(owner)
    let current = standing.record.versions.first { $0.number == standing.record.inForce }
    let isUnchanged = current?.digest == reading.digest
    let isFirst = standing.plan == nil
    var outputs: [Output] = []
    if !isUnchanged {
      let version = Version(
        number: (standing.record.versions.map(\.number).max() ?? 0) + 1, at: now, digest: reading.digest)
      standing.record.versions.append(version)
      (standing.record.inForce, standing.record.since) = (version.number, now)
      outputs.append(.keep(owner, version, reading.files))
    }
    let wasBack = standing.record.wentBack != nil
    standing.record.wentBack = nil
    let dropped = standing.record.trim()
    if !isUnchanged || wasBack { outputs.append(.note(owner, standing.record)) }
    outputs += dropped.map { .drop(owner, version: $0) }
    let loaded = Loaded(
      at: now, result: isUnchanged ? .unchanged : .taken, findings: reading.findings, digest: reading.digest)
    counts[loaded.result, default: 0] &+= 1
    standing.last = loaded
    if !isUnchanged || isFirst { standing.plan = reading.plan }
    standings[owner] = standing
    return outputs + (!isUnchanged || isFirst ? tell(owner) : []) + [.told(owner, loaded, inForce: standing.record.inForce)]
  }

  private mutating func vanished(_ owner: PlanOwner, at now: WallTime) -> [Output] {
    var standing = standing(owner)
    let wasThere = standing.last != nil
    standing.last = nil
    // A plan that was gone back to with no folder there holds until there is one; everybody's plan stays whatever happens.
    if standing.record.wentBack?.seen == "" || owner == .standard {
      standings[owner] = standing
      return (wasThere ? [.vanished(owner, inForce: standing.record.inForce)] : []) + fetchIfNeeded(owner)
    }
    guard standing.record.inForce != nil || wasThere else { return [] }
    (standing.record.inForce, standing.record.since, standing.record.wentBack) = (nil, nil, nil)
    standing.plan = nil
    standings[owner] = standing
    return [.note(owner, standing.record), .vanished(owner, inForce: nil)] + tell(owner)
  }

  // MARK: Versions that are kept

  /// What should be in force and was not read since the start is read from what is kept.
  private func fetchIfNeeded(_ owner: PlanOwner) -> [Output] {
    let standing = standing(owner)
    guard standing.plan == nil, let version = standing.record.inForce ?? standing.record.versions.last?.number else {
      return []
    }
    return [.fetch(owner, version: version)]
  }

  /// What a kept version reads like; `nil` if it cannot be used, and then the one before it is tried.
  mutating func kept(_ plan: Dialplan?, _ version: Int, of owner: PlanOwner, at now: WallTime) -> [Output] {
    guard isKnown(owner), var standing = standings[owner], standing.plan == nil else { return [] }
    guard let plan else {
      standing.record.versions.removeAll { $0.number == version }
      standing.record.inForce = standing.record.versions.last { $0.number < version }?.number
      standing.record.wentBack = nil
      standings[owner] = standing
      let next = standing.record.inForce.map { [.fetch(owner, version: $0)] } ?? tell(owner)
      return [.unreadable(owner, version: version), .note(owner, standing.record)] + next
    }
    let isOther = standing.record.inForce != version
    if isOther { (standing.record.inForce, standing.record.since) = (version, now) }
    standing.plan = plan
    standings[owner] = standing
    return (isOther ? [.note(owner, standing.record)] : []) + tell(owner)
  }

  /// Which version is meant by going back.
  ///
  /// - Parameter version: `nil` for the one before that in force, or, where the default's plan is, the newest.
  func earlier(_ version: Int?, of owner: PlanOwner) throws(Fault) -> Int {
    let record = standing(owner).record
    let numbers = record.versions.map(\.number)
    guard let version else {
      guard let found = numbers.last(where: { number in record.inForce.map { number < $0 } ?? true }) else { throw .noEarlier }
      return found
    }
    guard numbers.contains(version) else { throw .unknown(version: version, kept: numbers) }
    guard version != record.inForce else { throw .already(version: version) }
    return version
  }

  /// Puts a version that was read from what is kept in force, until the folder reads otherwise.
  mutating func goBack(_ owner: PlanOwner, to version: Int, _ plan: Dialplan, at now: WallTime) -> [Output] {
    guard isKnown(owner), var standing = standings[owner] else { return [] }
    standing.record.wentBack = Return(from: standing.record.inForce, at: now, seen: standing.last?.digest ?? "")
    (standing.record.inForce, standing.record.since) = (version, now)
    standing.plan = plan
    standings[owner] = standing
    return [.note(owner, standing.record)] + tell(owner)
  }
}

extension PlanShelf.Record {
  /// Numbers of those that are one too many.
  fileprivate mutating func trim() -> [Int] {
    var dropped: [Int] = []
    while versions.count > PlanShelf.maximumVersions,
      let index = versions.firstIndex(where: { $0.number != inForce })
    {
      dropped.append(versions.remove(at: index).number)
    }
    return dropped
  }
}
