import Foundation
import Runtime
import Testing
import Wire

@testable import Calldocker

/// A whole server on free ports, spoken to through its control socket.
///
/// The client waits as a command does, on a thread of its own: the pool that the server's tasks share has no thread to spare.
func withServer(
  _ change: (inout Configuration) -> Void = { _ in }, _ body: @escaping @Sendable (ControlClient) throws -> Void
) async throws {
  let folder = TemporaryFolder()
  var configuration = Configuration()
  configuration.data = folder.path
  configuration.host = .loopback
  (configuration.httpPort, configuration.sipPort, configuration.webRTCPort) = (0, 0, 0)
  configuration.rtpPorts = 33_000...33_099
  configuration.dialplans = Place.root + "/dialplans"
  configuration.logLevel = .error
  change(&configuration)
  let server = try Server(configuration)
  try await server.start()
  do {
    let path = folder.path
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      do {
        try Runtime.Thread.start("client") {
          continuation.resume(with: Result { try body(ControlClient(folder: path)) })
        }
      } catch { continuation.resume(throwing: error) }
    }
  } catch {
    await server.stop()
    throw error
  }
  await server.stop()
  #expect(!FileManager.default.fileExists(atPath: DataFolder.controlSocket(in: folder.path)))
}

@Suite("The control socket of a running server")
struct ControlTests {
  private func add(_ name: String, _ client: ControlClient) throws -> TenantAdded {
    try client.ask("POST", "/tenants", TenantWish(name: name))
  }

  private func add(_ wish: AgentWish, to tenant: String, _ client: ControlClient) throws -> AgentAdded {
    try client.ask("POST", "/tenants/\(tenant)/agents", wish)
  }

  private func refusal(_ work: () throws -> Void) -> Command.Failure? {
    do { try work() } catch { return error as? Command.Failure }
    return nil
  }

  @Test("Businesses and agents are added, listed and shown")
  func whole() async throws {
    try await withServer { client in
      let tenant = try add("  ACME ", client)
      #expect(tenant.sipDomain == tenant.uuid && tenant.token.count == 40)
      let alice = try add(AgentWish(name: "Alice", password: "secret", teams: ["b", "a", "b"]), to: tenant.uuid, client)
      #expect(alice.agent == "alice" && alice.sipDomain == tenant.uuid && alice.password == nil)
      let bob = try add(AgentWish(name: "bob", teams: []), to: tenant.uuid, client)
      #expect(bob.password?.count == 12)
      let shown: TenantShown = try client.ask("GET", "/tenants/\(tenant.uuid)")
      #expect(shown.name == "ACME" && shown.agents == 2 && shown.registered == 0 && shown.calls == 0 && !shown.open)
      let agents: AgentPage = try client.ask("GET", "/tenants/\(tenant.uuid)/agents")
      #expect(agents.agents.map(\.agent) == ["alice", "bob"] && agents.next == nil)
      #expect(agents.agents[0].teams == ["b", "a"] && agents.agents[0].state == .offline && agents.agents[0].phones.isEmpty)
    }
  }

  @Test("Refusals say which rule it was, and exit with 65")
  func refusals() async throws {
    try await withServer { client in
      let tenant = try add("ACME", client).uuid
      _ = try add(AgentWish(name: "alice", teams: []), to: tenant, client)
      func check(_ word: String, _ work: () throws -> Void) {
        let failure = refusal(work)
        #expect(failure?.code == EX_DATAERR && failure?.sentence.contains(word) == true, "\(String(describing: failure))")
      }
      let long = String(repeating: "x", count: Enrolment.maximumNameBytes)
      check("agent of that name") { _ = try add(AgentWish(name: "ALICE", teams: []), to: tenant, client) }
      check("letters, digits") { _ = try add(AgentWish(name: "al ice", teams: []), to: tenant, client) }
      check("password") { _ = try add(AgentWish(name: "b", password: "", teams: []), to: tenant, client) }
      check("password") { _ = try add(AgentWish(name: "b", password: "a\nb", teams: []), to: tenant, client) }
      check("password") { _ = try add(AgentWish(name: "b", password: long + "x", teams: []), to: tenant, client) }
      check("team") { _ = try add(AgentWish(name: "b", teams: [" "]), to: tenant, client) }
      let teams = (0...Enrolment.maximumTeams).map { "team \($0)" }
      check("16 teams") { _ = try add(AgentWish(name: "b", teams: teams), to: tenant, client) }
      _ = try add(AgentWish(name: "b", password: long, teams: teams.dropLast()), to: tenant, client)
      check("No business") { _ = try add(AgentWish(name: "b", teams: []), to: UUID().uuidString, client) }
      check("business's name") { _ = try add(" \n ", client) }
      check("business's name") { _ = try add("two\nlines", client) }
      check("business's name") { _ = try add(long + "x", client) }
      _ = try add(long, client)
      check("does not know") { let _: TenantPage = try client.ask("GET", "/nothing") }
      check("another version") { let _: TenantAdded = try client.ask("POST", "/tenants", ["nome": "x"]) }
    }
  }

