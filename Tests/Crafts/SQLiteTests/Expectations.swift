import SQLite
import Testing

/// The failure that something must end in.
func failure(_ body: () throws -> Void, _ location: SourceLocation = #_sourceLocation) -> DatabaseFailure? {
  do {
    try body()
    Issue.record("it worked", sourceLocation: location)
  } catch let failure as DatabaseFailure {
    return failure
  } catch {
    Issue.record("another error: \(error)", sourceLocation: location)
  }
  return nil
}

/// Whether no transaction is left open.
func isClosed(_ database: borrowing Database) -> Bool { !database.isInTransaction }
