import SIPCore
import SIPSyntax
import Testing
import Wire

@testable import Calls

@Suite("A REGISTER is answered once the disk has it (RFC 3261 §10.3)")
struct KeepingTests {
  private let home = SignallingLine.udp()
  private let elsewhere = SignallingLine.udp(.v4(0xCB00_7101))

  private func wishes(_ outputs: [Exchange.Output]) -> [KeptPhones] {
    outputs.compactMap { if case .keep(let phones) = $0 { phones } else { nil } }
  }

  private func held(_ agents: [String] = ["alice"]) throws -> SignallingLine {
    var line = try SignallingLine(agents: agents)
    line.holdsTickets = true
    return line
  }

  private func phones(_ line: SignallingLine, _ name: String = "alice") -> [Flow] {
    AgentName(name).flatMap { line.exchange.tenants[line.tenant]?.agents[$0]?.phones.all.map(\.flow) } ?? []
  }

  @Test("The 200 waits for the ticket, a repetition is absorbed meanwhile, and lists the phone then")
  func waits() throws {
    var line = try held()
    var sent: [UInt8] = []
    let (answer, _, outputs) = line.register("alice", over: home) { sent = $0.serialized() }
    #expect(answer == nil && !sent.isEmpty)
    let wish = try #require(wishes(outputs).first)
    let ticket = try #require(wish.ticket)
    #expect(wish.phones.map(\.flow) == [home] && wish.address.agent.description == "alice")
    #expect(phones(line) == [home], "the next REGISTER builds upon it")
    #expect(line.exchange.census.keepings == 1)
    let ok = try #require(responses(line.exchange.kept(ticket, at: line.now)).first)
    #expect(ok.status == .ok && ok.headers.fields.contains { $0.name == .contact })
    #expect(line.exchange.kept(ticket, at: line.now).isEmpty, "a ticket is good for one time")
    #expect(line.exchange.census.keepings == 0)
  }

  @Test("A disk that fails is a 503 with Retry-After, and the phones are those of before")
  func fails() throws {
    var line = try held()
    let first = try #require(wishes(line.register("alice", over: home).outputs).first?.ticket)
    _ = line.exchange.kept(first, at: line.now)
    let second = try #require(wishes(line.register("alice", over: elsewhere, number: 2).outputs).first?.ticket)
    #expect(phones(line) == [home, elsewhere])
    let answer = try #require(responses(line.exchange.keepFailed(second, at: line.now)).first)
    #expect(answer.status == .serviceUnavailable && answer.headers.fields.contains { $0.name == .retryAfter })
    #expect(phones(line) == [home])
  }

  @Test("Two that wait and both fail go back to before the first; a later one that is kept stays")
  func chains() throws {
    for laterIsKept in [false, true] {
      var line = try held()
      let first = try #require(wishes(line.register("alice", over: home).outputs).first?.ticket)
      let second = try #require(wishes(line.register("alice", over: elsewhere, number: 2).outputs).first?.ticket)
      _ = line.exchange.keepFailed(first, at: line.now)
      _ = laterIsKept ? line.exchange.kept(second, at: line.now) : line.exchange.keepFailed(second, at: line.now)
      #expect(phones(line) == (laterIsKept ? [home, elsewhere] : []))
      #expect(line.exchange.census.keepings == 0)
    }
  }

