import CSQLite
import Glibc
import Wire

/// One connection to one SQLite file, in WAL mode, where a commit that returned has reached the disk.
///
/// It belongs to one thread at a time. What it remembers lives in SQLite: to the compiler nothing of ours changes, so its verbs borrow.
package struct Database: ~Copyable {
  package enum Access: Hashable, Sendable {
    /// Reads only what others wrote; the file has to be there.
    case reading
    /// Reads and writes; the file is made when it is missing, readable by its owner only.
    case writing
  }

  /// Bytes that one value, one row or one text of SQL may take.
  package static let maximumLength: Int32 = 1 << 24

  private let connection: Connection
  /// How long to wait for another program.
  let patience: Duration

  package var path: String { connection.path }
  var handle: OpaquePointer { connection.handle }

  /// - Parameter patience: how long to wait for another program that holds the database.
  package init(_ path: String, _ access: Access = .writing, patience: Duration = .seconds(5)) throws(DatabaseFailure) {
    self = try Self.opened(path, access, patience)
  }

  private init(_ connection: Connection, _ patience: Duration) {
    self.connection = connection
    self.patience = patience
    sqlite3_busy_timeout(connection.handle, Int32(clamping: patience.milliseconds))
  }

  private static func opened(_ path: String, _ access: Access, _ patience: Duration) throws(DatabaseFailure) -> Database {
    // A path that begins with "file:" would be read as an address, ":memory:" and "" as no file at all, and NUL would end it.
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw DatabaseFailure(.cannotOpen, attempt: opening, path: path, words: "that is no path")
    }
    let file = path.hasPrefix("/") ? path : "./" + path
    if access == .writing, try create(file) { try synchroniseFolder(of: file, opening) }
    let mode = access == .writing ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY
    let flags = mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE
    let database = Database(try Connection(path, file: file, flags: flags), patience)
    try database.harden()
    if access == .writing { try database.prepareForWriting() }
    // SQLite opens without looking: the first read tells whether this is a database at all.
    _ = try database.version
    return database
  }
  static let opening = "opening the database"

  private func harden() throws(DatabaseFailure) {
    // What a damaged or forged file could do through its schema, and what a slip of ours could do to it.
    for (option, value): (Int32, Int32) in [
      (SQLITE_DBCONFIG_DEFENSIVE, 1), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0), (SQLITE_DBCONFIG_ENABLE_FKEY, 1),
      (SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0), (SQLITE_DBCONFIG_DQS_DML, 0), (SQLITE_DBCONFIG_DQS_DDL, 0),
    ] {
      let code = shim_sqlite_set(handle, option, value)
      guard code == SQLITE_OK else { throw connection.failure(Self.opening, code) }
    }
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, Self.maximumLength)
    sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, Self.maximumLength)
    // VACUUM INTO attaches its target; nothing else may attach.
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 1)
    try script("PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY")
  }

  private func prepareForWriting() throws(DatabaseFailure) {
    guard sqlite3_db_readonly(handle, "main") == 0 else {
      throw DatabaseFailure(.readOnly, attempt: Self.opening, path: path, words: "the file may not be written")
    }
    let mode: String? = try value("PRAGMA journal_mode = WAL")
    guard mode == "wal" else {
      throw DatabaseFailure(
        .other, attempt: Self.opening, path: path,
        words: "no write-ahead log is possible on this file system (\(mode ?? "none"))")
    }
    // A commit returns once the log is on the disk; after a burst the log shrinks to 16 MiB again.
    try script("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216")
  }

  // MARK: Statements

  /// Runs SQL that answers nothing, and says how many rows it changed.
  @discardableResult
  package func run(_ sql: SQL, _ values: any Storable...) throws(DatabaseFailure) -> Int {
    try with(sql, values) { statement throws(DatabaseFailure) in
      while try statement.step() {}
      return Int(sqlite3_changes64(handle))
    }
  }

  /// All rows, each as what `read` makes of it.
  package func rows<Element>(
    _ sql: SQL, _ values: any Storable..., read: (inout Row) throws(DatabaseFailure) -> Element
  ) throws(DatabaseFailure) -> [Element] {
    try with(sql, values) { statement throws(DatabaseFailure) in
      var elements: [Element] = []
      while try statement.step() { elements.append(try Self.read(statement, read)) }
      return elements
    }
  }

  /// The first row, as what `read` makes of it; `nil` when there is none.
  package func first<Element>(
    _ sql: SQL, _ values: any Storable..., read: (inout Row) throws(DatabaseFailure) -> Element
  ) throws(DatabaseFailure) -> Element? {
    try with(sql, values) { statement throws(DatabaseFailure) in
      try statement.step() ? try Self.read(statement, read) : nil
    }
  }

  /// The one field of the first row; `nil` when there is no row, or nothing in it.
  package func value<Field: Storable>(_ sql: SQL, _ values: any Storable...) throws(DatabaseFailure) -> Field? {
    try with(sql, values) { statement throws(DatabaseFailure) in
      guard try statement.step() else { return nil }
      return try Self.read(statement) { row throws(DatabaseFailure) -> Field? in try row.next() }
    }
  }

  /// Runs several statements that take no values: a schema.
  package func script(_ sql: SQL) throws(DatabaseFailure) {
    errno = 0
    let code = sqlite3_exec(handle, sql.description, nil, nil, nil)
    guard code == SQLITE_OK else { throw connection.failure(sql.brief, code) }
  }

  private func with<Answer>(
    _ sql: SQL, _ values: [any Storable], _ body: (Statement) throws(DatabaseFailure) -> Answer
  ) throws(DatabaseFailure) -> Answer {
    let statement = try connection.take(sql)
    defer { connection.put(statement) }
    try statement.bind(values)
    return try body(statement)
  }

  private static func read<Element>(
    _ statement: Statement, _ read: (inout Row) throws(DatabaseFailure) -> Element
  ) throws(DatabaseFailure) -> Element {
    var row = Row(statement)
    let element = try read(&row)
    try row.finish()
    return element
  }

  /// How SQLite would go about a statement: one line a step, `SCAN` where it walks a whole table.
  package func plan(of sql: SQL) throws(DatabaseFailure) -> [String] {
    let statement = try Statement("EXPLAIN QUERY PLAN " + sql, in: handle, path: path)
    var lines: [String] = []
    while try statement.step() {
      if case .text(let line) = statement.value(3) { lines.append(line) }
    }
    return lines
  }

  /// Every text of SQL that was run on this connection and is still prepared.
  package var preparedTexts: [SQL] { connection.texts }
}

