/// Every function that a dialplan may name.
package enum Functions {
  package static let all: [DialplanFunction] = []

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// The function of a name, which is written in capitals.
  package static func named(_ name: String) -> DialplanFunction? { byName[name] }

  /// What is said of a name that no function has.
  package static func unknown(_ name: String) -> String {
    let capitals = name.uppercased()
    let advice = name != capitals && byName[capitals] != nil ? " Functions are written in capitals: \(capitals)." : ""
    return "There is no function \(name), and its text is empty.\(advice)"
  }
}
