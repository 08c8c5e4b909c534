import Scratch
import Testing

@testable import SQLite

@Suite("A database keeps what it is given")
struct DatabaseTests {
  private let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func opened() throws -> Database {
    let database = try Database(scratch.file())
    try database.script("CREATE TABLE things (number INTEGER PRIMARY KEY, it ANY) STRICT")
    return database
  }

  private func kept<Thing: Storable>(_ thing: Thing) throws -> Thing? {
    let database = try Database(scratch.file())
    try database.script("CREATE TABLE IF NOT EXISTS things (number INTEGER PRIMARY KEY, it ANY) STRICT")
    try database.run("INSERT OR REPLACE INTO things VALUES (1, ?1)", thing)
    return try database.value("SELECT it FROM things WHERE number = 1")
  }

  @Test(
    "Text comes back byte for byte: NUL, emoji, both forms of é, nothing at all",
    arguments: [
      "", "a\u{0}b", "\u{0}", "☎️👩🏽‍💻", "e\u{301}", "\u{E9}", "'; DROP TABLE things; --", "\u{FFFF}",
      String(repeating: "x", count: 100_000),
    ])
  func text(_ text: String) throws {
    let back = try #require(try kept(text))
    #expect(Array(back.utf8) == Array(text.utf8))
  }

  @Test("A check tells so many faults, and not one more")
  func faults() throws {
    let database = try opened()
    try database.script("CREATE TABLE parts (number INTEGER PRIMARY KEY, thing INTEGER REFERENCES things) STRICT")
    try database.script("PRAGMA foreign_keys = OFF")
    func orphans(_ numbers: ClosedRange<Int>) throws {
      for number in numbers { try database.run("INSERT INTO parts VALUES (?1, 99)", number) }
    }
    try orphans(1...Database.maximumFaults - 1)
    #expect(try database.integrityFaults().count == Database.maximumFaults - 1)
    try orphans(Database.maximumFaults...Database.maximumFaults + 1)
    #expect(try database.integrityFaults().count == Database.maximumFaults)
  }

  @Test("Integers reach to both ends of 64 bits", arguments: [Int64.min, -1, 0, 1, Int64.max])
  func integers(_ number: Int64) throws {
    #expect(try kept(number) == number)
  }

  @Test("Octets come back, none and zero among them", arguments: [[], [0], [0, 255, 0], [UInt8](repeating: 7, count: 70_000)])
  func octets(_ octets: [UInt8]) throws {
    #expect(try kept(octets) == octets)
  }

  @Test("Reals come back; not a number is nothing to SQLite")
  func reals() throws {
    for number in [0, -0.0, .pi, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude] {
      #expect(try kept(number) == number)
    }
    #expect(try kept(Double.nan) == nil)
  }

  @Test("Nothing is kept apart from empty, and truth from numbers")
  func optionals() throws {
    let database = try opened()
    try database.run("INSERT INTO things VALUES (1, ?1), (2, ?2), (3, ?3)", String?.none, String?.some(""), true)
    let texts = try database.rows("SELECT it FROM things WHERE number < 3 ORDER BY number") {
      row throws(DatabaseFailure) -> String? in try row.next()
    }
    #expect(texts == [nil, ""])
    #expect(try database.value("SELECT it FROM things WHERE number = 3") == true)
  }

  @Test("A field that holds another kind, or a number out of range, is a failure that names the column")
  func mismatch() throws {
    let database = try opened()
    try database.run("INSERT INTO things VALUES (1, ?1), (2, ?2), (3, ?3)", 65_536, -1, "text")
    func read<Kept: Storable>(_ number: Int, as kind: Kept.Type) throws {
      _ = try database.value("SELECT it FROM things WHERE number = ?1", number) as Kept?
    }
    #expect(failure { try read(1, as: UInt16.self) }?.reason == .mismatch)
    #expect(failure { try read(2, as: UInt32.self) }?.reason == .mismatch)
    #expect(failure { try read(2, as: Bool.self) }?.reason == .mismatch)
    #expect(failure { try read(1, as: String.self) }?.reason == .mismatch)
    #expect(failure { try read(3, as: [UInt8].self) }?.reason == .mismatch)
    #expect(failure { try read(3, as: Double.self) }?.words == "the column it holds no Optional<Double>")
  }

