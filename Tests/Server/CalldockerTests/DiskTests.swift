import Runtime
import SIPCore
import SIPSyntax
import SQLite
import Scratch
import Storage
import Testing
import Wire

@testable import Calldocker
@testable import Calls

@Suite("A disk that fails while the service runs")
struct DiskTests {
  private static let tenant = TenantID("11111111-2222-4333-8444-555555555555")

  private static func line(_ id: String, isOver: Bool = false) throws -> DiskWatch.Line {
    var row = CallRow(tenant: TenantKey(try #require(tenant)), id: id, startedAt: WallTime(milliseconds: 1000))
    if isOver { row.end = CallEndRow(at: WallTime(milliseconds: 2000), reason: "visitor-hung-up") }
    return DiskWatch.Line(row: row) { _ in }
  }

  @Test("A call's end takes the place of its beginning, never the other way round; what the disk has waits no more")
  func order() throws {
    var watch = DiskWatch()
    for (id, isOver) in [("b", false), ("a", true), ("b", true), ("b", false), ("c", false)] {
      let line = try Self.line(id, isOver: isOver)
      let isHeld = watch.hold(line)
      #expect(isHeld)
    }
    watch.written(try Self.line("c", isOver: true).row)
    let waited = watch.takeHeld()
    #expect(waited.map(\.row.id) == ["a", "b"] && waited.allSatisfy { $0.row.end != nil })
    #expect(watch.heldCount == 0)
  }

  @Test("One line past the limit is not held, and the end of a call whose beginning is held still is")
  func limit() throws {
    var watch = DiskWatch()
    for number in 0..<DiskWatch.maximumHeld { _ = watch.hold(try Self.line("\(number)")) }
    let (oneMore, known) = (try Self.line("one more"), try Self.line("7", isOver: true))
    let isHeld = (watch.hold(oneMore), watch.hold(known))
    #expect(isHeld == (false, true))
    #expect(watch.heldCount == DiskWatch.maximumHeld)
  }

  @Test("What is no fault of the disk's changes nothing, and each change is told once")
  func changes() {
    var watch = DiskWatch()
    let changes = [watch.note(nil), watch.note(.closed), watch.note(.overloaded(limit: 1))]
    #expect(changes == [nil, nil, nil] && !watch.isFailing)
  }

  /// Waits for what the storage thread does; a minute is for ever on the busiest machine.
  private static func eventually(_ condition: () -> Bool) async -> Bool {
    let end = SystemClock.now + .seconds(60)
    while !condition() {
      guard SystemClock.now < end else { return false }
      await Task.yield()
    }
    return true
  }

  @Test(
    "Full: phones are refused, lines of the call log wait, and with room again all is written by itself",
    .enabled(if: SmallDisk.isPossible, "mounting takes root"))
  func full() async throws {
    let scratch = try Scratch()
    let disk = try SmallDisk(over: scratch, kilobytes: 1500)
    defer { withExtendedLifetime(disk) {} }
    let log = Log(level: .error, showsPersonal: false)
    let ledger = try Ledger(in: scratch.path, log: log, retryPeriod: .milliseconds(20))
    let tenant = try #require(Self.tenant)
    let agent = try #require(AgentName("alice"))
    try await ledger.add(tenant, name: "ACME", isOpen: true, fallback: .refuse, token: nil, owner: nil, at: WallClock.now)
    let digest = SIPSyntax.DigestSecrets(user: "alice", realm: tenant.description, password: "secret")
    try await ledger.add(agent, to: tenant, displayName: nil, digest: digest, teams: [])
    try scratch.write([UInt8](repeating: 1, count: 300_000), to: "ballast")
    var random = Randomness.seeded(1)
    var calls: [CallID] = []
    let told = Locked(0)
    // Pages of names, until the disk has no room for one more.
    while !ledger.diskFigures.isFailing {
      try #require(calls.count < 20_000)
      let call = Call(
        id: CallID(using: &random), tenant: tenant, visitor: VisitorID(1), plane: MediaPlaneID(0),
        name: String(repeating: "n", count: 150), page: nil, extensionDialled: nil, startedAt: SystemClock.now,
        seat: BrowserSeat(resumeToken: ""), phase: .echo(since: SystemClock.now), chance: .seeded(1))
      calls.append(call.id)
      ledger.write(CallRecord(call)) { failure in told.with { $0 += failure == nil ? 1 : 0 } }
      try #require(await Self.eventually { ledger.storage.figures.waiting == 0 })
    }
    #expect(ledger.diskFigures.heldCalls > 0)
    // As many phones as fill what a page may have left.
    let failed = Locked(0)
    let flow = Flow(remote: SocketAddress(.loopback, 5062), local: SocketAddress(.loopback, 5060))
    let phones = try (0..<100).map { number in
      var headers = Headers()
      headers.append(.contact, "<sip:alice@127.0.0.1:\(6000 + number);x=\(String(repeating: "y", count: 400))>")
      guard case .addresses(let contacts) = try headers.contacts else { throw CancellationError() }
      return Binding(
        contact: try #require(contacts.first), flow: flow, registeredAt: SystemClock.now,
        expiresAt: SystemClock.now + .seconds(60), path: [], callID: "c", number: 1)
    }
    ledger.keep(KeptPhones(address: AddressOfRecord(tenant: tenant, agent: agent), phones: phones, ticket: nil)) { failure in
      failed.with { $0 = failure?.isFull == true ? 1 : -1 }
    }
    #expect(await Self.eventually { failed.with { $0 } != 0 })
    #expect(failed.with { $0 } == 1)
    #expect(ledger.diskFigures.isFailing)
    try scratch.remove("ballast")
    #expect(await Self.eventually { !ledger.diskFigures.isFailing && ledger.diskFigures.heldCalls == 0 })
    // What waited is given to the storage thread a moment after it is held no more.
    #expect(await Self.eventually { told.with { $0 } >= calls.count && ledger.storage.figures.waiting == 0 })
    #expect(told.with { $0 } == calls.count, "each line is told once, those that waited too")
    let key = TenantKey(tenant)
    for call in calls { #expect(try await ledger.storage.read { try $0.call(call.description, of: key) } != nil) }
    try await ledger.close()
  }
}
