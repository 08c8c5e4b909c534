import CSQLite
import Glibc

/// One prepared statement and the values that are bound to it.
final class Statement {
  let sql: SQL
  fileprivate let handle: OpaquePointer
  private let path: String

  init(_ sql: SQL, in database: OpaquePointer, path: String) throws(DatabaseFailure) {
    var handle: OpaquePointer?
    let text = sql.description
    // Statements live long, so they should not take from the connection's small fast memory.
    let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
    let code = sqlite3_prepare_v3(database, text, Int32(clamping: text.utf8.count), flags, &handle, nil)
    guard code == SQLITE_OK else { throw DatabaseFailure(database, attempt: sql.brief, path: path, code: code) }
    guard let handle else { throw DatabaseFailure(.misuse, attempt: sql.brief, path: path, words: "there is no SQL in it") }
    self.sql = sql
    self.handle = handle
    self.path = path
  }

  deinit { sqlite3_finalize(handle) }

  /// Fills every parameter, `?1` with the first value.
  func bind(_ values: [any Storable]) throws(DatabaseFailure) {
    let count = sqlite3_bind_parameter_count(handle)
    guard values.count == Int(count) else {
      throw failure(.misuse, "\(values.count) values for \(count) parameters")
    }
    for (index, value) in values.enumerated() {
      let code = bind(value.stored, at: Int32(truncatingIfNeeded: index + 1))
      guard code == SQLITE_OK else { throw failure(code) }
    }
  }

  private func bind(_ value: Value, at index: Int32) -> Int32 {
    switch value {
    case .null: return sqlite3_bind_null(handle, index)
    case .integer(let number): return sqlite3_bind_int64(handle, index, number)
    case .real(let number): return sqlite3_bind_double(handle, index, number)
    case .text(var text):
      return text.withUTF8 { characters in
        // Without an address SQLite would bind nothing where an empty text is meant.
        guard let start = UnsafeRawPointer(characters.baseAddress) else { return shim_sqlite_bind_text(handle, index, "", 0) }
        return shim_sqlite_bind_text(handle, index, start.assumingMemoryBound(to: CChar.self), UInt64(characters.count))
      }
    case .blob(let octets):
      guard !octets.isEmpty else { return sqlite3_bind_zeroblob(handle, index, 0) }
      return shim_sqlite_bind_blob(handle, index, octets, UInt64(octets.count))
    }
  }

  /// Goes on to the next row; `false` at the end.
  func step() throws(DatabaseFailure) -> Bool {
    errno = 0
    let code = sqlite3_step(handle)
    guard code == SQLITE_ROW || code == SQLITE_DONE else { throw failure(code) }
    return code == SQLITE_ROW
  }

  /// Makes it ready for the next use, and lets go of what was bound.
  func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  var columnCount: Int32 { sqlite3_column_count(handle) }

  func value(_ column: Int32) -> Value {
    switch sqlite3_column_type(handle, column) {
    case SQLITE_INTEGER: return .integer(sqlite3_column_int64(handle, column))
    case SQLITE_FLOAT: return .real(sqlite3_column_double(handle, column))
    case SQLITE_TEXT:
      // The address first, the length after it: the other order may measure another encoding.
      let start = sqlite3_column_text(handle, column)
      let count = Int(sqlite3_column_bytes(handle, column))
      return .text(String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
    case SQLITE_BLOB:
      let start = sqlite3_column_blob(handle, column)
      let count = Int(sqlite3_column_bytes(handle, column))
      return .blob(Array(UnsafeRawBufferPointer(start: start, count: count)))
    default: return .null
    }
  }

  func columnName(_ column: Int32) -> String { sqlite3_column_name(handle, column).map { String(cString: $0) } ?? "?" }

  func failure(_ reason: DatabaseFailure.Reason, _ words: String) -> DatabaseFailure {
    DatabaseFailure(reason, attempt: sql.brief, path: path, words: words)
  }
  private func failure(_ code: Int32) -> DatabaseFailure {
    DatabaseFailure(sqlite3_db_handle(handle), attempt: sql.brief, path: path, code: code)
  }
}

/// One row of an answer; its fields are read one after the other, in the order in which the SQL names them.
package struct Row: ~Copyable {
  private let statement: Statement
  private var column: Int32 = 0

  init(_ statement: Statement) { self.statement = statement }

  /// The next field, as what the reader makes of it.
  package mutating func next<Field: Storable>() throws(DatabaseFailure) -> Field {
    guard column < statement.columnCount else {
      throw statement.failure(.misuse, "the row has \(statement.columnCount) columns and one more was read")
    }
    defer { column += 1 }
    guard let field = Field(stored: statement.value(column)) else {
      throw statement.failure(.mismatch, "the column \(statement.columnName(column)) holds no \(Field.self)")
    }
    return field
  }

  /// A column that nobody reads is a list of columns and a reader that went apart.
  func finish() throws(DatabaseFailure) {
    guard column == statement.columnCount else {
      throw statement.failure(.misuse, "\(column) of \(statement.columnCount) columns were read")
    }
  }
}
