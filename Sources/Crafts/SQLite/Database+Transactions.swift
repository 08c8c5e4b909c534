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

  /// A part of a transaction that can fail alone: what it did is undone, and the transaction goes on.
  ///
  /// Not always: after some failures nothing of the transaction is left, and `isInTransaction` says so.
  package func savepoint<Answer>(_ body: () throws(DatabaseFailure) -> Answer) throws(DatabaseFailure) -> Answer {
    try run("SAVEPOINT part")
    do throws(DatabaseFailure) {
      let answer = try body()
      try run("RELEASE part")
      return answer
    } catch {
      if isInTransaction {
        try run("ROLLBACK TO part")
        try run("RELEASE part")
      }
      throw error
    }
  }

  package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }
}
