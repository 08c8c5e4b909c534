import Foundation
import Scratch
import Testing

@testable import Calldocker

@Suite("Watching dialplans")
struct PlanWatchTests {
  /// Waits until something was heard; for ever on the slowest machine.
  private func heard(_ watch: PlanWatch) -> (owners: Set<PlanOwner>, areAll: Bool) {
    var question = pollfd(fd: watch.file, events: Int16(POLLIN), revents: 0)
    guard poll(&question, 1, 30_000) == 1 else { return ([], false) }
    return watch.read()
  }

  private func make(_ scratch: Scratch, _ folder: String) throws {
    try FileManager.default.createDirectory(atPath: scratch.file(folder), withIntermediateDirectories: true)
  }

  @Test("A file that is written or renamed is heard of, in new folders below too; what lies elsewhere is not")
  func changes() throws {
    let scratch = try Scratch()
    try make(scratch, "plans/default")
    let watch = try PlanWatch(scratch.file("plans"))
    #expect(watch.follow(.standard) == nil)
    try scratch.write([1], to: "plans/default/extensions.conf")
    #expect(heard(watch).owners == [.standard])
    try make(scratch, "plans/default/sub")
    #expect(heard(watch).owners == [.standard])
    _ = watch.follow(.standard)
    try scratch.write([1], to: "plans/default/sub/b.conf")
    #expect(heard(watch).owners == [.standard])
    try make(scratch, "plans/prompts")
    #expect(heard(watch).owners.isEmpty)
  }

  @Test("The folder of all dialplans may be a link, and may lead elsewhere from one moment to the next")
  func links() throws {
    let scratch = try Scratch()
    for folder in ["one/default", "two/default"] { try make(scratch, folder) }
    let link = scratch.file("plans")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: scratch.file("one"))
    let watch = try PlanWatch(link)
    _ = watch.follow(.standard)
    try FileManager.default.createSymbolicLink(atPath: link + ".new", withDestinationPath: scratch.file("two"))
    #expect(rename(link + ".new", link) == 0)
    #expect(heard(watch).areAll)
    _ = watch.follow(.standard)
    try scratch.write([1], to: "two/default/extensions.conf")
    #expect(heard(watch).owners == [.standard])
  }

  @Test("One folder too many is not watched")
  func limit() throws {
    let scratch = try Scratch()
    for folder in ["plans/default/a", "plans/default/b"] { try make(scratch, folder) }
    let watch = try PlanWatch(scratch.file("plans"), room: 2)
    _ = watch.follow(.standard)
    try scratch.write([1], to: "plans/default/b/x.conf")
    try scratch.write([1], to: "plans/default/a/x.conf")
    #expect(heard(watch).owners == [.standard])
    #expect(watch.read().owners.isEmpty)
    try scratch.write([1], to: "plans/default/b/y.conf")
    #expect(watch.read().owners.isEmpty)
  }
}