  @Test("A refresh is written as well; a phone over a connection is not, and hears its 200 at once")
  func refreshes() throws {
    var line = try held(["alice", "bob"])
    for number in 1...2 {
      line.now += .seconds(10)
      let wish = try #require(wishes(line.register("alice", over: home, number: UInt32(number)).outputs).first)
      #expect(wish.phones.map(\.expiresAt) == [line.now + .seconds(3600)])
      _ = line.exchange.kept(try #require(wish.ticket), at: line.now)
    }
    let tcp = SignallingLine.tcp(1)
    _ = line.connect(tcp)
    let (answer, _, outputs) = line.register("bob", over: tcp)
    #expect(answer?.status == .ok && wishes(outputs).isEmpty && phones(line, "bob") == [tcp])
  }

  @Test("A phone that leaves, and one that does not come back, are written as gone")
  func leaves() throws {
    var line = try held()
    _ = line.exchange.kept(try #require(wishes(line.register("alice", over: home).outputs).first?.ticket), at: line.now)
    let gone = try #require(wishes(line.register("alice", over: home, number: 2, expires: 0).outputs).first)
    #expect(gone.phones.isEmpty)
    let ok = responses(line.exchange.kept(try #require(gone.ticket), at: line.now)).first
    #expect(ok?.status == .ok)
    let again = wishes(line.register("alice", over: home, number: 3, expires: 60).outputs).first?.ticket
    _ = line.exchange.kept(try #require(again), at: line.now)
    let expired = wishes(line.wait(.seconds(61)))
    #expect(expired.map(\.phones) == [[]] && expired.map(\.ticket) == [nil])
  }

  @Test("Phones are restored in their order, none for longer than one that registers now, and none that ran out")
  func restores() throws {
    var line = try held()
    let name = try #require(AgentName("alice"))
    let binding = { (flow: Flow, seconds: Int64) in
      Binding(
        contact: flow.reversed.contact(user: "alice"), flow: flow, registeredAt: Instant(),
        expiresAt: Instant() + .seconds(seconds), callID: "c", number: 7)
    }
    line.now += .seconds(100)
    let address = AddressOfRecord(tenant: line.tenant, agent: name)
    let third = SignallingLine.udp(.v4(0xCB00_7102))
    line.exchange.restore(
      [binding(home, 99), binding(elsewhere, 1_000_000), binding(third, 200)], of: address, at: line.now)
    #expect(phones(line) == [elsewhere, third])
    #expect(line.exchange.tenants[line.tenant]?.agents[name]?.phones.all.first?.expiresAt == line.now + .seconds(3600))
    #expect(line.exchange.deadline == Instant() + .seconds(200))
  }

  @Test("An agent or a business that is removed leaves nothing behind, and its calls end in words")
  func removal() throws {
    for removesTenant in [false, true] {
      var line = try SignallingLine(agents: ["alice", "bob"])
      for agent in ["alice", "bob"] { _ = line.register(agent, over: agent == "alice" ? home : elsewhere) }
      let (call, _) = line.call()
      #expect(call != nil)
      let name = try #require(AgentName("alice"))
      let change: DirectoryChange = removesTenant ? .tenantRemoved(line.tenant) : .agentRemoved(line.tenant, name)
      let outputs = try line.exchange.apply(change, at: line.now)
      let ended = outputs.contains { if case .visitor(_, .ended(_, .unavailable, _)) = $0 { true } else { false } }
      #expect(ended == removesTenant, "the call goes on to the next agent, if there is one")
      #expect(line.exchange.tenants[line.tenant]?.agents[name] == nil)
      #expect(line.exchange.census.registrations == (removesTenant ? 0 : 1))
      #expect(throws: removesTenant ? DirectoryFault.unknownTenant : .unknownAgent) {
        try line.exchange.apply(change, at: line.now)
      }
      #expect(line.register("alice", over: home, number: 3).answer?.status == .unauthorized)
    }
  }

  @Test("One REGISTER more than may wait for the disk hears 503")
  func full() throws {
    var line = try held()
    let waiting = Keeping(
      address: AddressOfRecord(tenant: line.tenant, agent: try #require(AgentName("bob"))),
      request: SIPRequest(.register, .sip(SIPURI(host: .address(.loopback)))),
      key: TransactionKey(client: "b", method: .register), before: Bindings(), after: Bindings())
    for number in 0..<UInt64(Exchange.maximumKeepings) {
      line.exchange.keepings[KeepTicket(number: .max - number)] = waiting
    }
    #expect(line.register("alice", over: home).answer?.status == .serviceUnavailable)
    #expect(phones(line).isEmpty)
  }
}
