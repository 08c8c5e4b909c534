import Scratch
import Testing

@testable import SQLite

@Suite("A database grows up, is checked and is copied")
struct UpkeepTests {
  private let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private static let first = Schema.Step("the first table") { database throws(DatabaseFailure) in
    try database.script("CREATE TABLE first (a INTEGER) STRICT; INSERT INTO first VALUES (1)")
  }
  private static let second = Schema.Step("one more column") { database throws(DatabaseFailure) in
    try database.script("ALTER TABLE first ADD COLUMN b TEXT NOT NULL DEFAULT 'x'")
    try database.run("UPDATE first SET b = ?1", "y")
  }
  private static let broken = Schema.Step("what cannot be") { database throws(DatabaseFailure) in
    try database.script("CREATE TABLE third (a); INSERT INTO nowhere VALUES (1)")
  }
  private func schema(_ steps: Schema.Step...) -> Schema { Schema(application: 0x1234_5678, steps: steps) }

  @Test("Steps are taken in order, once each, from wherever the file stands")
  func migrations() throws {
    let database = try Database(scratch.file())
    #expect(try database.migrate(to: schema(Self.first)) == 1)
    #expect(try database.migrate(to: schema(Self.first)) == 0)
    #expect(try database.migrate(to: schema(Self.first, Self.second)) == 1)
    #expect(try database.version == 2)
    #expect(try database.value("SELECT b FROM first") == "y")
    let fresh = try Database(scratch.file("fresh.db"))
    #expect(try fresh.migrate(to: schema(Self.first, Self.second)) == 2)
    #expect(try fresh.value("SELECT b FROM first") == "y")
  }

  @Test("A step that fails leaves the version before it, and nothing of its own")
  func brokenStep() throws {
    let database = try Database(scratch.file())
    let refusal = failure { _ = try database.migrate(to: schema(Self.first, Self.broken)) }
    #expect(refusal?.words == "no such table: nowhere")
    #expect(refusal?.attempt.hasPrefix("bringing the database to version 2, what cannot be: CREATE TABLE third") == true)
    #expect(try database.version == 1 && isClosed(database))
    #expect(try database.value("SELECT count(*) FROM sqlite_schema") == 1)
    #expect(try database.migrate(to: schema(Self.first, Self.second)) == 1)
  }

  @Test("A newer program's database is refused in words and left alone")
  func newer() throws {
    do { _ = try Database(scratch.file()).migrate(to: schema(Self.first, Self.second)) }
    let before = try scratch.bytes()
    let refusal = failure { _ = try Database(scratch.file()).migrate(to: schema(Self.first)) }
    #expect(refusal?.reason == .newer(version: 2, known: 1))
    #expect(refusal?.description.contains("version 2, written by a newer program") == true)
    #expect(refusal?.description.contains("start the newer program") == true)
    #expect(try scratch.bytes() == before)
    try Database(scratch.file()).script("PRAGMA user_version = -1")
    let negative = failure { _ = try Database(scratch.file()).migrate(to: schema(Self.first)) }
    #expect(negative?.reason == .newer(version: -1, known: 1))
  }

  @Test("Another program's database is refused and left alone, with a version or without")
  func foreign() throws {
    let database = try Database(scratch.file())
    try database.script("CREATE TABLE bookmarks (a)")
    #expect(failure { _ = try database.migrate(to: schema(Self.first)) }?.reason == .foreign)
    try database.script("PRAGMA user_version = 1; PRAGMA application_id = 7")
    #expect(failure { _ = try database.migrate(to: schema(Self.first)) }?.reason == .foreign)
    #expect(try database.value("SELECT count(*) FROM sqlite_schema") == 1)
  }

  @Test("A row without its parent is found by the check")
  func orphans() throws {
    let database = try Database(scratch.file())
    try database.script("CREATE TABLE parents (a INTEGER PRIMARY KEY); CREATE TABLE children (b INTEGER REFERENCES parents)")
    #expect(try database.integrityFaults() == [])
    try database.script("PRAGMA foreign_keys = OFF; INSERT INTO children VALUES (7)")
    #expect(try database.integrityFaults() == ["row 1 of children belongs to nothing in parents"])
  }

  @Test("A backup is one moment, whole, compact, its owner's only, and made while another writes")
  func backup() throws {
    let writer = try Database(scratch.file())
    _ = try writer.migrate(to: schema(Self.first))
    for _ in 0..<300 { try writer.run("INSERT INTO first VALUES (2)") }
    let copier = try Database(scratch.file(), .reading)
    try writer.transaction { () throws(DatabaseFailure) in
      try writer.run("INSERT INTO first VALUES (3)")
      try copier.backUp(to: scratch.file("copy.db"))
    }
    #expect(try scratch.names == ["copy.db", "test.db", "test.db-shm", "test.db-wal"])
    #expect(try scratch.mode(of: "copy.db") == 0o600)
    let copy = try Database(scratch.file("copy.db"))
    #expect(try copy.value("SELECT count(*) FROM first") == 301)
    #expect(try copy.migrate(to: schema(Self.first)) == 0)
    #expect(try copy.integrityFaults() == [])
    #expect(try writer.value("SELECT count(*) FROM first") == 302)
  }

  @Test("A backup takes no other file's place, and leaves nothing behind where it cannot be")
  func backupRefused() throws {
    let database = try Database(scratch.file())
    try scratch.write([1], to: "there.db")
    let taken = failure { try database.backUp(to: scratch.file("there.db")) }
    #expect(taken?.words == "there is a file of that name already")
    #expect(try scratch.bytes("there.db") == [1])
    #expect(failure { try database.backUp(to: scratch.file()) } != nil)
    #expect(failure { try database.backUp(to: scratch.file("no/where.db")) }?.reason == .cannotOpen)
    #expect(failure { try database.backUp(to: "") }?.reason == .cannotOpen)
    try scratch.write([2], to: "again.db.partial")
    try database.backUp(to: scratch.file("again.db"))
    #expect(try scratch.names == ["again.db", "test.db", "test.db-shm", "test.db-wal", "there.db"])
  }

  @Test("A checkpoint empties the log; a reader of an older moment holds it up, and it says so")
  func checkpoint() throws {
    let writer = try Database(scratch.file())
    _ = try writer.migrate(to: schema(Self.first))
    let reader = try Database(scratch.file(), .reading)
    try reader.snapshot { () throws(DatabaseFailure) in
      _ = try reader.value("SELECT count(*) FROM first") as Int?
      try writer.run("INSERT INTO first VALUES (2)")
      #expect(try writer.checkpoint() == false)
    }
    #expect(try writer.checkpoint())
    #expect(try scratch.bytes("test.db-wal").isEmpty)
  }

  @Test("A plan tells a search from a walk")
  func plans() throws {
    let database = try Database(scratch.file())
    _ = try database.migrate(to: schema(Self.first))
    #expect(try database.plan(of: "SELECT a FROM first WHERE a = ?1") == ["SCAN first"])
    let search = try database.plan(of: "SELECT a FROM first WHERE rowid = ?1")
    #expect(search == ["SEARCH first USING INTEGER PRIMARY KEY (rowid=?)"])
  }
}
