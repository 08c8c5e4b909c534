import Dispatch
import Glibc
import Runtime
import SQLite
import Storage
import Wire

/// The program that the storage tests kill: it says on standard output what it was told is on the disk.
enum Probe {
  static func fail(_ words: String) -> Never {
    _ = write(STDERR_FILENO, words + "\n", words.utf8.count + 1)
    exit(64)
  }

  static func say(_ line: String) {
    // One write of a short line to a pipe is whole or not there.
    let octets = Array((line + "\n").utf8)
    _ = write(STDOUT_FILENO, octets, octets.count)
  }

  static func argument(_ index: Int) -> String {
    guard CommandLine.arguments.count > index else { fail("an argument is missing") }
    return CommandLine.arguments[index]
  }

  static func opened(_ path: String) -> StoragePlane {
    do { return try StoragePlane(StoragePlane.Settings(path: path)) } catch { fail("\(error)") }
  }

  /// Writes numbers as entries of the audit, a few at a time, and prints each that was acknowledged; then waits to be killed.
  static func writeFacts() {
    let plane = opened(argument(2))
    guard let first = Int(argument(3)), let last = Int(argument(4)), first <= last, let window = Int(argument(5)) else {
      fail("storage-probe facts PATH FIRST LAST WINDOW")
    }
    let room = DispatchSemaphore(value: window)
    for number in first...last {
      room.wait()
      plane.write(
        { try $0.note("\(number)", by: "probe", in: nil, at: WallTime(milliseconds: 0)) },
        done: { outcome in
          guard case .success = outcome else { fail("\(outcome)") }
          say("\(number)")
          room.signal()
        })
    }
    while true { pause() }
  }

  /// Takes a database to its second version, slowly, and prints when that begins and when it is done.
  static func migrate() {
    do {
      let database = try Database(argument(2))
      let first = Schema.Step("a table") { database throws(DatabaseFailure) in
        try database.script("CREATE TABLE facts (number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
        try database.run(
          """
          INSERT INTO facts WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
          SELECT i, hex(randomblob(200)) FROM n
          """, 20_000)
      }
      let second = Schema.Step("another column") { database throws(DatabaseFailure) in
        say("begun")
        try database.script("ALTER TABLE facts ADD COLUMN length INTEGER")
        for _ in 0..<5 { try database.run("UPDATE facts SET text = text || 'x', length = length(text) + 1") }
        try database.script("CREATE INDEX facts_by_text ON facts (text)")
      }
      _ = try database.migrate(to: Schema(application: 1, steps: [first]))
      say("first")
      _ = try database.migrate(to: Schema(application: 1, steps: [first, second]))
      say("done")
    } catch {
      fail("\(error)")
    }
  }
}
