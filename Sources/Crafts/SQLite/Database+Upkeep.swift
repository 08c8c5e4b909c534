import CSQLite
import Glibc

extension Database {
  /// Faults that one check tells before it stops.
  package static let maximumFaults = 100

  /// Reads the whole file and says in SQLite's words what is wrong with it; empty when nothing is.
  package func integrityFaults() throws(DatabaseFailure) -> [String] {
    let structure = try rows("PRAGMA integrity_check(100)") { row throws(DatabaseFailure) -> String in try row.next() }
    let orphans = try rows("SELECT \"table\", rowid, parent FROM pragma_foreign_key_check LIMIT 100") {
      row throws(DatabaseFailure) -> String in
      let (table, number, parent): (String, Int64?, String) = (try row.next(), try row.next(), try row.next())
      return "row \(number.map(String.init) ?? "?") of \(table) belongs to nothing in \(parent)"
    }
    return Array((structure.filter { $0 != "ok" } + orphans).prefix(Self.maximumFaults))
  }

  /// The same without comparing indexes with their tables, which takes much less time (`PRAGMA quick_check`).
  package func quickFaults() throws(DatabaseFailure) -> [String] {
    try rows("PRAGMA quick_check(10)") { row throws(DatabaseFailure) -> String in try row.next() }.filter { $0 != "ok" }
  }

  /// Copies the write-ahead log into the file and empties it.
  ///
  /// Says whether it could be done wholly: it waits for no reader that is still looking at an older moment.
  package func checkpoint() throws(DatabaseFailure) -> Bool {
    sqlite3_busy_timeout(handle, 0)
    defer { sqlite3_busy_timeout(handle, Int32(clamping: patience.milliseconds)) }
    let code = sqlite3_wal_checkpoint_v2(handle, "main", SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
    guard code != SQLITE_BUSY else { return false }
    guard code == SQLITE_OK else {
      throw DatabaseFailure(handle, attempt: "emptying the write-ahead log", path: path, code: code)
    }
    return true
  }

  /// Writes a compact copy of this moment to a file that does not exist yet, while others go on reading and writing.
  ///
  /// The file has its name only once it is whole and on the disk.
  package func backUp(to target: String) throws(DatabaseFailure) {
    let attempt = "backing up to \(target)"
    let file = target.hasPrefix("/") ? target : "./" + target
    guard !target.isEmpty, !target.utf8.contains(0) else {
      throw DatabaseFailure(.cannotOpen, attempt: attempt, path: path, words: "that is no path")
    }
    guard Glibc.access(file, F_OK) != 0 else {
      throw DatabaseFailure(.other, attempt: attempt, path: path, words: "there is a file of that name already")
    }
    let partial = file + ".partial"
    unlink(partial)
    // Made here so that it is nobody else's to read; SQLite fills an empty file.
    let descriptor = open(partial, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw DatabaseFailure(systemError: errno, attempt: attempt, path: partial) }
    close(descriptor)
    do throws(DatabaseFailure) {
      try run("VACUUM INTO ?1", partial)
      // SQLite does not wait for the disk here.
      try Self.synchronise(partial, O_RDWR, attempt)
      guard rename(partial, file) == 0 else { throw DatabaseFailure(systemError: errno, attempt: attempt, path: file) }
      try Self.synchroniseFolder(of: file, attempt)
    } catch {
      unlink(partial)
      throw error
    }
  }
}