extension Database {
  /// Makes the file if it is missing, and says whether it was.
  ///
  /// Only ever exclusively: to open and close a file that another connection of this process has open would drop that
  /// connection's locks (POSIX advisory locks; sqlite.org/howtocorrupt.html §2.2).
  private static func create(_ file: String) throws(DatabaseFailure) -> Bool {
    let descriptor = open(file, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      guard errno != EEXIST else { return false }
      throw DatabaseFailure(systemError: errno, attempt: opening, path: file)
    }
    close(descriptor)
    return true
  }

  /// Lets a name in a folder be as durable as the file that it names.
  static func synchroniseFolder(of file: String, _ attempt: String) throws(DatabaseFailure) {
    let slash = file.lastIndex(of: "/") ?? file.startIndex
    try synchronise(slash == file.startIndex ? "/" : String(file[..<slash]), O_RDONLY | O_DIRECTORY, attempt)
  }

  static func synchronise(_ file: String, _ flags: Int32, _ attempt: String) throws(DatabaseFailure) {
    let descriptor = open(file, flags | O_CLOEXEC)
    guard descriptor >= 0 else { throw DatabaseFailure(systemError: errno, attempt: attempt, path: file) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw DatabaseFailure(systemError: errno, attempt: attempt, path: file) }
  }
}
