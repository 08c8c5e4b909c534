import CSQLite
import Glibc

/// Why a database did not do what it was asked: what was tried, SQLite's own words, and the reason as something to act on.
package struct DatabaseFailure: Error, Hashable, Sendable {
  package enum Reason: Hashable, Sendable {
    /// No room on the disk or in the quota, or the file may not grow (`ulimit -f`).
    case full
    /// The file, its folder or the connection may not be written.
    case readOnly
    /// The file is damaged, or is no database.
    case corrupt
    /// Another program holds the database, for longer than we waited.
    case locked
    /// The file cannot be reached at all: a folder is missing, say.
    case cannotOpen
    case inputOutput
    /// A value, a row or a text of SQL is longer than `Database.maximumLength`.
    case tooBig
    case constraint(Constraint)
    /// The file was written by a newer program than this one.
    case newer(version: Int, known: Int)
    /// The file is a database, but of another program.
    case foreign
    /// A field holds another kind of value than its reader expects.
    case mismatch
    /// The number of values or columns does not fit the SQL: our mistake.
    case misuse
    case other
  }

  /// A rule of the schema that a row would break.
  package enum Constraint: Hashable, Sendable {
    case unique
    case foreignKey
    case notNull
    case check
    case kind
  }

  package let reason: Reason
  /// What was tried: a sentence's first half, or the SQL with its parameters unfilled.
  package let attempt: String
  package let path: String
  /// What SQLite or the system said of it.
  package let words: String
  /// SQLite's extended result code; 0 where the refusal is our own.
  package let code: Int32

  init(_ reason: Reason, attempt: String, path: String, words: String, code: Int32 = 0) {
    self.reason = reason
    self.attempt = attempt
    self.path = path
    self.words = words
    self.code = code
  }

  /// The same failure as a part of something greater.
  func `while`(_ greater: String) -> DatabaseFailure {
    DatabaseFailure(reason, attempt: "\(greater): \(attempt)", path: path, words: words, code: code)
  }

  /// What the connection says about the call that just failed.
  init(_ handle: OpaquePointer?, attempt: String, path: String, code: Int32) {
    // A COMMIT that failed does not say to SQLite what the system said; it is the last that the system said all the same.
    let errors = [errno, handle.map(sqlite3_system_errno) ?? 0].filter { $0 != 0 }
    let said = handle.flatMap(sqlite3_errmsg) ?? sqlite3_errstr(code)
    var words = said.map { String(cString: $0) } ?? "error \(code)"
    // SQLite's "unable to open" and "disk I/O error" hide what the system said.
    let hidesCause = [SQLITE_CANTOPEN, SQLITE_IOERR].contains(code & 0xFF)
    let telling = errors.first { Reason(systemError: $0) != nil } ?? errors.first
    if hidesCause, let telling { words += " (\(String(cString: strerror(telling))))" }
    let cause = hidesCause ? telling.flatMap(Reason.init(systemError:)) : nil
    self.init(cause ?? Reason(code: code), attempt: attempt, path: path, words: words, code: code)
  }

  /// What the system says about a call of ours beside SQLite.
  init(systemError: Int32, attempt: String, path: String) {
    let words = String(cString: strerror(systemError))
    self.init(Reason(systemError: systemError) ?? .cannotOpen, attempt: attempt, path: path, words: words)
  }
}

extension DatabaseFailure: CustomStringConvertible {
  package var description: String {
    let sentence = "\(attempt) (\(path)): \(words)"
    return advice.map { "\(sentence); \($0)" } ?? sentence
  }

  private var advice: String? {
    switch reason {
    case .full: "make room on that disk, nothing else needs to be done"
    case .readOnly: "let this program's user write the file and its folder"
    case .corrupt: "stop the service, keep the file and what lies beside it, and restore the last backup"
    case .locked: "another program holds the database: end it"
    case .newer: "start the newer program, or restore a backup from before it"
    case .foreign: "name another file"
    case .cannotOpen, .inputOutput, .tooBig, .constraint, .mismatch, .misuse, .other: nil
    }
  }
}

extension DatabaseFailure.Reason {
  /// The reason behind an extended result code (sqlite.org/rescode.html).
  fileprivate init(code: Int32) {
    switch code & 0xFF {
    case SQLITE_FULL: self = .full
    case SQLITE_READONLY, SQLITE_PERM: self = .readOnly
    case SQLITE_CORRUPT, SQLITE_NOTADB: self = .corrupt
    case SQLITE_BUSY, SQLITE_LOCKED: self = .locked
    case SQLITE_CANTOPEN: self = .cannotOpen
    case SQLITE_IOERR: self = .inputOutput
    case SQLITE_TOOBIG: self = .tooBig
    case SQLITE_CONSTRAINT: self = Self.constraint(code: code)
    case SQLITE_RANGE, SQLITE_MISUSE: self = .misuse
    default: self = .other
    }
  }

  private static func constraint(code: Int32) -> Self {
    // SQLITE_CONSTRAINT_…: sums of macros, which Swift does not see.
    switch code >> 8 {
    case 1: .constraint(.check)
    case 3: .constraint(.foreignKey)
    case 5: .constraint(.notNull)
    case 6, 8, 10: .constraint(.unique)
    case 12: .constraint(.kind)
    default: .other
    }
  }

  /// The reason that the system's own error gives away.
  fileprivate init?(systemError: Int32) {
    switch systemError {
    case ENOSPC, EDQUOT, EFBIG: self = .full
    case EACCES, EPERM, EROFS: self = .readOnly
    default: return nil
    }
  }
}
