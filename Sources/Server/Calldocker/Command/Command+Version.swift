import Runtime

extension Command {
  static let showVersion = Verb(name: "version", words: [], summary: "print the version", flags: []) { _, _ in
    try Console.write("calldocker \(version)\n")
  }
}
