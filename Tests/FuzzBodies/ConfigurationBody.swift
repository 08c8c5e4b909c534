import Calldocker

extension FuzzTarget {
  /// A configuration file: every fault has a place in it, and what was read survives being written again.
  static let config: Body = { octets throws(BrokenPromise) in
    let file = ConfigurationFile(parsing: octets)
    let lines = octets.split(separator: 0x0A, omittingEmptySubsequences: false)
    for place in file.faults.map(\.place) + file.entries.flatMap({ [$0.namePlace, $0.valuePlace] }) {
      let isInside =
        (1...lines.count).contains(place.line) && (1...lines[place.line - 1].count + 1).contains(place.column)
      try promise(isInside, "\(place) is a place in the file")
    }
    try promise(file.faults.count <= ConfigurationFile.maximumFaults + 1, "faults are few")
    try promise(Set(file.entries.map(\.name)).count == file.entries.count, "a name is set once")
    try writeAgain(file)
    try choose(file)
  }

  private static func writeAgain(_ file: ConfigurationFile) throws(BrokenPromise) {
    // An empty line first: a name may begin with what is a byte order mark at the start of a file. No blanks: one before a # begins
    // a comment.
    let text = "\n" + file.entries.map { "\($0.name)=\($0.value)\n" }.joined()
    guard text.utf8.count <= ConfigurationFile.maximumBytes else { return }
    let again = ConfigurationFile(parsing: Array(text.utf8))
    try promise(again.faults.isEmpty, "what was read is free of faults: \(again.faults)")
    let (names, values) = (again.entries.map(\.name), again.entries.map(\.value))
    try promise(names == file.entries.map(\.name) && values == file.entries.map(\.value), "what was read survives")
  }

  /// Each value is tried for every setting: what one takes, it prints, and takes again.
  private static func choose(_ file: ConfigurationFile) throws(BrokenPromise) {
    var configuration = Configuration()
    try promise(configuration.apply(file).count >= file.faults.count, "no fault is lost")
    for entry in file.entries.prefix(8) {
      for setting in Setting.all where (try? setting.set(&configuration, entry.value)) != nil {
        guard let written = setting.value(in: configuration) else {
          throw BrokenPromise(description: "\(setting.name) does not show \(entry.value)")
        }
        let isTaken = (try? setting.set(&configuration, written)) != nil
        try promise(isTaken && setting.value(in: configuration) == written, "\(setting.name) takes what it shows: \(written)")
      }
    }
  }
}
