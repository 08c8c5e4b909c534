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
