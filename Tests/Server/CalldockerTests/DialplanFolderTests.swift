import Dialplan
import Foundation
import Scratch
import Testing

@testable import Calldocker

@Suite("A dialplan's folder on the disk")
struct DialplanFolderTests {
  private func names(_ folder: DialplanFolder, _ pattern: String) throws -> [String]? {
    guard case .files(let files) = folder.files.find(try SourcePattern(pattern)) else { return nil }
    return files.map(\.name)
  }

  @Test("Files are found by name and by pattern, in the order of their names")
  func found() throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(atPath: scratch.file("teams"), withIntermediateDirectories: false)
    for name in ["extensions.conf", "teams/b.conf", "teams/a.conf"] { try scratch.write(Array("; \(name)".utf8), to: name) }
    let folder = DialplanFolder(scratch.path)
    #expect(try names(folder, "extensions.conf") == ["extensions.conf"])
    #expect(try names(folder, "teams/*.conf") == ["teams/a.conf", "teams/b.conf"])
    #expect(try names(folder, "nothing.conf") == [])
  }

  @Test("A link that leads out of the folder is refused, one within is followed")
  func links() throws {
    let (scratch, outside) = (try Scratch(), try Scratch())
    try outside.write(Array("[secret]".utf8), to: "other.conf")
    try scratch.write(Array("[own]".utf8), to: "own.conf")
    let disk = FileManager.default
    try disk.createSymbolicLink(atPath: scratch.file("out.conf"), withDestinationPath: outside.file("other.conf"))
    try disk.createSymbolicLink(atPath: scratch.file("within.conf"), withDestinationPath: scratch.file("own.conf"))
    let folder = DialplanFolder(scratch.path)
    #expect(try names(folder, "out.conf") == nil)
    #expect(try names(folder, "within.conf") == ["within.conf"])
    let loaded = Dialplan.load("out.conf", from: folder.files)
    #expect(loaded.findings.hasErrors && loaded.plan.contexts.isEmpty)
  }

  @Test("One file too many, and one folder too deep, are not looked at")
  func limits() throws {
    let scratch = try Scratch()
    for number in 1...4 { try scratch.write([], to: "\(number).conf") }
    #expect(try names(DialplanFolder(scratch.path, room: 3), "*.conf")?.count == 3)
    let deep = (1...DialplanFolder.maximumDepth).map { "d\($0)" }.joined(separator: "/")
    try FileManager.default.createDirectory(atPath: scratch.file(deep), withIntermediateDirectories: true)
    let shallow = deep.split(separator: "/").dropLast().joined(separator: "/")
    for folder in [deep, shallow] { try scratch.write([], to: "\(folder)/x.conf") }
    func pattern(_ folder: String) -> String {
      folder.split(separator: "/").map { _ in "*" }.joined(separator: "/") + "/x.conf"
    }
    #expect(try names(DialplanFolder(scratch.path), pattern(shallow)) == ["\(shallow)/x.conf"])
    #expect(try names(DialplanFolder(scratch.path), pattern(deep)) == [])
  }
}
