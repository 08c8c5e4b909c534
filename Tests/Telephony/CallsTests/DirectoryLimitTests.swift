import SIPSyntax
import Testing
import Wire

@testable import Calls

@Suite("What one business may have")
struct DirectoryLimitTests {
  @Test("One call past the limit is busy until another ends")
  func calls() throws {
    var line = try SignallingLine(agents: [])
    var random = Randomness.seeded(3)
    let tenant = TenantID(using: &random)
    try line.exchange.apply(.tenantAdded(tenant, name: "Busy", isOpen: true, fallback: .echo))
    func call(_ visitor: Int) -> Result<Exchange.Routed, Refusal> {
      // No more than a business may begin in a minute.
      line.now += CallRates.window / CallRates.maximumPerTenant
      return line.exchange.callRequest(
        VisitorID(UInt64(visitor)), CallRequest(tenant: tenant.description), at: line.now
      ).0
    }
    var first: CallID?
    for number in 1...Tenant.maximumCalls {
      let id = try call(number).get().call
      if number == 1 { first = id }
    }
    #expect(throws: Refusal(.busy)) { try call(Tenant.maximumCalls + 1).get() }
    _ = line.exchange.hangUp(VisitorID(1), try #require(first), at: line.now)
    #expect(throws: Never.self) { try call(Tenant.maximumCalls + 2).get() }
  }

  @Test("One business past the limit is refused, and what is there already may be changed")
  func tenants() throws {
    var line = try SignallingLine()
    #expect(line.exchange.tenantRoom == Exchange.maximumTenants && Exchange.maximumTenants == 100_000)
    line.exchange.tenantRoom = 3
    var random = Randomness.seeded(4)
    func add() throws -> TenantID {
      let tenant = TenantID(using: &random)
      try line.exchange.apply(.tenantAdded(tenant, name: "One more", isOpen: true, fallback: .refuse))
      return tenant
    }
    _ = try add()
    let last = try add()
    #expect(throws: DirectoryFault.tooMany(limit: 3)) { _ = try add() }
    try line.exchange.apply(.tenantRenamed(last, name: "Known"))
    try line.exchange.apply(.tenantRemoved(last))
    #expect(throws: Never.self) { _ = try add() }
  }

  @Test("Of a crowd of agents a desk is told the first, and the others are there all the same")
  func listed() throws {
    var line = try SignallingLine(agents: [])
    let digest = DigestSecrets(user: "a", realm: line.tenant.description, password: "secret")
    for number in 0...Exchange.maximumListedAgents {
      try line.exchange.apply(.agentAdded(line.tenant, try #require(AgentName("a\(number)")), digest: digest, teams: []))
    }
    let (result, _) = line.exchange.registerAgent(
      AgentSessionID(1), tenant: line.tenant.description, agent: "a\(Exchange.maximumListedAgents)", isAuthorised: true,
      at: line.now)
    let desk = try result.get()
    #expect(desk.agents.count == Exchange.maximumListedAgents && desk.agents.first?.agent.description == "a0")
    #expect(desk.agent.agent.description == "a\(Exchange.maximumListedAgents)", "one who is not listed may work")
  }

  @Test("Of a crowd of agents a recording knows those that are listed and those who would ring first")
  func viewed() throws {
    var line = try SignallingLine(agents: [])
    let digest = DigestSecrets(user: "a", realm: line.tenant.description, password: "secret")
    for number in 0..<100 {
      try line.exchange.apply(.agentAdded(line.tenant, try #require(AgentName("a\(number)")), digest: digest, teams: []))
      _ = line.exchange.registerAgent(
        AgentSessionID(UInt64(number)), tenant: line.tenant.description, agent: "a\(number)", isAuthorised: true, at: line.now)
    }
    let view = try #require(line.exchange.tenant(line.tenant)).view(for: CallID("call"))
    #expect(view.agents.count == FlightView.maximumAgents)
  }

  @Test("One agent past the limit is refused, and nothing is changed")
  func agents() throws {
    var line = try SignallingLine(agents: [])
    let digest = DigestSecrets(user: "a", realm: line.tenant.description, password: "secret")
    for number in 0..<Tenant.maximumAgents {
      try line.exchange.apply(.agentAdded(line.tenant, try #require(AgentName("a\(number)")), digest: digest, teams: []))
    }
    let one = try #require(AgentName("one-more"))
    #expect(throws: DirectoryFault.tooMany(limit: Tenant.maximumAgents)) {
      try line.exchange.apply(.agentAdded(line.tenant, one, digest: digest, teams: []))
    }
    #expect(line.exchange.tenant(line.tenant)?.agents.count == Tenant.maximumAgents)
  }
}