  @Test("A list of values or columns that does not fit the SQL is a failure, not a guess")
  func misuse() throws {
    let database = try opened()
    #expect(failure { try database.run("INSERT INTO things VALUES (?1, ?2)", 1) }?.reason == .misuse)
    #expect(failure { try database.run("INSERT INTO things VALUES (?1, 2)", 1, 2) }?.reason == .misuse)
    #expect(failure { try database.run("") }?.reason == .misuse)
    try database.run("INSERT INTO things VALUES (1, 2)")
    #expect(failure { _ = try database.value("SELECT number, it FROM things") as Int? }?.reason == .misuse)
    let tooMany = failure {
      _ = try database.rows("SELECT it FROM things") { row throws(DatabaseFailure) -> [Int] in
        [try row.next(), try row.next()]
      }
    }
    #expect(tooMany?.reason == .misuse)
    let wrong = failure { try database.run("INSERT INTO nowhere VALUES (1)") }
    #expect(wrong?.reason == .other && wrong?.words == "no such table: nowhere")
    #expect(wrong?.attempt == "INSERT INTO nowhere VALUES (1)")
  }

  @Test("The same SQL runs inside its own rows, and a statement is ready again after a failure")
  func nesting() throws {
    let database = try opened()
    for number in 1...3 { try database.run("INSERT INTO things VALUES (?1, ?1)", number) }
    let all: SQL = "SELECT it FROM things ORDER BY number"
    let pairs = try database.rows(all) { row throws(DatabaseFailure) -> [Int] in
      let outer: Int = try row.next()
      return try database.rows(all) { row throws(DatabaseFailure) -> Int in outer * 10 + (try row.next()) }
    }
    #expect(pairs == [[11, 12, 13], [21, 22, 23], [31, 32, 33]])
    #expect(failure { try database.run("INSERT INTO things VALUES (?1, ?1)", 3) }?.reason == .constraint(.unique))
    #expect(try database.run("INSERT INTO things VALUES (?1, ?1)", 4) == 1)
    #expect(try database.run("UPDATE things SET it = 0 WHERE number > ?1", 2) == 2)
  }

  @Test("One statement more than a connection keeps makes room, also from inside one that runs")
  func cache() throws {
    let database = try opened()
    for number in 0...Int32(Connection.capacity) {
      let doubled = try database.rows("SELECT 2 * " + SQL(number: number)) { row throws(DatabaseFailure) -> Int32 in
        try row.next()
      }
      #expect(doubled == [2 * number])
    }
    #expect(database.preparedTexts.count <= Connection.capacity)
    var count = 0
    _ = try database.rows("SELECT 1 UNION ALL SELECT 2") { row throws(DatabaseFailure) -> Int in
      for number in 0...Int32(Connection.capacity) { _ = try database.value("SELECT 3 * " + SQL(number: number)) as Int? }
      count += 1
      return try row.next()
    }
    #expect(count == 2)
  }

  @Test("A value of one byte more than the longest is refused, and one that fits is kept")
  func tooBig() throws {
    let database = try opened()
    let limit = Int(Database.maximumLength)
    let long = [UInt8](repeating: 1, count: limit + 1)
    #expect(failure { try database.run("INSERT INTO things VALUES (1, ?1)", long) }?.reason == .tooBig)
    // The row's own header takes its part of the limit.
    #expect(try database.run("INSERT INTO things VALUES (1, ?1)", [UInt8](repeating: 1, count: limit - 16)) == 1)
    #expect(try database.value("SELECT length(it) FROM things") == limit - 16)
  }

