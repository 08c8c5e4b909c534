/// The tables of one program, as the steps that make them: step n takes a database from version n − 1 to n.
///
/// A step that was shipped is never changed; a change is one more step.
package struct Schema: Sendable {
  package struct Step: Sendable {
    /// What it brings, for the words of a failure.
    let purpose: String
    let body: @Sendable (borrowing Database) throws(DatabaseFailure) -> Void

    package init(_ purpose: String, _ body: @escaping @Sendable (borrowing Database) throws(DatabaseFailure) -> Void) {
      self.purpose = purpose
      self.body = body
    }
  }

  /// Kept in the file's header, so that another program's database is never taken for ours.
  package let application: Int32
  package let steps: [Step]

  package init(application: Int32, steps: [Step]) {
    self.application = application
    self.steps = steps
  }

  package var version: Int { steps.count }
}

extension Database {
  /// The version of the schema that the file has; 0 when nothing is in it.
  package var version: Int {
    get throws(DatabaseFailure) { try value("PRAGMA user_version") ?? 0 }
  }

  /// Takes the database to the schema's version, each step in a transaction of its own, and says how many were needed.
  package func migrate(to schema: Schema) throws(DatabaseFailure) -> Int {
    var taken = 0
    // The version is read again inside each transaction: two programs may come at the same time.
    while try step(toward: schema) { taken += 1 }
    return taken
  }

  private func step(toward schema: Schema) throws(DatabaseFailure) -> Bool {
    guard try isOlder(than: schema) else { return false }
    return try transaction { () throws(DatabaseFailure) in
      guard try isOlder(than: schema) else { return false }
      let version = try version
      let step = schema.steps[version]
      do throws(DatabaseFailure) {
        try step.body(self)
      } catch {
        throw error.while("bringing the database to version \(version + 1), \(step.purpose)")
      }
      try run("PRAGMA user_version = " + SQL(number: Int32(clamping: version + 1)))
      try run("PRAGMA application_id = " + SQL(number: schema.application))
      return true
    }
  }

  private func isOlder(than schema: Schema) throws(DatabaseFailure) -> Bool {
    let version = try version
    let application: Int32? = try value("PRAGMA application_id")
    let tables: Int? = try value("SELECT count(*) FROM sqlite_schema")
    let attempt = "bringing the database to version \(schema.version)"
    guard application == schema.application || (tables == 0 && version == 0) else {
      throw DatabaseFailure(.foreign, attempt: attempt, path: path, words: "another program's database")
    }
    guard version >= 0, version <= schema.version else {
      throw DatabaseFailure(
        .newer(version: version, known: schema.version), attempt: attempt, path: path,
        words: "it has version \(version), written by a newer program than this one")
    }
    return version < schema.version
  }
}
