import Calls
import Dialplan
import Dispatch
import Foundation
import Runtime
import Storage
import Wire

/// Loads the dialplans of `--dialplans DIR`, keeps their versions, and says which is in force for whom; it lives in the office.
///
/// Files are read, checked and walked on a thread beside, in turn; what they read like is decided by `PlanShelf`.
package actor DialplanShelf {
  /// How long a folder is left alone after it changed: editors write a file in several steps.
  static let quiet = Duration.milliseconds(200)
  /// And at most, while somebody keeps writing.
  static let longestWait = Duration.seconds(2)

  typealias InForce = @Sendable (TenantID, PlanOwner, Dialplan, _ version: Int) async -> Void

  let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  let log: Log
  /// `--dialplans`.
  let folder: String
  private let archive: PlanArchive
  private let inForce: InForce
  /// Where the disk is waited for.
  private let beside = DispatchQueue(label: "dialplans", qos: .utility)
  private let zones = Locked<ZoneFiles?>(nil)
  private(set) var shelf = PlanShelf()
  /// Told in their order, one after the other.
  private let news: AsyncStream<@Sendable () async -> Void>.Continuation
  private let stream: AsyncStream<@Sendable () async -> Void>
  private var teller: Task<Void, Never>?
  private var watch: PlanWatch?
  private var timer: EventLoop.TimerID?
  /// Whose folders changed and are read once they are left alone; empty and set where all are.
  private var changed: (owners: Set<PlanOwner>, areAll: Bool, since: Instant)?

  /// Readings since the start, by what they came to.
  var counts: [PlanShelf.Result: UInt64] { shelf.counts }

  /// - Parameter inForce: told which plan calls of a business begin with from then on, each time that it is another.
  init(loop: EventLoop, folder: String, data: String, log: Log, inForce: @escaping InForce) {
    self.loop = loop
    self.log = log
    self.folder = folder
    self.inForce = inForce
    archive = PlanArchive(in: data)
    (stream, news) = AsyncStream.makeStream()
  }

  // MARK: The start and the end

  /// Reads all that there is; once it returns, everybody's plan was told of. Nothing that is wrong keeps the service from starting.
  ///
  /// - Parameter known: every business that exists, those that are not served now too: of others nothing is kept.
  func start(_ tenants: [TenantID], known: Set<TenantID>) async {
    let (records, complaints) = await aside { [archive] in
      var complaints: [String] = []
      return (archive.records { complaints.append($0) }, complaints)
    }
    for complaint in complaints { log.write(.error, complaint) }
    for owner in records.keys {
      if let tenant = owner.tenant, !known.contains(tenant) { await aside { [archive] in archive.forget(owner) } }
    }
    shelf = PlanShelf(records.filter { $0.key.tenant.map(tenants.contains) ?? true })
    for tenant in tenants { perform(shelf.added(tenant)) }
    teller = Task { [stream] in for await telling in stream { await telling() } }
    openWatch()
    let own = await owners(besides: Set(records.keys))
    // The default's plan comes last: those who have their own need not hear of it.
    for owner in own.sorted().reversed() { await read(owner) }
    await settled()
  }

  /// Those whose folders are worth a look: they have one, or had one.
  private func owners(besides kept: Set<PlanOwner>) async -> Set<PlanOwner> {
    let names = await aside { [folder] in Folder.names(folder) }
    let found = Set(names.compactMap { PlanOwner($0) }).union(kept).union([.standard])
    return found.filter { $0.tenant.map(shelf.tenants.contains) ?? true }
  }

  /// Lets the folders go, and returns once the disk has what waited for it.
  func stop() async {
    if let timer { loop.remove(timer) }
    timer = nil
    if let watch { loop.forget(watch.file) }
    watch = nil
    news.finish()
    await aside {}
  }

  // MARK: Businesses

  func open(_ tenant: TenantID) async {
    perform(shelf.added(tenant))
    let owner = PlanOwner.tenant(tenant)
    let hasFolder = await aside { [folder] in DialplanFolder("\(folder)/\(owner)").has("extensions.conf") }
    if hasFolder { await read(owner) }
  }

  func close(_ tenant: TenantID) { perform(shelf.removed(tenant)) }

  // MARK: Reading

  /// Reads a folder now and does what follows from it.
  func read(_ owner: PlanOwner) async {
    guard owner.tenant.map(shelf.tenants.contains) ?? true else { return }
    let path = "\(folder)/\(owner)"
    let watch = watch
    let (reading, complaint) = await aside { [zones] in
      // Watched before it is read, so that what changes meanwhile is heard of.
      let complaint = watch?.follow(owner)
      let folder = DialplanFolder(path)
      guard folder.has("extensions.conf") else { return (nil as PlanReading?, complaint) }
      return (PlanReading(folder, zones: Self.zones(zones)), complaint)
    }
    if let complaint { log.write(.warning, complaint) }
    perform(shelf.receive(reading, of: owner, at: WallClock.now))
  }

  /// The world's clocks, read once.
  private static func zones(_ cache: Locked<ZoneFiles?>) -> ZoneFiles {
    if let zones = cache.with({ $0 }) { return zones }
    let zones = ZoneFolder.read(here: ZoneFolder.ofMachine())
    cache.with { $0 = zones }
    return zones
  }

  /// Reads again: one owner's folder, or (`nil`) each that there is.
  ///
  /// - Returns: those that were read.
  func reload(_ owner: PlanOwner?) async -> [PlanOwner] {
    let all = await owners(besides: Set(shelf.standings.keys))
    let owners = owner.map { [$0] } ?? all.sorted()
    for owner in owners.reversed() { await read(owner) }
    await settled()
    return owners
  }

  /// Puts an earlier version in force, and returns once the disk knows of it.
  ///
  /// - Throws: why it cannot be.
  func goBack(_ owner: PlanOwner, to version: Int?) async throws(GoingBack) -> Int {
    let number: Int
    do throws(PlanShelf.Fault) {
      number = try shelf.earlier(version, of: owner)
    } catch {
      throw .fault(error)
    }
    guard let plan = await kept(number, of: owner) else { throw .unreadable(number) }
    let now = WallClock.now
    // The disk comes first: what it does not take does not happen.
    var trial = shelf
    for case .note(_, let record) in trial.goBack(owner, to: number, plan, at: now) {
      let failure: String? = await aside { [archive] in
        do {
          try archive.note(record, of: owner)
          return nil
        } catch {
          return "\(error)"
        }
      }
      if let failure {
        log.write(.error, "An earlier version of a dialplan was not put in force: \(failure)", fields(owner, number))
        throw .notKept
      }
    }
    perform(shelf.goBack(owner, to: number, plan, at: now))
    await settled()
    return number
  }

  /// Why an earlier version is not in force.
  enum GoingBack: Error, Hashable {
    case fault(PlanShelf.Fault)
    case unreadable(Int)
    /// The disk does not take it.
    case notKept

    var status: Int { self == .notKept ? 503 : 409 }

    /// For who asked.
    var sentence: String {
      switch self {
      case .fault(.unknown(let version, [])): "There is no version \(version): none is kept."
      case .fault(.unknown(let version, let kept)):
        "There is no version \(version); kept are \(kept.map { "\($0)" }.joined(separator: ", "))."
      case .fault(.noEarlier): "There is no earlier version to go back to."
      case .fault(.already(let version)): "Version \(version) is in force already."
      case .unreadable(let version): "The files of version \(version) cannot be read any more."
      case .notKept: "The server could not write to its data folder, so nothing was changed; its log says why."
      }
    }
  }

  private func kept(_ version: Int, of owner: PlanOwner) async -> Dialplan? {
    let path = archive.folder(owner, version: version)
    return await aside {
      let folder = DialplanFolder(path)
      guard folder.has("extensions.conf") else { return nil }
      let loaded = Dialplan.load(from: folder.files)
      guard !loaded.findings.hasErrors else { return nil }
      var plan = loaded.plan
      plan.prepare()
      return plan
    }
  }

  // MARK: Doing

  private func perform(_ outputs: [PlanShelf.Output]) {
    for output in outputs {
      switch output {
      case .keep(let owner, let version, let files): write { [archive] in try archive.keep(version, of: owner, files) }
      case .note(let owner, let record): write { [archive] in try archive.note(record, of: owner) }
      case .drop(let owner, let version): write { [archive] in archive.drop(version, of: owner) }
      case .forget(let owner): write { [archive] in archive.forget(owner) }
      case .fetch(let owner, let version):
        pending += 1
        Task {
          let plan = await kept(version, of: owner)
          perform(shelf.kept(plan, version, of: owner, at: WallClock.now))
          pending -= 1
          if pending == 0 { wakeWaiting() }
        }
      case .inForce(let tenants, let owner, let plan, let version):
        news.yield { [inForce] in for tenant in tenants { await inForce(tenant, owner, plan, version) } }
      case .told(let owner, let loaded, let version): tell(owner, loaded, version)
      case .vanished(let owner, let version): tellOfEnd(owner, version)
      case .unreadable(let owner, let version):
        log.write(.error, "A kept version of a dialplan cannot be read and is forgotten", fields(owner, version))
      }
    }
  }

  /// Kept versions that are being read, and who waits for them.
  private var pending = 0
  private var waiting: [CheckedContinuation<Void, Never>] = []

  private func wakeWaiting() {
    for waiter in waiting { waiter.resume() }
    waiting = []
  }

  /// Returns once what was begun is done: the disk has it, and who is to hear of it has heard.
  private func settled() async {
    if pending > 0 { await withCheckedContinuation { waiting.append($0) } }
    await aside {}
    await withCheckedContinuation { waiter in
      if case .terminated = news.yield({ waiter.resume() }) { waiter.resume() }
    }
  }

  private func write(_ work: @escaping @Sendable () throws -> Void) {
    beside.async { [log] in
      do {
        try work()
      } catch {
        log.write(.error, "A version of a dialplan could not be kept and is lost with a restart: \(error)")
      }
    }
  }

  private func aside<Answer: Sendable>(_ work: @escaping @Sendable () -> Answer) async -> Answer {
    await withCheckedContinuation { continuation in beside.async { continuation.resume(returning: work()) } }
  }

  // MARK: The log

  private func tell(_ owner: PlanOwner, _ loaded: PlanShelf.Loaded, _ version: Int?) {
    switch loaded.result {
    case .unchanged: return
    case .taken:
      let warnings = loaded.findings.isEmpty ? [] : [("warnings", "\(loaded.findings.count)")]
      log.write(.info, "A dialplan is in force", fields(owner, version) + warnings)
    case .refused:
      let errors = loaded.findings.filter { $0.severity == .error }
      let first = errors.first.map { $0.below("\(folder)/\(owner)/").description } ?? ""
      let more =
        errors.count > 1 ? " There \(errors.count == 2 ? "is 1 more error" : "are \(errors.count - 1) more errors")." : ""
      let stays = version == nil && owner != .standard ? "the default's plan is in force" : "the last good one stays in force"
      log.write(.error, "A dialplan was refused, and \(stays). \(first)\(more)", fields(owner, version))
    }
  }

  private func tellOfEnd(_ owner: PlanOwner, _ version: Int?) {
    let sentence =
      version == nil
      ? "A business has no dialplan of its own any more: the default's is in force"
      : "A folder has no extensions.conf any more, and its last plan stays in force"
    log.write(.warning, sentence, fields(owner, version))
  }

  private func fields(_ owner: PlanOwner, _ version: Int?) -> [(String, String)] {
    [("dialplan", owner.description)] + (version.map { [("version", "\($0)")] } ?? [])
  }

  // MARK: Watching

  private func openWatch() {
    timer = loop.makeTimer { [unowned self] in assumeIsolated { $0.ring() } }
    do {
      let watch = try PlanWatch(folder)
      try loop.watch(watch.file, .readable) { [unowned self] _, _ in assumeIsolated { $0.heard() } }
      self.watch = watch
    } catch {
      let advice = "Say `calldocker dialplan reload` after saving a dialplan."
      log.write(.warning, "The folder of dialplans cannot be watched: \(error). \(advice)")
    }
  }

  private func heard() {
    guard let news = watch?.read(), news.areAll || !news.owners.isEmpty else { return }
    let now = SystemClock.now
    var changed = changed ?? ([], false, now)
    changed.owners.formUnion(news.owners)
    changed.areAll = changed.areAll || news.areAll
    self.changed = changed
    if let timer { loop.set(timer, to: min(now + Self.quiet, changed.since + Self.longestWait)) }
  }

  private func ring() {
    guard let changed else { return }
    self.changed = nil
    Task {
      if changed.areAll {
        _ = await reload(nil)
      } else {
        for owner in changed.owners.sorted().reversed() { await read(owner) }
      }
    }
  }
}
