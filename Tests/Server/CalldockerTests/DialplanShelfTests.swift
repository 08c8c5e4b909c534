import Calls
import Dialplan
import Foundation
import Runtime
import Scratch
import Testing
import Wire

@testable import Calldocker

@Suite("The office's dialplans")
struct DialplanShelfTests {
  /// What was told of, by business.
  private final class Heard: Sendable {
    private let versions = Locked<[TenantID: [Int]]>([:])
    func note(_ tenant: TenantID, _ version: Int) { versions.with { $0[tenant, default: []].append(version) } }
    func of(_ tenant: TenantID) -> [Int] { versions.with { $0[tenant] ?? [] } }
  }

  private let scratch: Scratch
  private let heard = Heard()
  private let loop: EventLoop
  private let shelf: DialplanShelf
  private let business: TenantID

  init() throws {
    scratch = try Scratch()
    loop = try EventLoop()
    try loop.start("office")
    var random = Randomness.seeded(1)
    business = TenantID(using: &random)
    for folder in ["plans/default", "data"] {
      try FileManager.default.createDirectory(atPath: scratch.file(folder), withIntermediateDirectories: true)
    }
    shelf = DialplanShelf(
      loop: loop, folder: scratch.file("plans"), data: scratch.file("data"), log: Log(level: .error, showsPersonal: false)
    ) { [heard] tenant, _, _, version in heard.note(tenant, version) }
  }

  private func save(_ sound: String, of owner: PlanOwner = .standard) throws {
    let folder = scratch.file("plans/\(owner)")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try scratch.write(Array("[widget]\nexten => s,1,Playback(\(sound))\n".utf8), to: "plans/\(owner)/extensions.conf")
  }

  private func end() async {
    await shelf.stop()
    await loop.end()
  }

  @Test("Once the start returns, everybody's plan was told of; who comes later hears at once")
  func start() async throws {
    try save("a")
    await shelf.start([business], known: [business])
    #expect(heard.of(business) == [1])
    var random = Randomness.seeded(2)
    let newcomer = TenantID(using: &random)
    try save("own", of: .tenant(newcomer))
    await shelf.open(newcomer)
    _ = await shelf.reload(.standard)
    #expect(heard.of(newcomer).last == 1)
    #expect(await shelf.shown(.tenant(newcomer)).source == "own")
    await end()
  }

  @Test("Going back that the disk does not take does not happen")
  func fullDisk() async throws {
    try save("a")
    await shelf.start([business], known: [business])
    try save("b")
    _ = await shelf.reload(.standard)
    let record = scratch.file("data/dialplans/default/record.json")
    try FileManager.default.removeItem(atPath: record)
    // A folder with something in it is replaced by no file.
    try FileManager.default.createDirectory(atPath: record + "/x", withIntermediateDirectories: true)
    await #expect(throws: DialplanShelf.GoingBack.notKept) { _ = try await shelf.goBack(.standard, to: 1) }
    #expect(await shelf.shown(.standard).version == 2)
    #expect(heard.of(business).last == 2)
    try FileManager.default.removeItem(atPath: record)
    #expect(try await shelf.goBack(.standard, to: 1) == 1)
    #expect(heard.of(business).last == 1)
    await end()
  }

  @Test("Versions of a business that is gone are forgotten at the next start, those of one that is not served now are kept")
  func strangers() async throws {
    try save("a")
    var random = Randomness.seeded(3)
    let (gone, unserved) = (TenantID(using: &random), TenantID(using: &random))
    let archive = PlanArchive(in: scratch.file("data"))
    for tenant in [gone, unserved] { try archive.note(PlanShelf.Record(), of: .tenant(tenant)) }
    await shelf.start([business], known: [business, unserved])
    await end()
    let kept = Set(try FileManager.default.contentsOfDirectory(atPath: archive.path))
    #expect(kept == ["default", unserved.description])
  }
}
