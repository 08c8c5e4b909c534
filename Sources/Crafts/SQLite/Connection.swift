import CSQLite

/// SQLite's connection and the statements that were prepared on it once: they begin and end together.
final class Connection {
  /// Texts of SQL that one connection keeps prepared; the program has fewer.
  static let capacity = 256

  let path: String
  let handle: OpaquePointer
  /// A statement that is in use is not here, so the same SQL may run inside its own rows.
  private var idle: [SQL: Statement] = [:]

  init(_ path: String, file: String, flags: Int32) throws(DatabaseFailure) {
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(file, &opened, flags, nil)
    guard code == SQLITE_OK, let handle = opened else {
      let failure = DatabaseFailure(opened, attempt: Database.opening, path: path, code: code)
      sqlite3_close_v2(opened)
      throw failure
    }
    self.path = path
    self.handle = handle
  }

  deinit {
    // Statements first, or SQLite keeps the connection half alive.
    idle.removeAll()
    sqlite3_close_v2(handle)
  }

  func take(_ sql: SQL) throws(DatabaseFailure) -> Statement {
    if let statement = idle.removeValue(forKey: sql) { return statement }
    return try Statement(sql, in: handle, path: path)
  }

  func put(_ statement: Statement) {
    statement.reset()
    if idle.count >= Self.capacity { idle.removeAll() }
    idle[statement.sql] = statement
  }

  var texts: [SQL] { Array(idle.keys) }

  func failure(_ attempt: String, _ code: Int32) -> DatabaseFailure {
    DatabaseFailure(handle, attempt: attempt, path: path, code: code)
  }
}
