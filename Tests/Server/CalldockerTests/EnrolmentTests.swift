import Calls
import Foundation
import Runtime
import SIPSyntax
import Scratch
import Storage
import Testing
import Wire

@testable import Calldocker

/// A whole server on a folder of its own, without a client.
func withServer(in folder: String, _ body: (Server) async throws -> Void) async throws {
  var configuration = Configuration()
  configuration.data = folder
  configuration.host = .loopback
  (configuration.httpPort, configuration.sipPort, configuration.webRTCPort) = (0, 0, 0)
  configuration.rtpPorts = 33_100...33_199
  configuration.dialplans = Place.root + "/dialplans"
  // What the disk refuses is written down as an error, which is right and no news here.
  configuration.logLevel = .error
  let server = try Server(configuration)
  try await server.start()
  do {
    try await body(server)
  } catch {
    await server.stop()
    throw error
  }
  await server.stop()
}

/// What a business has that its owner can change.
private struct Snapshot: Equatable {
  struct Person: Equatable {
    var name: AgentName
    var alias: String?
    var teams: [String]
    var digest: SIPSyntax.DigestSecrets?
  }
  var people: [Person] = []
  var teams: [String: Int] = [:]

  init(_ tenant: TenantID, _ server: Server) async throws {
    let tenant = try #require(await server.signalling.tenant(tenant.description))
    teams = tenant.teamPositions
    people = tenant.agents.values.sorted { $0.name < $1.name }
      .map { Person(name: $0.name, alias: $0.alias, teams: $0.teams, digest: $0.digest) }
  }

  /// The same as the disk has it.
  init(kept tenant: TenantID, _ server: Server) async throws {
    let state = try await server.ledger.storage.read { try $0.startingState(at: WallClock.now) }
    for change in state.changes(except: nil) {
      switch change {
      case .teamAdded(tenant, let name, let position): teams[name] = position
      case .agentAdded(tenant, let name, let alias, let digest, let members):
        let order = members.sorted { teams[$0] ?? 0 < teams[$1] ?? 0 }
        people.append(Person(name: name, alias: alias, teams: order, digest: digest))
      default: break
      }
    }
    people.sort { $0.name < $1.name }
  }
}

private func fault(_ work: () async throws -> Void) async -> EnrolmentFault? {
  do { try await work() } catch { return error as? EnrolmentFault }
  return nil
}

@Suite("What the disk does not take is not so in memory either", .serialized)
struct EnrolmentTests {
  private func furnish(_ server: Server) async throws -> TenantID {
    let id = try await server.enrolment.addTenant("ACME").id
    _ = try await server.enrolment.addAgent("alice", to: id, displayName: "Alice", password: "one", teams: ["sales", "night"])
    _ = try await server.enrolment.addAgent("bob", to: id, password: "two", teams: ["night"])
    return id
  }

  @Test("A database that takes nothing any more: each kind of change is undone, wholly")
  func closed() async throws {
    let folder = TemporaryFolder()
    try await withServer(in: folder.path) { server in
      let enrolment = server.enrolment
      let id = try await furnish(server)
      let before = try await Snapshot(id, server)
      #expect(try await before == Snapshot(kept: id, server))
      try await server.ledger.close()
      let changes: [@Sendable () async throws -> Void] = [
        { _ = try await enrolment.addAgent("carl", to: id, teams: ["night", "new", "newer"]) },
        { try await enrolment.changeAgent("alice", of: id, .init(displayName: .some(nil), password: "x", teams: ["new"])) },
        { try await enrolment.changeAgent("bob", of: id, .init(displayName: "Bob")) },
        { try await enrolment.removeAgent("alice", of: id) },
        { _ = try await enrolment.addTeam("new", to: id, members: ["alice", "bob"]) },
        { _ = try await enrolment.changeTeam("night", of: id, to: "day") },
        { _ = try await enrolment.changeTeam("sales", of: id, to: "more sales", members: ["bob"]) },
        { _ = try await enrolment.changeTeam("night", of: id, members: []) },
        { try await enrolment.removeTeam("night", of: id) }, { try await enrolment.removeTenant(id) },
        { _ = try await enrolment.addTenant("Other") },
      ]
      for (number, change) in changes.enumerated() {
        #expect(await fault(change) == .notKept(.closed), "change \(number)")
        #expect(try await Snapshot(id, server) == before, "change \(number)")
      }
      #expect(await server.signalling.tenants(after: 0, atMost: 10).tenants.count == 1)
    }
  }

