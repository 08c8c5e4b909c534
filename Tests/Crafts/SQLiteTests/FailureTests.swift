import Foundation
import Scratch
import Testing
import Wire

@testable import SQLite

@Suite("A database says why it cannot")
struct FailureTests {
  private let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private static let table: SQL = "CREATE TABLE IF NOT EXISTS things (number INTEGER PRIMARY KEY, it BLOB) STRICT"

  private func fill(_ database: borrowing Database, rows: Int) throws {
    let octets = [UInt8](repeating: 7, count: 1000)
    for _ in 0..<rows { try database.run("INSERT INTO things (it) VALUES (?1)", octets) }
  }

  @Test("Full: the write fails with the right words, what was there is there, and it goes on when there is room again")
  func full() throws {
    let database = try Database(scratch.file())
    try database.script(Self.table)
    try fill(database, rows: 10)
    try database.script("PRAGMA max_page_count = 10")
    let refusal = failure { try fill(database, rows: 100) }
    #expect(refusal?.reason == .full && refusal?.words == "database or disk is full")
    #expect(refusal?.description.contains("make room") == true)
    let before: Int? = try database.value("SELECT count(*) FROM things")
    let inTransaction = failure { try database.transaction { () throws(DatabaseFailure) in try grow(database) } }
    #expect(inTransaction?.reason == .full && isClosed(database))
    let inSavepoint = failure {
      try database.transaction { () throws(DatabaseFailure) in
        try database.savepoint { () throws(DatabaseFailure) in try grow(database) }.get()
      }
    }
    #expect(inSavepoint?.reason == .full && isClosed(database))
    #expect(try database.value("SELECT count(*) FROM things") == before)
    #expect(try database.integrityFaults() == [])
    try database.script("PRAGMA max_page_count = 10000")
    try fill(database, rows: 100)
    #expect(try database.value("SELECT count(*) FROM things") == (before ?? 0) + 100)
  }

  private func grow(_ database: borrowing Database) throws(DatabaseFailure) {
    try database.run(
      """
      INSERT INTO things (it) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
      SELECT zeroblob(1000) FROM n
      """)
  }

  @Test("Full: a real disk without room, and with room again", .enabled(if: SmallDisk.isPossible, "mounting takes root"))
  func fullDisk() throws {
    let disk = try SmallDisk(over: scratch, kilobytes: 400)
    defer { withExtendedLifetime(disk) {} }
    let database = try Database(scratch.file())
    try database.script(Self.table)
    try scratch.write([UInt8](repeating: 1, count: 200_000), to: "ballast")
    #expect(failure { try fill(database, rows: 1000) }?.reason == .full)
    let before: Int = try #require(try database.value("SELECT count(*) FROM things"))
    #expect(before > 0)
    try scratch.remove("ballast")
    try fill(database, rows: 10)
    #expect(try database.value("SELECT count(*) FROM things") == before + 10)
    #expect(try database.integrityFaults() == [])
    #expect(failure { _ = try fill(database, rows: 1000) }?.reason == .full)
    let backup = failure { try database.backUp(to: scratch.file("copy.db")) }
    #expect(backup?.reason == .full)
    #expect(try !scratch.names.contains { $0.hasPrefix("copy") })
  }

  @Test("A folder, a file or a database that may not be written")
  func readOnly() throws {
    try Database(scratch.file("there.db")).script(Self.table)
    try scratch.setMode(0o555)
    defer { try? scratch.setMode(0o755) }
    withoutPrivileges {
      let new = failure { _ = try Database(scratch.file()) }
      #expect(new?.reason == .readOnly && new?.words == "Permission denied", "\(String(describing: new))")
      #expect(failure { _ = try Database(scratch.file("there.db")) }?.reason == .readOnly)
    }
    try scratch.setMode(0o777)
    try scratch.setMode(0o444, of: "there.db")
    withoutPrivileges {
      let closed = failure { _ = try Database(scratch.file("there.db")) }
      #expect(closed?.reason == .readOnly && closed?.description.contains("let this program's user write") == true)
    }
    let reader = try Database(scratch.file("there.db"), .reading)
    #expect(failure { try reader.run("INSERT INTO things VALUES (1, NULL)") }?.reason == .readOnly)
    #expect(try reader.value("SELECT count(*) FROM things") == 0)
  }

  @Test("A folder that is missing, a folder instead of a file, no path at all")
  func cannotOpen() throws {
    let missing = failure { _ = try Database(scratch.file("no/where.db")) }
    #expect(missing?.reason == .cannotOpen && missing?.words == "No such file or directory")
    #expect(missing?.path == scratch.file("no/where.db"))
    #expect(failure { _ = try Database(scratch.path) }?.reason == .cannotOpen)
    #expect(failure { _ = try Database("") }?.reason == .cannotOpen)
    #expect(failure { _ = try Database(scratch.file("a\u{0}b")) }?.reason == .cannotOpen)
    #expect(failure { _ = try Database(scratch.file("none.db"), .reading) }?.reason == .cannotOpen)
    #expect(try scratch.names == [])
  }

