/// `Set(name=value)`: a variable or a function that can be written; the value is kept as it stands.
struct Assign: Application {
  static let name = "Set"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    guard let equals = arguments.utf8.firstIndex(of: UInt8(ascii: "=")) else {
      run.log(.warning, "Set needs name=value, not \(arguments).")
      return .next
    }
    Functions.assign(String(arguments[..<equals]), String(arguments[arguments.index(after: equals)...]), in: &run)
    return .next
  }
}

/// `MSet(a=1,b=2)`: several at once; quotes and protecting backslashes are taken away.
struct MSet: Application {
  static let name = "MSet"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    for pair in ArgumentList(arguments).arguments {
      guard let equals = pair.utf8.firstIndex(of: UInt8(ascii: "=")) else {
        run.log(.warning, "MSet needs name=value, not \(pair).")
        continue
      }
      Functions.assign(String(pair[..<equals]), String(pair[pair.index(after: equals)...]), in: &run)
    }
    return .next
  }
}
