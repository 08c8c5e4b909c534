extension Office {
  /// Global variables of one business.
  package static var maximumGlobals: Int { 5000 }
}

extension Functions {
  /// Variables that live elsewhere than in the call.
  static let scopes: [DialplanFunction] = [
    DialplanFunction("GLOBAL", read: global, write: setGlobal), DialplanFunction("LOCAL", read: local, write: setLocal),
    DialplanFunction("SHARED", read: shared, write: share), DialplanFunction("MASTER_CHANNEL", read: own, write: setOwn),
    DialplanFunction("HASH", read: hash, write: setHash), DialplanFunction("HASHKEYS", read: hashKeys),
    DialplanFunction("ARRAY", write: assignAll),
  ]

  private static func global(_ name: String, _ run: inout Run) -> String { run.office.globals[name] ?? "" }

  private static func setGlobal(_ name: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    guard !name.isEmpty else { throw .needs("the name of a variable") }
    guard value.utf8.count <= Variables.maximumLength,
      run.office.globals[name] != nil || run.office.globals.count < Office.maximumGlobals
    else {
      throw .complaint("there is room for \(Office.maximumGlobals) global variables of \(Variables.maximumLength) bytes.")
    }
    run.office.globals[name] = value
    run.put(.global(name: name, value: value))
  }

  /// What this very subroutine made; what a subroutine around it made is not seen.
  private static func local(_ name: String, _ run: inout Run) -> String {
    run.channel.variables.local(name, depth: run.channel.depth) ?? ""
  }

  private static func setLocal(_ name: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    guard run.channel.variables.setLocal(name, value, depth: run.channel.depth) else {
      throw .complaint("a call has room for \(Variables.maximumNames) variables of \(Variables.maximumLength) bytes.")
    }
  }

  private static func own(_ name: String, _ run: inout Run) -> String { run.channel.variables[name] ?? "" }
  private static func setOwn(_ name: String, _ value: String, _ run: inout Run) { run.set(name, value) }

  // MARK: SHARED

  private static func sharedName(_ arguments: String, _ run: Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments, limit: 2)
    guard let name = list.given(0) else { throw .needs("the name of a variable") }
    guard list[1].isEmpty || list[1] == run.channel.name else {
      throw .complaint("the channel \(list[1]) cannot be reached from this call.")
    }
    return "SHARED(\(name))"
  }

  private static func shared(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    run.channel.attributes[try sharedName(arguments, run)] ?? ""
  }
  private static func share(_ arguments: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    try run.keep(try sharedName(arguments, run), value)
  }

  // MARK: HASH

  private static func hashName(_ arguments: String) throws(DialplanFunction.Trouble) -> (
    hash: String, variable: String, key: String
  ) {
    let list = ArgumentList(arguments, limit: 2)
    guard list.count == 2, !list[0].isEmpty else { throw .needs("HASH(name,key)") }
    return (list[0], "~HASH~\(list[0])~\(list[1])~", list[1])
  }

  private static func hash(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    run.channel.variables[try hashName(arguments).variable] ?? ""
  }

  private static func setHash(_ arguments: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    let (hash, variable, key) = try hashName(arguments)
    var keys = (run.channel.attributes["HASH(\(hash))"] ?? "").split(separator: ",").map(String.init)
    keys.removeAll { $0 == key }
    try run.keep("HASH(\(hash))", ([key] + keys).joined(separator: ","))
    run.set(variable, value)
  }

  /// The keys of a hash, the one that was written last first.
  private static func hashKeys(_ hash: String, _ run: inout Run) -> String { run.channel.attributes["HASH(\(hash))"] ?? "" }

  // MARK: ARRAY

  /// `Set(ARRAY(a,b,c)=1,2)`: names without a value become empty.
  private static func assignAll(_ arguments: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    let (names, values) = (ArgumentList(arguments), ArgumentList(value))
    guard names.count > 0 else { throw .needs("ARRAY(variable,…)") }
    for (number, name) in names.arguments.enumerated() { assign(Run.trimmed(name), values[number], in: &run) }
  }
}
