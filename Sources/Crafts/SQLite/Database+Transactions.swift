import CSQLite

extension Database {
  /// Everything in `body` or nothing; once it returns, the disk has it.
  package func transaction<Answer>(_ body: () throws(DatabaseFailure) -> Answer) throws(DatabaseFailure) -> Answer {
    // Immediate: the right to write is asked for before anything is read, so that it cannot fail half-way.
    try enclosed(begin: "BEGIN IMMEDIATE", body)
  }

  /// Everything in `body` sees the same moment, whatever others write meanwhile.
  package func snapshot<Answer>(_ body: () throws(DatabaseFailure) -> Answer) throws(DatabaseFailure) -> Answer {
    try enclosed(begin: "BEGIN DEFERRED", body)
  }

  private func enclosed<Answer>(
    begin: SQL, _ body: () throws(DatabaseFailure) -> Answer
  ) throws(DatabaseFailure) -> Answer {
    try run(begin)
    do throws(DatabaseFailure) {
      let answer = try body()
      try run("COMMIT")
      return answer
    } catch {
      // After some failures, a full disk among them, SQLite has rolled back by itself.
      if isInTransaction { try run("ROLLBACK") }
      throw error
    }
  }

  /// A part of a transaction that can fail alone: what it did is undone, and its failure is a value, for the transaction goes on.
  ///
  /// Not always: after some failures nothing of the transaction is left, and `isInTransaction` says so.
  package func savepoint<Answer, Failure: Error>(
    _ body: () throws(Failure) -> Answer
  ) throws(DatabaseFailure) -> Result<Answer, Failure> {
    try run("SAVEPOINT part")
    let outcome: Result<Answer, Failure>
    do throws(Failure) {
      outcome = .success(try body())
    } catch {
      if isInTransaction { try run("ROLLBACK TO part") }
      outcome = .failure(error)
    }
    switch outcome {
    case .failure where !isInTransaction: break
    // A body that kept silent about what ended the transaction fails here: there is no such savepoint any more.
    case .success, .failure: try run("RELEASE part")
    }
    return outcome
  }

  package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }
}
