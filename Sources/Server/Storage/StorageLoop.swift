import Runtime
import SQLite

/// What tells somebody how their change or question went.
typealias Telling = () -> Void

/// A change that waits.
struct Write: Sendable {
  let attempt: @Sendable (StorageWriter) throws(StorageFailure) -> Telling
  let fail: @Sendable (StorageFailure) -> Void
}

/// A question that waits.
struct Read: Sendable {
  let ask: @Sendable (StorageReader) -> Telling
  let fail: @Sendable (StorageFailure) -> Void
}

/// The storage thread's loop: wait, write what has gathered, read, again.
final class StorageLoop: @unchecked Sendable {
  // Unchecked: made on one thread, given to another, used there only; the gate is locked.

  /// Writes that share one transaction: with more, reads would wait long for a disk that fails each of them.
  static let maximumGroup = 1000

  private let epoll: Epoll
  private let mailbox: Mailbox<StoragePlane.Letter>
  private let gate: Locked<StoragePlane.Gate>
  private var lock: DatabaseLock?
  private var writer: StorageWriter?
  /// A connection of its own: it sees what was committed, and cannot write by mistake.
  private var reader: StorageReader?

  init(
    _ settings: StoragePlane.Settings, mailbox: Mailbox<StoragePlane.Letter>, gate: Locked<StoragePlane.Gate>
  ) throws(StorageFailure) {
    epoll = try Self.listening(to: mailbox)
    self.mailbox = mailbox
    self.gate = gate
    do {
      let database = try Database(settings.path, .writing, patience: settings.patience)
      lock = try DatabaseLock(settings.path)
      _ = try database.migrate(to: .calldocker)
      // With a short log it begins, and with all the room in the file that it has needed so far.
      _ = try database.checkpoint()
      writer = StorageWriter(database)
      reader = StorageReader(try Database(settings.path, .reading, patience: settings.patience))
    } catch {
      throw StorageFailure(error)
    }
  }

  private static func listening(to mailbox: Mailbox<StoragePlane.Letter>) throws(StorageFailure) -> Epoll {
    do throws(SystemFailure) {
      let epoll = try Epoll()
      try epoll.add(mailbox.bell.file, .readable, token: 0)
      return epoll
    } catch {
      throw .system(error)
    }
  }

  func run() {
    var closing: StoragePlane.Closer?
    while closing == nil {
      _ = epoll.wait(until: nil, now: SystemClock.now)
      closing = serve(mailbox.takeAll())
    }
    let isTidy = (try? writer?.database.checkpoint()) ?? false
    // The writer last: whoever closes last takes the log away.
    reader = nil
    writer = nil
    lock = nil
    closing?(StoragePlane.Closing(figures: gate.with { $0.figures }, isTidy: isTidy))
  }

  /// Does all that was asked; gives whom to tell when this is the end.
  private func serve(_ letters: [StoragePlane.Letter]) -> StoragePlane.Closer? {
    guard let writer, let reader else { return nil }
    var writes: [Write] = []
    var reads: [Read] = []
    var closing: StoragePlane.Closer?
    for letter in letters {
      switch letter {
      case .write(let write): writes.append(write)
      case .read(let read): reads.append(read)
      case .close(let closer): closing = closer
      }
    }
    for start in stride(from: 0, to: writes.count, by: Self.maximumGroup) {
      commit(writes[start..<min(start + Self.maximumGroup, writes.count)], writer)
    }
    for read in reads { answer(read, reader) }
    return closing
  }

  // MARK: Writing

  /// How one write went, and what tells of it.
  private struct Verdict {
    var isWritten: Bool
    var tell: Telling
  }

  /// Writes a group in one transaction, and tells each writer once the disk has it.
  private func commit(_ writes: ArraySlice<Write>, _ writer: StorageWriter) {
    var outcome = attempt(writes, writer)
    if case .failure(let failure) = outcome, failure.reason == .full, makeRoom(writer) { outcome = attempt(writes, writer) }
    switch outcome {
    case .success(let verdicts):
      tell(verdicts, isCommitted: true)
    case .failure(let failure) where writes.count == 1 || failure.reason == .locked:
      tell(writes.map { write in Verdict(isWritten: false) { write.fail(.database(failure)) } }, isCommitted: false)
    case .failure:
      // All of it is undone. Each gets a transaction of its own, so that what ended this one harms nobody else.
      for index in writes.indices { commit(writes[index...index], writer) }
    }
  }

  private func attempt(_ writes: ArraySlice<Write>, _ writer: StorageWriter) -> Result<[Verdict], DatabaseFailure> {
    Result { () throws(DatabaseFailure) in
      try writer.database.transaction { () throws(DatabaseFailure) in
        var verdicts: [Verdict] = []
        for write in writes { verdicts.append(try attempt(write, writer)) }
        return verdicts
      }
    }
  }

  /// One write in a savepoint of its own.
  ///
  /// - Throws: What ended the transaction as a whole.
  private func attempt(_ write: Write, _ writer: StorageWriter) throws(DatabaseFailure) -> Verdict {
    let outcome = try writer.database.savepoint { () throws(StorageFailure) in try write.attempt(writer) }
    switch outcome {
    case .success(let tell):
      return Verdict(isWritten: true, tell: tell)
    case .failure(.database(let failure)) where !writer.database.isInTransaction:
      throw failure
    case .failure(let failure):
      return Verdict(isWritten: false) { write.fail(failure) }
    }
  }

  /// Copies the log into the file, which frees the log's own room; of use where the file need not grow: phones that register again.
  private func makeRoom(_ writer: StorageWriter) -> Bool { (try? writer.database.checkpoint()) ?? false }

  private func tell(_ verdicts: [Verdict], isCommitted: Bool) {
    let written = verdicts.count(where: \.isWritten)
    gate.with { gate in
      gate.figures.written += written
      gate.figures.failed += verdicts.count - written
      gate.figures.transactions += isCommitted ? 1 : 0
      gate.figures.waiting -= verdicts.count
    }
    for verdict in verdicts { verdict.tell() }
  }

  // MARK: Reading

  private func answer(_ read: Read, _ reader: StorageReader) {
    let outcome = Result { () throws(DatabaseFailure) in
      try reader.database.snapshot { () throws(DatabaseFailure) in read.ask(reader) }
    }
    gate.with { gate in
      gate.figures.read += 1
      gate.figures.waiting -= 1
    }
    switch outcome {
    case .success(let tell): tell()
    case .failure(let failure): read.fail(.database(failure))
    }
  }
}