  @Test(
    "A full disk: whoever adds or changes hears so, nothing of it is believed, and with room again all goes on",
    .enabled(if: SmallDisk.isPossible, "mounting takes root"))
  func full() async throws {
    let scratch = try Scratch()
    let disk = try SmallDisk(over: scratch, kilobytes: 1500)
    defer { withExtendedLifetime(disk) {} }
    try await withServer(in: scratch.file("data")) { server in
      let enrolment = server.enrolment
      let id = try await furnish(server)
      // Each brings more rows than the one before it could have left room for.
      let kinds: [(name: String, change: (Int) async throws -> Void)] = [
        ("agents", { _ = try await enrolment.addAgent("agent-\($0)", to: id, password: "x", teams: Self.teams($0)) }),
        (
          "changes",
          { try await enrolment.changeAgent("bob", of: id, .init(displayName: "B \($0)", teams: Self.teams(50 + $0))) }
        ),
        ("teams", { _ = try await enrolment.addTeam(String(repeating: "x", count: 60) + "\($0)", to: id, members: ["alice"]) }),
      ]
      for (name, change) in kinds {
        var refused = false
        for number in 0..<(name == "teams" ? 15 : 20) where !refused {
          try fill(scratch)
          let before = try await Snapshot(id, server)
          guard let fault = await fault({ try await change(number) }) else { continue }
          refused = true
          guard case .notKept(let failure) = fault else { throw fault }
          #expect(failure.isFull && fault.problem.status == 503 && fault.problem.headers["Retry-After"] == "30", "\(name)")
          #expect(fault.sentence.contains("disk is full") && fault.sentence.contains("Make room"), "\(name)")
          #expect(try await Snapshot(id, server) == before, "\(name)")
          try scratch.remove("ballast")
          try await change(number)
          #expect(try await Snapshot(id, server) != before, "\(name)")
        }
        #expect(refused, "the disk took all \(name)")
        #expect(try await Snapshot(id, server) == Snapshot(kept: id, server), "\(name)")
      }
    }
  }

  /// As many teams as one agent may be in, with long names of their own.
  private static func teams(_ number: Int) -> [String] {
    (0..<Enrolment.maximumTeams).map { String(repeating: "y", count: 50) + "\(number)-\($0)" }
  }

  /// Leaves no block of the disk free.
  private func fill(_ scratch: Scratch) throws {
    let file = scratch.file("ballast")
    if !FileManager.default.fileExists(atPath: file) { try scratch.write([], to: "ballast") }
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
    _ = try handle.seekToEnd()
    while (try? handle.write(contentsOf: Data(repeating: 1, count: 4096))) != nil {}
    try handle.close()
  }

  @Test("Changes of one business come one after the other: many at once leave in memory what they leave on disk")
  func turns() async throws {
    let folder = TemporaryFolder()
    try await withServer(in: folder.path) { server in
      let id = try await furnish(server)
      await withTaskGroup { group in
        for number in 0..<60 {
          group.addTask {
            _ = try? await server.enrolment.addTeam("team \(number % 30)", to: id)
            try? await server.enrolment.changeAgent("bob", of: id, .init(displayName: "Bob \(number)"))
            _ = try? await server.enrolment.changeTeam(
              "team \(number % 30)", of: id, to: "t\(number)", members: number < 8 ? ["bob"] : [])
          }
        }
      }
      let after = try await Snapshot(id, server)
      #expect(try await after == Snapshot(kept: id, server))
      #expect(Set(after.teams.values).count == after.teams.count && after.teams.count >= 32)
    }
  }

  @Test("One change more than may wait is refused; those that wait have their turns in order")
  func turnsLimit() async throws {
    var random = Randomness.seeded(1)
    let (one, two) = (TenantID(using: &random), TenantID(using: &random))
    let turns = Locked(Turns())
    #expect(turns.with { $0.mayBegin(one) && !$0.mayBegin(one) && $0.mayBegin(two) })
    let order = Locked<[Int]>([])
    await withTaskGroup { group in
      for number in 0..<Turns.maximum {
        // Each waits before the next one comes.
        let isWaiting = AsyncStream<Void>.makeStream()
        group.addTask {
          let isMine = await withCheckedContinuation { waiter in
            turns.with { $0.wait(one, waiter) }
            isWaiting.continuation.finish()
          }
          guard isMine else { return }
          order.with { $0.append(number) }
          turns.with { $0.end(one) }
        }
        for await _ in isWaiting.stream {}
      }
      #expect(await withCheckedContinuation { waiter in turns.with { $0.wait(one, waiter) } } == false)
      turns.with { $0.end(one) }
    }
    #expect(order.with { $0 } == Array(0..<Turns.maximum))
    #expect(turns.with { $0.mayBegin(one) })
  }
}