  @Test("A transaction is whole or nothing; a savepoint fails alone")
  func transactions() throws {
    let database = try opened()
    func add(_ number: Int) throws(DatabaseFailure) { try database.run("INSERT INTO things VALUES (?1, 0)", number) }
    func fails(_ outcome: Result<Void, DatabaseFailure>) -> Bool {
      if case .failure(let failure) = outcome { failure.reason == .constraint(.unique) } else { false }
    }
    func numbers() throws -> [Int] {
      try database.rows("SELECT number FROM things ORDER BY number") { row throws(DatabaseFailure) -> Int in try row.next() }
    }
    let broken = failure {
      try database.transaction { () throws(DatabaseFailure) in
        try add(1)
        try add(1)
      }
    }
    #expect(broken?.reason == .constraint(.unique))
    #expect(try numbers().isEmpty && isClosed(database))
    try database.transaction { () throws(DatabaseFailure) in
      try add(1)
      let outer = try database.savepoint { () throws(DatabaseFailure) in
        try add(2)
        let inner = try database.savepoint { () throws(DatabaseFailure) in
          try add(3)
          try add(1)
        }
        #expect(fails(inner))
        try add(1)
      }
      #expect(fails(outer))
      #expect(!fails(try database.savepoint { () throws(DatabaseFailure) in try add(4) }))
    }
    #expect(try numbers() == [1, 4])
    let nested = failure { try database.transaction { () throws(DatabaseFailure) in try database.transaction {} } }
    #expect(nested?.words == "cannot start a transaction within a transaction" && isClosed(database))
  }

  @Test("A snapshot does not see what another connection commits meanwhile")
  func snapshot() throws {
    let writer = try opened()
    let reader = try Database(scratch.file(), .reading)
    func count() throws(DatabaseFailure) -> Int? { try reader.value("SELECT count(*) FROM things") }
    try reader.snapshot { () throws(DatabaseFailure) in
      #expect(try count() == 0)
      try writer.run("INSERT INTO things VALUES (1, 1)")
      #expect(try count() == 0)
    }
    #expect(try count() == 1)
  }

  @Test("Commits reach the disk, rules between tables hold, and the schema is not trusted")
  func settings() throws {
    let database = try opened()
    #expect(try database.value("PRAGMA journal_mode") == "wal")
    #expect(try database.value("PRAGMA synchronous") == 2)
    #expect(try database.value("PRAGMA foreign_keys") == true)
    #expect(try database.value("PRAGMA trusted_schema") == false)
    #expect(try database.value("PRAGMA busy_timeout") == 5000)
    #expect(try database.checkpoint())
    #expect(try database.value("PRAGMA busy_timeout") == 5000)
    try database.script("PRAGMA writable_schema = ON")
    #expect(failure { try database.run("DELETE FROM sqlite_schema") }?.words == "table sqlite_master may not be modified")
    #expect(failure { try database.run("SELECT \"no such column\"") }?.words.contains("no such column") == true)
    #expect(failure { try database.run("SELECT load_extension('x')") }?.reason == .other)
    for rule: (SQL, DatabaseFailure.Constraint) in [
      ("INSERT INTO part VALUES (1, 9, 1)", .foreignKey), ("INSERT INTO part VALUES (1, NULL, NULL)", .notNull),
      ("INSERT INTO part VALUES (1, NULL, 0)", .check), ("INSERT INTO part VALUES (1, 'x', 1)", .kind),
    ] {
      try database.script(
        "CREATE TABLE IF NOT EXISTS part (a INTEGER, b INTEGER REFERENCES things, c INTEGER NOT NULL CHECK (c > 0)) STRICT")
      #expect(failure { try database.run(rule.0) }?.reason == .constraint(rule.1), "\(rule.0)")
    }
  }

  @Test("The files are their owner's only")
  func modes() throws {
    let database = try opened()
    try database.run("INSERT INTO things VALUES (1, 1)")
    #expect(try scratch.names == ["test.db", "test.db-shm", "test.db-wal"])
    for name in try scratch.names {
      #expect(try scratch.mode(of: name) == 0o600, "\(name)")
    }
  }

  @Test("A path is a file, whatever it looks like", arguments: [":memory:", "file::memory:", "file:nowhere?mode=memory"])
  func paths(_ name: String) throws {
    // Taken for what they look like, all of these would open.
    #expect(failure { _ = try Database(name, .reading) }?.reason == .cannotOpen)
    try Database(scratch.file(name)).script("CREATE TABLE t (a)")
    #expect(try scratch.names == [name])
  }
}
