import CSQLite

/// The SQLite that this program runs with, which may be another one than it was built with.
package enum SQLiteLibrary {
  package static var version: String { sqlite3_libversion().map { String(cString: $0) } ?? "unknown" }
}
