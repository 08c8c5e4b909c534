import SQLite

extension StorageReader {
  /// A secret of the service's own, such as the key that signs tokens.
  package func secret(_ name: String) throws(DatabaseFailure) -> [UInt8]? {
    try database.value("SELECT octets FROM secrets WHERE name = ?1", name)
  }
}

extension StorageWriter {
  /// Sets a secret, whatever it was before.
  package func setSecret(_ name: String, to octets: [UInt8]) throws(DatabaseFailure) {
    try database.run(
      "INSERT INTO secrets (name, octets) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET octets = excluded.octets", name, octets)
  }

  /// The secret of that name; `fresh` becomes it where there is none.
  package func secret(_ name: String, orKeep fresh: [UInt8]) throws(DatabaseFailure) -> [UInt8] {
    if let kept = try secret(name) { return kept }
    try setSecret(name, to: fresh)
    return fresh
  }

  package func removeSecret(_ name: String) throws(DatabaseFailure) -> Bool {
    try database.run("DELETE FROM secrets WHERE name = ?1", name) == 1
  }
}
