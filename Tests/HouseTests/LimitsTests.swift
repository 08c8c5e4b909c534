import Foundation
import Testing

/// Every limit has its line in docs/limits.md, and every line its limit.
@Suite("Limits are written down")
struct LimitsTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static func files(below folder: String) throws -> [String] {
    let base = root.appendingPathComponent(folder)
    return try #require(FileManager.default.enumerator(atPath: base.path)).compactMap { $0 as? String }
      .map { "\(folder)/\($0)" }
  }

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// `Type.member` of each `static let maximum…` in a source text, the type being the innermost that its indentation tells.
  private static func limits(in source: String) -> Set<String> {
    var types: [(indent: Int, name: String)] = []
    var found: Set<String> = []
    for line in source.split(whereSeparator: \.isNewline) where !line.drop(while: { $0 == " " }).hasPrefix("//") {
      let indent = line.prefix { $0 == " " }.count
      let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "." || $0 == "@") }.map(String.init)
      if let keyword = words.firstIndex(where: { ["struct", "class", "enum", "actor", "extension"].contains($0) }),
        words[..<keyword].allSatisfy({ Self.modifiers.contains($0) || $0.hasPrefix("@") }), keyword + 1 < words.count
      {
        types.removeAll { $0.indent >= indent }
        types.append((indent, words[keyword + 1].split(separator: ".").last.map(String.init) ?? ""))
      }
      guard let statics = words.firstIndex(of: "static"), words[..<statics].allSatisfy({ Self.modifiers.contains($0) }),
        statics + 2 < words.count, ["let", "var"].contains(words[statics + 1]), words[statics + 2].hasPrefix("maximum"),
        let type = types.last(where: { $0.indent < indent })
      else { continue }
      found.insert("\(type.name).\(words[statics + 2])")
    }
    return found
  }

  private static let modifiers: Set<String> = ["private", "fileprivate", "internal", "package", "public", "final", "indirect"]

  @Test("Every named maximum stands in docs/limits.md, and what stands there is one")
  func both() throws {
    var limits: Set<String> = []
    for path in try Self.files(below: "Sources") where path.hasSuffix(".swift") {
      limits.formUnion(Self.limits(in: try Self.text(path)))
    }
    let words = try Self.text("docs/limits.md").split(separator: "`").map(String.init)
    let written = Set(words.filter { $0.contains(".maximum") && !$0.contains(" ") })
    #expect(limits.count > 100)
    #expect(limits.subtracting(written).sorted() == [], "without a line in docs/limits.md")
    #expect(written.subtracting(limits).sorted() == [], "in docs/limits.md, and nowhere else")
  }

  @Test("The tests that it names are there")
  func tests() throws {
    let names = Set(
      try Self.files(below: "Tests").map { $0.split(separator: "/").last?.split(separator: ".").first.map(String.init) ?? "" })
    let words = try Self.text("docs/limits.md").split(separator: "`").map(String.init)
    let named = words.filter { $0.hasSuffix("Tests") && !$0.contains("/") || $0.hasPrefix("test_") }
    #expect(named.count > 50)
    #expect(named.filter { !names.contains($0) } == [])
  }

  @Test("The test reads what it thinks it reads")
  func selfTest() {
    let source = """
      package struct A: Sendable {
        struct B {
          static let maximum = 1
        }
        package static var maximumLegs: Int { 8192 }
        // static let maximumOfNothing = 1
        func f() { let maximum = 1 }
      }
      extension A.C {
        private static let maximumName = 3
      }
      """
    #expect(Self.limits(in: source) == ["B.maximum", "A.maximumLegs", "C.maximumName"])
  }
}
