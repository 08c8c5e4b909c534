/// The libraries that this program runs with.
struct LibrariesCheck: Check {
  struct Library: Hashable, Sendable {
    var name: String
    var version: String
    /// The oldest that is known to work.
    var oldest: String
    var package: String
  }
  static let name = "libraries"

  var libraries: [Library]

  var summary: String { libraries.map { "\($0.name) \($0.version)" }.joined(separator: ", ") }

  var findings: [Finding] {
    libraries.filter { Self.numbers($0.version).lexicographicallyPrecedes(Self.numbers($0.oldest)) }.map { library in
      .failed(
        "\(library.name) \(library.version) is older than \(library.oldest), with which this program is known to work.",
        "apt-get install --only-upgrade \(library.package)")
    }
  }

  /// `3.0.17` and `2.5.0-pre` as what can be compared.
  private static func numbers(_ version: String) -> [Int] {
    version.split(separator: ".").map { Int($0.prefix { $0.isNumber }) ?? 0 }
  }
}
