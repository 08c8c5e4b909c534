import Foundation
import Testing

/// The arrows of ARCHITECTURE.md, held by reading the import lines.
@Suite("The house: who may import whom")
struct HouseTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static let world: Set<String> = [
    "Foundation", "FoundationEssentials", "FoundationNetworking", "Dispatch", "Glibc", "CLinux", "Synchronization",
  ]

  /// Each Swift file below `Sources/folder` with the modules that it imports.
  private static func sources(_ folder: String) throws -> [(file: String, imports: [String])] {
    let base = root.appendingPathComponent("Sources/\(folder)")
    let names = try #require(FileManager.default.enumerator(atPath: base.path)).compactMap { $0 as? String }
    return try names.filter { $0.hasSuffix(".swift") }.map { name in
      let text = try String(contentsOf: base.appendingPathComponent(name), encoding: .utf8)
      return ("\(folder)/\(name)", text.split(whereSeparator: \.isNewline).compactMap(importedModule))
    }
  }

  private static func importedModule(_ line: Substring) -> String? {
    let words = line.split(separator: " ")
    guard let keyword = words.firstIndex(of: "import"), keyword < words.count - 1 else { return nil }
    let isImport = words[..<keyword].allSatisfy {
      $0.hasPrefix("@") || ["package", "public", "internal", "private"].contains($0)
    }
    return isImport ? words[words.count - 1].split(separator: ".").first.map(String.init) : nil
  }

  @Test("Protocols and telephony cannot reach a clock, a socket or a file", arguments: ["Protocols", "Telephony"])
  func pureRows(folder: String) throws {
    for (file, imports) in try Self.sources(folder) {
      #expect(Self.world.isDisjoint(with: imports), "\(file) imports \(Self.world.intersection(imports).sorted())")
    }
  }

  @Test(
    "C is imported by its owners only",
    arguments: [("Crafts", ["COpenSSL", "CSRTP", "COpus", "CSQLite"]), ("Server/Runtime", ["CLinux"])])
  func owners(folder: String, modules: [String]) throws {
    for other in ["Protocols", "Crafts", "Telephony", "Server", "calldocker"] {
      for (file, imports) in try Self.sources(other) where !file.hasPrefix(folder) {
        #expect(Set(modules).isDisjoint(with: imports), "\(file) imports C that \(folder) owns")
      }
    }
  }

  @Test("The test reads what it thinks it reads")
  func selfTest() throws {
    #expect(Self.importedModule("package import Foundation") == "Foundation")
    #expect(Self.importedModule("@testable import Wire") == "Wire")
    #expect(
      Self.importedModule("import struct Foundation.URL") == "Foundation.URL".split(separator: ".").first.map(String.init))
    #expect(Self.importedModule("// we import nothing here") == nil)
    #expect(try Self.sources("Protocols").count > 5)
  }
}
