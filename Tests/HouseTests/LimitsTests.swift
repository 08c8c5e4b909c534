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

  /// `Type.member` of each `static let maximum…` in a source text, the type being the innermost that its indentation tells, and its
  /// number; 0 where it is written otherwise.
  private static func limits(in source: String) -> [String: Int] {
    var types: [(indent: Int, name: String)] = []
    var found: [String: Int] = [:]
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
      found["\(type.name).\(words[statics + 2])"] = number(line.split { "={".contains($0) }.last ?? "")
    }
    return found
  }

  /// `20_000`, `16 * 1024 * 1024`, `1 << 24`, `.seconds(3)`, `"86400"`; 0 for what is no number.
  private static func number(_ expression: Substring) -> Int {
    guard !expression.isEmpty else { return 0 }
    let plain = expression.split(separator: "//")[0].split(separator: "(").last?.filter { !"_ })\"".contains($0) } ?? ""
    let shifted = plain.split(separator: "<<").map { factors in
      factors.split(separator: "*").reduce(1) { $0 * (Int($1) ?? 0) }
    }
    return shifted.count == 2 ? shifted[0] << shifted[1] : shifted.first ?? 0
  }

  /// What a page says of each limit: the number behind its name, `20 000`, with its unit where that multiplies, `16 MiB`.
  private static func numbers(in page: String) -> [(name: String, number: Int)] {
    let parts = page.split(separator: "`", omittingEmptySubsequences: false)
    return zip(parts, parts.dropFirst()).compactMap { name, text in
      guard name.contains(".maximum"), !name.contains(" "), text.first == " " else { return nil }
      let digits = text.prefix { $0.isNumber || $0 == " " }
      let unit = ["KiB": 1024, "MiB": 1024 * 1024][String(text.dropFirst(digits.count).prefix(3))] ?? 1
      return Int(digits.filter { $0 != " " }).map { (String(name), $0 * unit) }
    }
  }

  private static func all() throws -> [String: Int] {
    try files(below: "Sources").filter { $0.hasSuffix(".swift") }.reduce(into: [:]) { all, path in
      all.merge(limits(in: try text(path))) { first, _ in first }
    }
  }

  private static let modifiers: Set<String> = ["private", "fileprivate", "internal", "package", "public", "final", "indirect"]

  @Test("Every named maximum stands in docs/limits.md, and what stands there is one")
  func both() throws {
    let limits = Set(try Self.all().keys)
    let words = try Self.text("docs/limits.md").split(separator: "`").map(String.init)
    let written = Set(words.filter { $0.contains(".maximum") && !$0.contains(" ") })
    #expect(limits.count > 100)
    #expect(limits.subtracting(written).sorted() == [], "without a line in docs/limits.md")
    #expect(written.subtracting(limits).sorted() == [], "in docs/limits.md, and nowhere else")
  }

  @Test("The numbers that it names are those of the sources")
  func numbers() throws {
    let limits = try Self.all()
    let told = Self.numbers(in: try Self.text("docs/limits.md"))
    #expect(told.count > 100)
    for (name, number) in told { #expect(limits[name] == number, "docs/limits.md says \(name) \(number)") }
  }

  @Test("Each of them has a test")
  func none() throws {
    #expect(try !Self.text("docs/limits.md").contains("| — |"), "a limit without a test one past it")
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
          static let maximum = 1_000
        }
        package static var maximumLegs: Int { 8192 }
        // static let maximumOfNothing = 1
        func f() { let maximum = 1 }
      }
      extension A.C {
        private static let maximumName = 3 * 1024
        static let maximumShift = 1 << 4
        static let maximumTime = Duration.seconds(5)
        static let maximumOfOthers = A.maximumLegs
      }
      """
    #expect(
      Self.limits(in: source) == [
        "B.maximum": 1000, "A.maximumLegs": 8192, "C.maximumName": 3072, "C.maximumShift": 16, "C.maximumTime": 5,
        "C.maximumOfOthers": 0,
      ])
    let page = "| `A.maximum` 1 000, `B.maximumX` 16 KiB (and 3) | `C.maximumY` ten | `D.maximumZ` 5 s, of `E` 4 |"
    #expect(Self.numbers(in: page).map(\.number) == [1000, 16_384, 5])
  }
}
