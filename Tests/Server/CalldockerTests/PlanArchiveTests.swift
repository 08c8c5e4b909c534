import Dialplan
import Foundation
import Runtime
import Scratch
import Storage
import Testing

@testable import Calldocker

@Suite("Versions of dialplans on the disk")
struct PlanArchiveTests {
  private let version = PlanShelf.Version(number: 3, at: WallTime(milliseconds: 5), digest: "d")
  private let files = [SourceFiles.File("extensions.conf", Array("[a]".utf8)), .init("sub/b.conf", Array("; b".utf8))]

  @Test("A version's files and the record come back as they were, for their user alone")
  func kept() throws {
    let scratch = try Scratch()
    let archive = PlanArchive(in: scratch.path)
    let record = PlanShelf.Record(
      versions: [version], inForce: 3, since: version.at, wentBack: .init(from: 4, at: version.at, seen: "e"))
    try archive.keep(version, of: .standard, files)
    try archive.note(record, of: .standard)
    #expect(try scratch.bytes("dialplans/default/3/sub/b.conf") == Array("; b".utf8))
    #expect(try scratch.mode(of: "dialplans/default/3") == 0o700)
    #expect(try scratch.mode(of: "dialplans/default/3/extensions.conf") == 0o600)
    #expect(archive.records { Issue.record("\($0)") } == [.standard: record])
    archive.drop(3, of: .standard)
    #expect(Folder.names(archive.folder(.standard)) == ["record.json"])
    archive.forget(.standard)
    #expect(archive.records { Issue.record("\($0)") }.isEmpty)
  }

  @Test("What a crash left half-made is no version, and is made anew")
  func crash() throws {
    let scratch = try Scratch()
    let archive = PlanArchive(in: scratch.path)
    for folder in ["dialplans/default/.new", "dialplans/default/3"] {
      try FileManager.default.createDirectory(atPath: scratch.file(folder), withIntermediateDirectories: true)
      try scratch.write([1], to: folder + "/half.conf")
    }
    #expect(archive.records { Issue.record("\($0)") }.isEmpty)
    try archive.keep(version, of: .standard, files)
    #expect(Set(Folder.names(archive.folder(.standard, version: 3))) == ["extensions.conf", "sub"])
  }

  @Test("A record that cannot be read is told of and made of the versions beside it")
  func broken() throws {
    let scratch = try Scratch()
    let archive = PlanArchive(in: scratch.path)
    try archive.keep(version, of: .standard, files)
    try scratch.write(Array("{".utf8), to: "dialplans/default/record.json")
    var complaints: [String] = []
    let record = archive.records { complaints.append($0) }[.standard]
    #expect(record?.versions.map(\.number) == [3] && record?.inForce == 3)
    #expect(complaints.count == 1)
  }
}