  @Test("A file of garbage is no database, and nothing of it is touched")
  func garbage() throws {
    var random = Randomness.seeded(1)
    for count in [2, 100, 5000] {
      let garbage = random.bytes(count)
      try scratch.write(garbage)
      let refusal = failure { _ = try Database(scratch.file()) }
      #expect(refusal?.reason == .corrupt, "\(count) bytes: \(String(describing: refusal))")
      #expect(refusal?.words == "file is not a database")
      #expect(try scratch.bytes() == garbage)
      #expect(try scratch.openDescriptors == 0)
    }
  }

  @Test("A page that was flipped is found, in words; whatever is read of it, nothing traps", arguments: 0..<40 as Range<UInt64>)
  func flippedPage(seed: UInt64) throws {
    do {
      let database = try Database(scratch.file())
      try database.script(Self.table)
      try database.script("CREATE INDEX by_it ON things (it)")
      try fill(database, rows: 60)
    }
    var random = Randomness.seeded(seed)
    var bytes = try scratch.bytes()
    let page = Int.random(in: 1..<bytes.count / 4096, using: &random)
    // The beginning of a page is its header: a flip there cannot be mistaken for a value.
    for index in page * 4096..<page * 4096 + 12 { bytes[index] = ~bytes[index] }
    try scratch.write(bytes)
    do {
      let database = try Database(scratch.file())
      let faults = try database.integrityFaults()
      #expect(!faults.isEmpty)
      _ = try database.rows("SELECT it FROM things") { row throws(DatabaseFailure) -> [UInt8] in try row.next() }
      _ = try database.value("SELECT count(*) FROM things WHERE it > x'08'") as Int?
      try fill(database, rows: 10)
    } catch let refusal as DatabaseFailure {
      #expect(refusal.reason == .corrupt, "\(refusal)")
    }
  }

  @Test("A file that lost its end is found", arguments: [4096, 8192, 20_000])
  func cutShort(_ length: Int) throws {
    do {
      let database = try Database(scratch.file())
      try database.script(Self.table)
      try fill(database, rows: 60)
    }
    try scratch.write(Array(try scratch.bytes().prefix(length)))
    let refusal = failure {
      let database = try Database(scratch.file())
      let faults = try database.integrityFaults()
      #expect(!faults.isEmpty)
      _ = try database.rows("SELECT it FROM things") { row throws(DatabaseFailure) -> [UInt8] in try row.next() }
    }
    #expect(refusal?.reason == .corrupt && refusal?.words == "database disk image is malformed")
  }

  @Test("A database that another holds is locked, its readers are not, and it is free again after")
  func locked() throws {
    let holder = try Database(scratch.file())
    try holder.script(Self.table)
    let other = try Database(scratch.file(), patience: .zero)
    try holder.transaction { () throws(DatabaseFailure) in
      try holder.run("INSERT INTO things VALUES (1, NULL)")
      let refusal = failure { try other.run("INSERT INTO things VALUES (2, NULL)") }
      #expect(refusal?.reason == .locked && refusal?.words == "database is locked")
      #expect(failure { try other.transaction {} }?.reason == .locked)
      #expect(try other.value("SELECT count(*) FROM things") == 0)
    }
    #expect(try other.run("INSERT INTO things VALUES (2, NULL)") == 1)
  }

  @Test("Whoever waits with patience gets in when the other is done")
  func patience() throws {
    let holder = try Database(scratch.file())
    try holder.script(Self.table)
    let path = scratch.file()
    let outcome = Outcome()
    try holder.transaction { () throws(DatabaseFailure) in
      try holder.run("INSERT INTO things VALUES (1, NULL)")
      Thread.detachNewThread {
        outcome.set {
          let other = try Database(path, patience: .seconds(60))
          outcome.begin()
          return try other.run("INSERT INTO things VALUES (2, NULL)")
        }
      }
      outcome.waitForBeginning()
    }
    #expect(try outcome.get() == 1)
  }

  @Test("A failed opening leaves nothing open")
  func nothingLeft() throws {
    try scratch.write(Array("no database".utf8))
    for _ in 0..<10 { _ = failure { _ = try Database(scratch.file()) } }
    #expect(try scratch.openDescriptors == 0)
    do {
      let database = try Database(scratch.file("good.db"))
      try database.script(Self.table)
      #expect(try scratch.openDescriptors > 0)
    }
    #expect(try scratch.openDescriptors == 0)
    #expect(try scratch.names == ["good.db", "test.db"])
  }
}

/// What another thread came to.
private final class Outcome: @unchecked Sendable {
  // Unchecked: handed over by the semaphores.
  private let begun = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)
  private var result: Result<Int, any Error> = .success(0)

  func begin() { begun.signal() }
  func waitForBeginning() { begun.wait() }
  func set(_ body: () throws -> Int) {
    result = Result { try body() }
    begun.signal()
    ended.signal()
  }
  func get() throws -> Int {
    ended.wait()
    return try result.get()
  }
}
