import SQLite

/// What a question may ask of the tables. It lives on the storage thread and does not leave its question.
///
/// The verbs stand with their tables (`Tables/`). All that ask for a tenant's rows take the tenant; only `startingState` does not.
package class StorageReader {
  let database: Database

  init(_ database: consuming Database) { self.database = database }
}

/// What a change may do to the tables, and ask of them.
package final class StorageWriter: StorageReader {}
