extension Functions {
  /// The business's small database.
  static let store: [DialplanFunction] = [
    DialplanFunction("DB", read: look, write: keep), DialplanFunction("DB_EXISTS", read: exists),
    DialplanFunction("DB_DELETE", read: remove, write: removeSilently), DialplanFunction("DB_KEYS", read: keys),
    DialplanFunction("DB_KEYCOUNT", read: keyCount),
  ]

  /// Bytes of a family and a key with the slash between them.
  package static var maximumKeyLength: Int { 255 }

  private static func place(_ arguments: String) throws(DialplanFunction.Trouble) -> (family: String, key: String) {
    guard let slash = arguments.utf8.firstIndex(of: UInt8(ascii: "/")) else {
      throw .needs("a family and a key: DB(family/key)")
    }
    let (family, key) = (String(arguments[..<slash]), String(arguments[arguments.index(after: slash)...]))
    guard !family.isEmpty, !key.isEmpty else { throw .needs("a family and a key: DB(family/key)") }
    guard arguments.utf8.count <= maximumKeyLength else {
      throw .complaint("a family and a key have room for \(maximumKeyLength) bytes.")
    }
    return (family, key)
  }

  private static func look(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let (family, key) = try place(arguments)
    guard let value = run.office.store[family, key] else { return "" }
    run.set("DB_RESULT", value)
    return value
  }

  private static func keep(_ arguments: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    let (family, key) = try place(arguments)
    let change = KeyStore.Change(family: family, key: key, value: value)
    guard run.office.store.apply(change) else {
      throw .complaint(
        "\(arguments) was not kept: there is room for \(KeyStore.maximumKeys) keys of \(KeyStore.maximumValueLength) bytes.")
    }
    run.put(.stored(change))
  }

  private static func exists(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let (family, key) = try place(arguments)
    guard let value = run.office.store[family, key] else { return "0" }
    run.set("DB_RESULT", value)
    return "1"
  }

  /// The value that was there.
  private static func remove(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let (family, key) = try place(arguments)
    guard let value = run.office.store[family, key] else { return "" }
    let change = KeyStore.Change(family: family, key: key, value: nil)
    _ = run.office.store.apply(change)
    run.put(.stored(change))
    run.set("DB_RESULT", value)
    return value
  }

  private static func removeSilently(_ arguments: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    _ = try remove(arguments, &run)
  }

  /// The next parts of the keys below `family` or `family/part`.
  private static func keysBelow(_ arguments: String, _ run: Run) -> [String] {
    let parts = arguments.split(separator: "/", maxSplits: 1).map(String.init)
    guard let family = parts.first else { return run.office.store.familyNames }
    let prefix = parts.count > 1 ? parts[1] + "/" : ""
    var keys: [String] = []
    for key in run.office.store.keys(of: family) where key.hasPrefix(prefix) {
      let next = String(key.dropFirst(prefix.count).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)[0])
      if keys.last != next { keys.append(next) }
    }
    return keys
  }

  private static func keys(_ arguments: String, _ run: inout Run) -> String {
    keysBelow(arguments, run).joined(separator: ",")
  }
  private static func keyCount(_ arguments: String, _ run: inout Run) -> String { String(keysBelow(arguments, run).count) }
}
