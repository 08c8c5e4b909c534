import Foundation
import SQLite
import Scratch
import Testing
import Wire

@testable import Storage

@Suite("What was acknowledged survives", .serialized)
struct DurabilityTests {
  private let scratch: Scratch
  init() throws { scratch = try Scratch() }

  /// The numbers that the database holds as facts, in the order in which they were written.
  private func facts(_ name: String = "test.db") throws -> [Int] {
    let database = try Database(scratch.file(name))
    #expect(try database.integrityFaults() == [])
    return try database.rows("SELECT what FROM audit ORDER BY number") { row throws(DatabaseFailure) -> Int in
      Int(try row.next() as String) ?? -1
    }
  }

  @Test("A process that is killed at any moment has lost no fact that it acknowledged, and none came twice")
  func killed() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Randomness.seeded(seed)
    var acknowledged = 0
    for life in 1...20 {
      let first = try life == 1 ? 1 : (facts().last ?? 0) + 1
      let victim = try Victim("facts", scratch.file(), "\(first)", "\(Int.max)", "50")
      // The first life is killed while the database is being made.
      let patience = life == 1 ? 0 : Int.random(in: 1...400, using: &random)
      for _ in 0..<patience { acknowledged = try #require(try victim.line().flatMap { Int($0) }) }
      spin(Int.random(in: 0..<15_000, using: &random))
      for line in try victim.kill() { acknowledged = try #require(Int(line)) }
      if life == 1 { try migrate() }
      let kept = try facts()
      #expect(kept == Array(1..<kept.count + 1), "life \(life) of seed \(seed)")
      #expect(kept.count >= acknowledged, "life \(life) of seed \(seed)")
      // Nobody was told of more than one window of writes beyond these.
      #expect(kept.count <= acknowledged + 50, "life \(life) of seed \(seed)")
      acknowledged = kept.count
    }
    #expect(acknowledged > 1000)
  }

  /// Makes the tables where a process was killed before it had.
  private func migrate(_ name: String = "test.db") throws {
    _ = try Database(scratch.file(name)).migrate(to: .calldocker)
  }

  @Test(
    "A log that lost its end, or had a bit flipped, still gives a beginning of the facts, whole",
    arguments: 1...4 as ClosedRange<UInt64>)
  func damagedLog(seed: UInt64) throws {
    // Few enough that the log was never copied into the file: all is in it.
    let victim = try Victim("facts", scratch.file(), "1", "150", "2")
    for _ in 0..<150 { _ = try victim.line() }
    _ = try victim.kill()
    let (file, log) = (try scratch.bytes(), try scratch.bytes("test.db-wal"))
    var random = Randomness.seeded(seed)
    var counts: Set<Int> = []
    for trial in 0..<30 {
      var damaged = log
      let place = Int.random(in: 0..<log.count, using: &random)
      if trial.isMultiple(of: 2) {
        damaged.removeLast(log.count - place)
      } else {
        damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      }
      try scratch.write(file, to: "damaged.db")
      try scratch.write(damaged, to: "damaged.db-wal")
      // The schema itself is in the log, so a short one is an empty database.
      try migrate("damaged.db")
      let kept = try facts("damaged.db")
      #expect(kept == Array(1..<kept.count + 1), "trial \(trial)")
      counts.insert(kept.count)
      for name in try scratch.names where name.hasPrefix("damaged.db") { try scratch.remove(name) }
    }
    #expect(counts.count > 10, "the damage was everywhere: \(counts)")
  }

  @Test("A process that is killed inside a migration leaves the version before it, whole; the next one finishes it")
  func killedInMigration() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Randomness.seeded(seed)
    var interrupted = 0
    for trial in 1...5 {
      let name = "\(trial).db"
      let victim = try Victim("migrate", scratch.file(name))
      while let line = try victim.line(), line != "begun" {}
      spin(Int.random(in: 0..<10_000_000, using: &random))
      _ = try victim.kill()
      // Whatever version it has, it is that version wholly. A machine that is busy elsewhere may let it end before it is killed.
      guard try version(name) == 1 else { continue }
      interrupted += 1
      #expect(try Victim("migrate", scratch.file(name)).finish().last == "done", "trial \(trial) of seed \(seed)")
      #expect(try version(name) == 2, "trial \(trial) of seed \(seed)")
    }
    #expect(interrupted > 0, "every migration was over before it was killed: seed \(seed)")
  }

  /// The version of the probe's own schema that a file has, and all that belongs to it.
  private func version(_ name: String) throws -> Int {
    let database = try Database(scratch.file(name))
    #expect(try database.integrityFaults() == [])
    let version = try database.version
    let length = version == 1 ? 400 : 405
    #expect(try database.value("SELECT count(*) FROM facts WHERE length(text) = ?1", length) == 20_000)
    #expect(try database.value("SELECT count(*) FROM pragma_table_info('facts')") == version + 1)
    #expect(try database.value("SELECT count(*) FROM sqlite_schema WHERE name = 'facts_by_text'") == version - 1)
    return version
  }

  /// Some time, without asking a clock.
  private func spin(_ rounds: Int) {
    var sum = 0
    for round in 0..<rounds { sum ^= round }
    withExtendedLifetime(sum) {}
  }
}

/// A process that is there to be killed.
private final class Victim {
  private let process = Process()
  private let output = Pipe()
  private var pending: [UInt8] = []

  init(_ arguments: String...) throws {
    // The probe lies where the tests were built.
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    process.executableURL = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("storage-probe")
    process.arguments = arguments
    process.standardOutput = output
    try process.run()
  }

  deinit {
    if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
  }

  /// The next line that it says; `nil` when it says no more.
  func line() throws -> String? {
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        defer { pending.removeSubrange(...end) }
        return String(decoding: pending[..<end], as: UTF8.self)
      }
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { return nil }
      pending += more
    }
  }

  /// Ends it without a word, and gives what it had said by then.
  func kill() throws -> [String] {
    Foundation.kill(process.processIdentifier, SIGKILL)
    return try finish()
  }

  func finish() throws -> [String] {
    var lines: [String] = []
    while let line = try line() { lines.append(line) }
    process.waitUntilExit()
    return lines
  }
}
