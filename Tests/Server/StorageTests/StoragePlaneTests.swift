import Foundation
import Runtime
import SQLite
import Scratch
import Testing
import Wire

@testable import Storage

@Suite("The storage plane: one thread, one transaction for all that wait, and nobody is told too early")
struct StoragePlaneTests {
  private let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func opened() throws -> StoragePlane { try StoragePlane(StoragePlane.Settings(path: scratch.file())) }

  /// Keeps the storage thread busy until it is let go, so that letters gather.
  private func hold(_ plane: StoragePlane) async -> DispatchSemaphore {
    let (begun, end) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    await withCheckedContinuation { continuation in
      plane.read({ _ in
        continuation.resume()
        end.wait()
      }) { _ in begun.signal() }
    }
    return end
  }

  private func add(_ number: UInt8) -> @Sendable (StorageWriter) throws -> Void { { try $0.addTenant(.numbered(number)) } }

  @Test("What was acknowledged is read after, and is there in the next life")
  func acknowledged() async throws {
    let plane = try opened()
    try await plane.write(add(1))
    #expect(try await plane.read { try $0.tenant(.numbered(1)) } == .numbered(1))
    let agent = try await plane.write { try $0.addAgent("ann", to: .numbered(1), at: 5) }
    let closing = try await plane.close()
    #expect(closing == StoragePlane.Closing(figures: closing.figures, isTidy: true) && closing.figures.written == 2)
    #expect(try scratch.names == ["test.db", "test.db.lock"])
    let next = try opened()
    #expect(try await next.read { try $0.agents(of: .numbered(1)) } == [agent])
    _ = try await next.close()
  }

  @Test("All that waits goes into one transaction, and each is told only when others can read it")
  func group() async throws {
    let plane = try opened()
    let before = plane.figures.transactions
    let end = await hold(plane)
    let told = Locked<[Int]>([])
    let path = scratch.file()
    for number: UInt8 in 1...100 {
      plane.write(add(number)) { outcome in
        // On the storage thread, so what another connection sees now is what the disk has.
        let seen = try? Database(path, .reading).value("SELECT count(*) FROM tenants") as Int?
        told.with { $0.append((try? outcome.get()) == nil ? -1 : seen ?? -1) }
      }
    }
    #expect(told.with { $0.isEmpty } && plane.figures.waiting == 101)
    end.signal()
    let closing = try await plane.close()
    #expect(told.with { $0 } == Array(repeating: 100, count: 100))
    #expect(closing.figures.transactions == before + 1 && closing.figures.written == 100 && closing.figures.waiting == 0)
  }

  @Test("A write that fails fails alone, whether by a rule of the schema or by its own throw")
  func alone() async throws {
    struct Mind: Error {}
    let plane = try opened()
    let end = await hold(plane)
    let outcomes = Locked<[Result<Int, StorageFailure>]>([])
    let note: @Sendable (Result<Int, StorageFailure>) -> Void = { outcome in outcomes.with { $0.append(outcome) } }
    plane.write(
      {
        try $0.addTenant(.numbered(1))
        return 1
      }, done: note)
    plane.write(
      {
        try $0.addTenant(.numbered(2))
        try $0.addTenant(.numbered(1))
        return 2
      }, done: note)
    plane.write(
      {
        try $0.addTenant(.numbered(3))
        throw Mind()
      }, done: note)
    plane.write(
      {
        try $0.addTenant(.numbered(4))
        return 4
      }, done: note)
    end.signal()
    let tenants = try await plane.read { try $0.tenants() }
    #expect(tenants == [.numbered(1), .numbered(4)])
    let all = outcomes.with { $0 }
    #expect(all.count == 4 && all[0] == .success(1) && all[3] == .success(4) && all[2] == .failure(.abandoned("Mind()")))
    guard case .failure(.database(let failure)) = all[1] else { throw Mind() }
    #expect(failure.reason == .constraint(.unique) && failure.words == "UNIQUE constraint failed: tenants.uuid")
    let closing = try await plane.close()
    #expect(closing.figures.transactions == 1 && closing.figures.written == 2 && closing.figures.failed == 2)
  }

  @Test("A question cannot write, and what it throws is its asker's only")
  func questions() async throws {
    let plane = try opened()
    let refusal = await failure { try await plane.read { try $0.database.run("DELETE FROM tenants") } }
    guard case .database(let readOnly) = refusal else { throw refusal ?? .closed }
    #expect(readOnly.reason == .readOnly)
    #expect(try await plane.read { try $0.tenants() } == [])
    _ = try await plane.close()
  }