  @Test("Lists come in pages of 500, and nobody is lost or told twice between them")
  func pages() async throws {
    try await withServer { client in
      let tenant = try add("business 0", client).uuid
      for number in 1...500 { _ = try add("business \(number)", client) }
      for number in 0...500 {
        _ = try add(AgentWish(name: "agent-\(number)", password: "secret", teams: []), to: tenant, client)
      }
      let first: TenantPage = try client.ask("GET", "/tenants")
      #expect(first.tenants.count == 500 && first.next == 500)
      let rest: TenantPage = try client.ask("GET", "/tenants?after=500")
      #expect(rest.next == nil)
      #expect((first.tenants + rest.tenants).map(\.name) == (0...500).map { "business \($0)" })
      let agents: AgentPage = try client.ask("GET", "/tenants/\(tenant)/agents")
      let more: AgentPage = try client.ask("GET", "/tenants/\(tenant)/agents?after=\(try #require(agents.next))")
      #expect(agents.agents.count == 500 && more.next == nil)
      #expect((agents.agents + more.agents).map(\.agent) == (0...500).map { "agent-\($0)" }.sorted())
      let past: TenantPage = try client.ask("GET", "/tenants?after=\(Int.max)")
      #expect(past.tenants.isEmpty && past.next == nil)
    }
  }

  @Test("64 commands are served at a time; one more waits until another ends, and is not turned away")
  func crowd() async throws {
    try await withServer { client in
      let socket = DataFolder.controlSocket(in: client.folder)
      try crowd(ControlPlane.maximumClients - 1, socket) {
        let last = try answered(socket)
        let impatient = try Conversation(connect: socket, within: .milliseconds(300))
        try impatient.send(request)
        #expect(throws: SystemFailure.self, "answered although the house is full") { _ = try impatient.receive() }
        leave(impatient)
        let patient = try Conversation(connect: socket, within: .seconds(60))
        try patient.send(request)
        leave(last)
        #expect(try patient.receive().starts(with: Array("HTTP/1.1 200".utf8)))
      }
      let tenants: TenantPage = try client.ask("GET", "/tenants")
      #expect(tenants.tenants.isEmpty)
    }
  }

  private var request: [UInt8] { Array("GET /tenants HTTP/1.1\r\nHost: x\r\n\r\n".utf8) }

  private func answered(_ socket: String) throws -> Conversation {
    let connection = try Conversation(connect: socket, within: .seconds(60))
    try connection.send(request)
    #expect(try connection.receive().starts(with: Array("HTTP/1.1 200".utf8)))
    return connection
  }

  private func leave(_ connection: consuming Conversation) {}

  /// Does something while that many others are connected and were answered.
  private func crowd(_ count: Int, _ socket: String, _ work: () throws -> Void) throws {
    guard count > 0 else { return try work() }
    let connection = try answered(socket)
    try crowd(count - 1, socket, work)
    leave(connection)
  }

  @Test("A body past the limit and what is no HTTP are refused, and the server lives on")
  func garbage() async throws {
    try await withServer { client in
      let socket = DataFolder.controlSocket(in: client.folder)
      for (octets, status) in [
        ("POST /tenants HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n", "413"), ("\u{0}\u{1}\r\n\r\n", "400"),
        ("PUT /tenants HTTP/1.1\r\nHost: x\r\n\r\n", "405"), ("POST /tenants HTTP/1.1\r\nHost: x\r\n\r\n", "400"),
      ] {
        let connection = try Conversation(connect: socket, within: .seconds(30))
        try connection.send(Array(octets.utf8))
        #expect(String(decoding: try connection.receive(), as: UTF8.self).hasPrefix("HTTP/1.1 \(status) "))
      }
      #expect(try add("ACME", client).token.count == 40)
    }
  }

  @Test("A second server on the folder hears who has it; the folder is free once the first has ended")
  func lock() async throws {
    let folder = TemporaryFolder()
    let first = try DataFolder(taking: folder.path)
    do throws(DataFolder.Unusable) {
      _ = try DataFolder(taking: folder.path)
      Issue.record("two servers have one folder")
    } catch {
      #expect(error.description.contains("process \(getpid())") && error.description.contains("--data"))
    }
    first.release()
    try DataFolder(taking: folder.path).release()
  }
}
