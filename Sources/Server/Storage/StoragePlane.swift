import Runtime
import SQLite
import Wire

/// The database on a thread of its own: the only place that may wait for a disk.
///
/// Whatever writes have gathered while the disk was busy go into one transaction, and each writer is told once the disk has it.
package final class StoragePlane: Sendable {
  package struct Settings: Sendable {
    package var path: String
    /// How long to wait for another program that holds the database, a person's `sqlite3` for example.
    package var patience = Duration.seconds(5)

    package init(path: String) { self.path = path }
  }

  /// Reads and writes that may wait for their answer.
  package static let maximumWaiting = 10_000

  /// What was done since the plane was opened.
  package struct Figures: Hashable, Sendable {
    /// Writes that the disk has, and writes that failed.
    package internal(set) var written = 0
    package internal(set) var failed = 0
    /// Transactions that the writes took.
    package internal(set) var transactions = 0
    package internal(set) var read = 0
    /// Reads and writes that wait for their answer now.
    package internal(set) var waiting = 0
  }

  /// How a plane ended.
  package struct Closing: Hashable, Sendable {
    package let figures: Figures
    /// Whether the log was copied into the file. If not nothing is lost: the next start does it.
    package let isTidy: Bool
  }

  package typealias Closer = @Sendable (Closing) -> Void

  enum Letter: Sendable {
    case write(Write)
    case read(Read)
    case close(Closer)
  }

  struct Gate: Sendable {
    var figures = Figures()
    var isClosed = false
    var isBackingUp = false
  }

  private let settings: Settings
  private let mailbox: Mailbox<Letter>
  private let gate: Locked<Gate>

  /// Opens the database, making or migrating it where needed, and starts the thread. This waits for the disk.
  package init(_ settings: Settings) throws(StorageFailure) {
    self.settings = settings
    do throws(SystemFailure) { mailbox = try Mailbox() } catch { throw .system(error) }
    gate = Locked(Gate())
    let loop = try StorageLoop(settings, mailbox: mailbox, gate: gate)
    do throws(SystemFailure) { try Thread.start("storage") { loop.run() } } catch { throw .system(error) }
  }

  deinit { mailbox.post(.close { _ in }) }

  package var figures: Figures { gate.with { $0.figures } }

  /// Posts a letter, or says why not. Order in the mailbox is order of admission, so nothing comes after the closing.
  private func admit(_ letter: Letter) -> StorageFailure? {
    gate.with { gate in
      guard !gate.isClosed else { return .closed }
      guard gate.figures.waiting < Self.maximumWaiting else { return .overloaded(limit: Self.maximumWaiting) }
      gate.figures.waiting += 1
      mailbox.post(letter)
      return nil
    }
  }

  // MARK: Writing

  /// Makes a change, whole or not at all.
  ///
  /// - Parameters:
  ///   - change: called on the storage thread, and again if the transaction that it shared with others had to be undone; it must
  ///     do nothing but change rows. What it throws undoes it alone.
  ///   - done: called on the storage thread once the disk has it, or, where nothing will be tried, at once on the caller's.
  package func write<Answer: Sendable>(
    _ change: @escaping @Sendable (StorageWriter) throws -> Answer,
    done: @escaping @Sendable (Result<Answer, StorageFailure>) -> Void
  ) {
    let write = Write(
      attempt: { writer throws(StorageFailure) in
        let answer: Answer
        do { answer = try change(writer) } catch { throw StorageFailure(error) }
        return { done(.success(answer)) }
      },
      fail: { done(.failure($0)) })
    if let refusal = admit(.write(write)) { done(.failure(refusal)) }
  }

  /// Makes a change, and returns once the disk has it.
  package func write<Answer: Sendable>(
    _ change: @escaping @Sendable (StorageWriter) throws -> Answer
  ) async throws(StorageFailure) -> Answer {
    try await withCheckedContinuation { continuation in write(change) { continuation.resume(returning: $0) } }.get()
  }

  // MARK: Reading

  /// Asks a question of one moment, after all writes that were told of before.
  package func read<Answer: Sendable>(
    _ question: @escaping @Sendable (StorageReader) throws -> Answer,
    done: @escaping @Sendable (Result<Answer, StorageFailure>) -> Void
  ) {
    let read = Read(
      ask: { reader in
        let answer = Result { try question(reader) }.mapError { StorageFailure($0) }
        return { done(answer) }
      },
      fail: { done(.failure($0)) })
    if let refusal = admit(.read(read)) { done(.failure(refusal)) }
  }

  package func read<Answer: Sendable>(
    _ question: @escaping @Sendable (StorageReader) throws -> Answer
  ) async throws(StorageFailure) -> Answer {
    try await withCheckedContinuation { continuation in read(question) { continuation.resume(returning: $0) } }.get()
  }

  // MARK: Upkeep

  /// Writes a compact copy to a file that does not exist yet, on a thread of its own: reads and writes go on meanwhile.
  package func backUp(to path: String) async throws(StorageFailure) {
    try await withCheckedContinuation { continuation in
      backUp(to: path) { continuation.resume(returning: $0) }
    }.get()
  }

  private func backUp(to path: String, done: @escaping @Sendable (Result<Void, StorageFailure>) -> Void) {
    let refusal: StorageFailure? = gate.with { gate in
      guard !gate.isClosed else { return .closed }
      guard !gate.isBackingUp else { return .backingUp }
      gate.isBackingUp = true
      return nil
    }
    if let refusal { return done(.failure(refusal)) }
    let finish: @Sendable (Result<Void, StorageFailure>) -> Void = { [gate] outcome in
      gate.with { $0.isBackingUp = false }
      done(outcome)
    }
    do throws(SystemFailure) {
      try Thread.start("backup") { [settings] in
        let outcome = Result { () throws(DatabaseFailure) in
          try Database(settings.path, .reading, patience: settings.patience).backUp(to: path)
        }
        finish(outcome.mapError(StorageFailure.database))
      }
    } catch {
      finish(.failure(.system(error)))
    }
  }

  /// Takes nothing more, does everything that waits, copies the log into the file and lets go of it.
  ///
  /// - Parameter done: called on the storage thread, its last act; never when the plane was closed already.
  /// - Returns: Whether this closed it.
  @discardableResult
  package func close(done: @escaping Closer) -> Bool {
    gate.with { gate in
      guard !gate.isClosed else { return false }
      gate.isClosed = true
      mailbox.post(.close(done))
      return true
    }
  }

  package func close() async throws(StorageFailure) -> Closing {
    try await withCheckedContinuation { continuation in
      guard close(done: { continuation.resume(returning: Result<Closing, StorageFailure>.success($0)) }) else {
        return continuation.resume(returning: .failure(.closed))
      }
    }.get()
  }
}