  @Test("One more than may wait is refused at once; those that wait are all done")
  func overloaded() async throws {
    let plane = try opened()
    let end = await hold(plane)
    let done = Locked(0)
    for _ in 1..<StoragePlane.maximumWaiting {
      plane.write(
        { try $0.note("x", by: "y", in: nil, at: 0) },
        done: { outcome in
          if case .success = outcome { done.with { $0 += 1 } }
        })
    }
    #expect(await failure { try await plane.write(add(1)) } == .overloaded(limit: StoragePlane.maximumWaiting))
    #expect(await failure { try await plane.read { try $0.tenants() } } == .overloaded(limit: StoragePlane.maximumWaiting))
    #expect(done.with { $0 } == 0)
    end.signal()
    let closing = try await plane.close()
    #expect(done.with { $0 } == StoragePlane.maximumWaiting - 1)
    #expect(closing.figures.written == StoragePlane.maximumWaiting - 1)
    #expect(closing.figures.transactions == StoragePlane.maximumWaiting / StorageLoop.maximumGroup)
  }

  @Test("Closing does what waits, takes nothing more, and says how many were written")
  func closing() async throws {
    let plane = try opened()
    let end = await hold(plane)
    for number: UInt8 in 1...5 { plane.write(add(number)) { _ in } }
    plane.write(add(5)) { _ in }
    let closed = Locked<StoragePlane.Closing?>(nil)
    let ended = DispatchSemaphore(value: 0)
    #expect(
      plane.close {
        let closing = $0
        closed.with { $0 = closing }
        ended.signal()
      })
    #expect(!plane.close { _ in })
    #expect(await failure { try await plane.write(add(6)) } == .closed)
    #expect(await failure { try await plane.read { try $0.tenants() } } == .closed)
    #expect(await failure { try await plane.close() } == .closed)
    #expect(await failure { try await plane.backUp(to: scratch.file("copy.db")) } == .closed)
    end.signal()
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        ended.wait()
        continuation.resume()
      }
    }
    #expect(closed.with { $0 }?.figures.written == 5 && closed.with { $0 }?.figures.failed == 1)
    #expect(try scratch.openDescriptors == 0)
    let next = try opened()
    #expect(try await next.read { try $0.tenants().count } == 5)
    _ = try await next.close()
  }

  @Test("Two planes do not share a database, and a plane that is let go lets go")
  func inUse() async throws {
    var plane: StoragePlane? = try opened()
    #expect(await failure { try opened() } == .inUse(path: scratch.file()))
    plane?.write(add(1)) { _ in }
    plane = nil
    let end = SystemClock.now + .seconds(60)
    while try scratch.openDescriptors > 0, SystemClock.now < end { await Task.yield() }
    let next = try opened()
    #expect(try await next.read { try $0.tenants() } == [.numbered(1)])
    _ = try await next.close()
  }

  @Test("A database from a newer Calldocker, of another program or of garbage is refused in words and left alone")
  func refused() async throws {
    do {
      try Database(scratch.file()).script("PRAGMA application_id = 1128352844; PRAGMA user_version = 99; CREATE TABLE t (a)")
    }
    let newer = await failure { try opened() }
    #expect(
      newer?.description.contains("version 99, written by a newer program than this one") == true, "\(newer.debugDescription)")
    try Database(scratch.file()).script("PRAGMA application_id = 7")
    #expect(await failure { try opened() }?.description.contains("another program's database") == true)
    try scratch.write([UInt8](repeating: 7, count: 5000))
    #expect(await failure { try opened() }?.description.contains("file is not a database") == true)
    #expect(await failure { try StoragePlane(StoragePlane.Settings(path: scratch.file("no/where.db"))) } != nil)
  }

  @Test("A database that another program holds fails the writes that wait, together, and reads go on")
  func locked() async throws {
    var settings = StoragePlane.Settings(path: scratch.file())
    settings.patience = .zero
    let plane = try StoragePlane(settings)
    try await plane.write(add(1))
    let end = await hold(plane)
    let failures = Locked<[StorageFailure]>([])
    for number: UInt8 in 2...9 {
      plane.write(add(number)) { outcome in
        if case .failure(let failure) = outcome { failures.with { $0.append(failure) } }
      }
    }
    let other = try Database(scratch.file())
    try other.script("BEGIN IMMEDIATE")
    end.signal()
    #expect(try await plane.read { try $0.tenants().count } == 1)
    #expect(
      failures.with { $0.count } == 8 && failures.with { $0.allSatisfy { $0.description.contains("database is locked") } })
    try other.script("ROLLBACK")
    try await plane.write(add(2))
    _ = try await plane.close()
  }

  // MARK: A full disk

  private func fill(_ plane: StoragePlane) async -> StorageFailure? {
    for number in 0..<1000 {
      do throws(StorageFailure) {
        try await plane.write { try $0.setSecret("\(number)", to: .init(repeating: 1, count: 2000)) }
      } catch {
        return error
      }
    }
    return nil
  }

  @Test("Full: reads go on, writes say so, a write that is too great harms no other, and it recovers by itself")
  func full() async throws {
    let plane = try opened()
    try await plane.write(add(1))
    let pages = try await plane.read { try $0.database.value("PRAGMA page_count") as Int? ?? 0 }
    try #require(pages < 50)
    try await plane.write { try $0.database.script("PRAGMA max_page_count = 60") }
    let refusal = await fill(plane)
    #expect(refusal?.isFull == true && refusal?.description.contains("make room on that disk") == true)
    #expect(try await plane.read { try $0.tenants() } == [.numbered(1)])
    // There is room for small ones, between which stands one that there is no room for.
    try await plane.write { try $0.database.script("PRAGMA max_page_count = 70") }
    let end = await hold(plane)
    let outcomes = Locked<[Bool]>([])
    for number: UInt8 in 2...9 {
      plane.write(
        { writer in
          if number == 5 { try writer.setSecret("great", to: .init(repeating: 1, count: 1_000_000)) }
          try writer.addTenant(.numbered(number))
        },
        done: { outcome in
          let isFull = if case .failure(let failure) = outcome { failure.isFull } else { false }
          outcomes.with { $0.append(!isFull) }
        })
    }
    end.signal()
    #expect(try await plane.read { try $0.tenants().map(\.key.octets[0]) } == [1, 2, 3, 4, 6, 7, 8, 9])
    #expect(outcomes.with { $0 } == [true, true, true, false, true, true, true, true])
    try await plane.write { try $0.database.script("PRAGMA max_page_count = 1000000") }
    #expect(await fill(plane) == nil)
    _ = try await plane.close()
  }

  @Test("Full: a real disk without room, and with room again", .enabled(if: SmallDisk.isPossible, "mounting takes root"))
  func fullDisk() async throws {
    let disk = try SmallDisk(over: scratch, kilobytes: 1000)
    defer { withExtendedLifetime(disk) {} }
    let plane = try opened()
    try await plane.write(add(1))
    try scratch.write([UInt8](repeating: 1, count: 300_000), to: "ballast")
    let refusal = await fill(plane)
    #expect(refusal?.isFull == true, "\(refusal.debugDescription)")
    let written = plane.figures.written
    #expect(written > 10)
    #expect(try await plane.read { try $0.tenants() } == [.numbered(1)])
    #expect(await failure { try await plane.backUp(to: scratch.file("copy.db")) }?.isFull == true)
    try scratch.remove("ballast")
    for number: UInt8 in 2...9 { try await plane.write(add(number)) }
    #expect(try await plane.read { try $0.tenants().count } == 9)
    #expect(try await plane.read { try $0.database.integrityFaults() } == [])
    _ = try await plane.close()
  }

  @Test(
    "Full: what needs no more room is still written, for the log makes room",
    .enabled(if: SmallDisk.isPossible, "mounting takes root"))
  func fullLog() async throws {
    let disk = try SmallDisk(over: scratch, kilobytes: 1000)
    defer { withExtendedLifetime(disk) {} }
    do {
      let plane = try opened()
      try await plane.write { try $0.setSecret("one", to: .init(repeating: 0, count: 4000)) }
      _ = try await plane.close()
    }
    let plane = try opened()
    // Each takes pages of the log, which alone could fill this disk before SQLite copies it by itself.
    for number: UInt8 in 1...250 {
      try await plane.write { try $0.setSecret("one", to: .init(repeating: number, count: 4000)) }
    }
    #expect(try await plane.read { try $0.secret("one") } == .init(repeating: 250, count: 4000))
    _ = try await plane.close()
  }

  // MARK: Upkeep

  @Test("A backup is whole, made while others write, and opens as a database of its own")
  func backup() async throws {
    let plane = try opened()
    try await plane.write { try Office.furnish(1, $0, calls: 300) }
    async let copied: Void = plane.backUp(to: scratch.file("copy.db"))
    for number: UInt8 in 2...40 { try await plane.write(add(number)) }
    try await copied
    #expect(await failure { try await plane.backUp(to: scratch.file("copy.db")) }?.description.contains("already") == true)
    let copy = try StoragePlane(StoragePlane.Settings(path: scratch.file("copy.db")))
    let (state, faults) = try await copy.read { (try $0.startingState(at: 0), try $0.database.integrityFaults()) }
    #expect(faults == [] && state.agents.count == 2 && state.registrations.count == 4)
    #expect(state.tenants.first == .numbered(1))
    #expect(try await copy.read { try $0.calls(of: .numbered(1), CallQuery(limit: 200)).calls.count } == 200)
    _ = try await copy.close()
    _ = try await plane.close()
  }

  @Test("History past its days goes in small writes, calls that last stay, other tenants' too when theirs is younger")
  func retention() async throws {
    let plane = try opened()
    let day: Int64 = 86_400_000
    let count = StoragePlane.deletionBatch * 2 + 1
    try await plane.write { writer in
      try writer.addTenant(.numbered(1))
      try writer.addTenant(.numbered(2))
      for number in 0..<count {
        var call = CallRow(tenant: .numbered(1), id: "\(number)", startedAt: WallTime(milliseconds: Int64(number)))
        call.end = CallEndRow(at: 1, reason: "failed")
        try writer.completeCall(call)
      }
      try writer.beginCall(CallRow(tenant: .numbered(1), id: "lasting", startedAt: 0))
      var young = CallRow(tenant: .numbered(2), id: "young", startedAt: WallTime(milliseconds: 10 * day))
      young.end = CallEndRow(at: 2, reason: "failed")
      try writer.completeCall(young)
      try writer.note("old", by: "a", in: .numbered(1), at: 0)
      try writer.note("young", by: "a", in: .numbered(1), at: WallTime(milliseconds: 10 * day))
    }
    let before = plane.figures.written
    // The call that began exactly so many days ago is kept.
    #expect(try await plane.removeHistory(olderThan: 10, at: WallTime(milliseconds: 20 * day)) == count + 1)
    #expect(plane.figures.written - before == 3 + 1)
    let (lasting, young, notes) = try await plane.read {
      (
        try $0.calls(of: .numbered(1)).calls.map(\.id), try $0.calls(of: .numbered(2)).calls.map(\.id),
        try $0.audit(of: .numbered(1)).map(\.what)
      )
    }
    #expect(lasting == ["lasting"] && young == ["young"] && notes == ["young"])
    #expect(try await plane.removeHistory(olderThan: .max, at: 0) == 0)
    #expect(try await plane.removeHistory(olderThan: .min, at: WallTime(milliseconds: 10 * day)) == 0)
    _ = try await plane.close()
  }

  @Test("A tenant with a long history goes in small writes")
  func removal() async throws {
    let plane = try opened()
    try await plane.write { try Office.furnish(1, $0, calls: StoragePlane.deletionBatch + 1) }
    try await plane.write { try Office.furnish(2, $0) }
    let before = plane.figures.written
    #expect(try await plane.removeTenant(.numbered(1)))
    #expect(plane.figures.written - before == 5)
    #expect(try await plane.removeTenant(.numbered(1)) == false)
    let state = try await plane.read { try $0.startingState(at: 0) }
    #expect(state.tenants == [.numbered(2)] && state.agents.count == 2)
    _ = try await plane.close()
  }

  @Test("Many writers at once: every acknowledged row is there, each once, in fewer transactions than rows")
  func concurrency() async throws {
    let plane = try opened()
    try await plane.write(add(1))
    try await withThrowingTaskGroup { group in
      for writer in 0..<20 {
        group.addTask {
          for number in 0..<20 {
            try await plane.write { try $0.beginCall(CallRow(tenant: .numbered(1), id: "\(writer)-\(number)", startedAt: 0)) }
          }
        }
      }
      try await group.waitForAll()
    }
    let closing = try await plane.close()
    #expect(closing.figures.written == 401 && closing.figures.transactions < 401)
    #expect(try Database(scratch.file()).value("SELECT count(*) FROM calls") == 400)
  }
}
