import Testing
import Wire

@testable import Calls

@Suite("Agents that exist in browsers of an open business only")
struct GuestTests {
  private func come(_ number: Int, _ line: inout SignallingLine) -> Refusal? {
    let (session, tenant) = (AgentSessionID(UInt64(number)), line.tenant.description)
    let (result, _) = line.exchange.registerAgent(
      session, tenant: tenant, agent: "guest-\(number)", isAuthorised: false, at: line.now)
    if case .failure(let refusal) = result { return refusal }
    return nil
  }

  @Test("One past the limit takes the place of the first who left, and is refused where nobody did")
  func limit() throws {
    var line = try SignallingLine()
    for number in 1...Tenant.maximumGuests { #expect(come(number, &line) == nil) }
    #expect(come(1001, &line)?.reason == .busy)
    _ = line.exchange.sessionGone(AgentSessionID(3), isDeliberate: true, at: line.now)
    _ = line.exchange.sessionGone(AgentSessionID(2), isDeliberate: true, at: line.now)
    #expect(come(1002, &line) == nil)
    let agents = try #require(line.exchange.tenants[line.tenant]?.agents)
    let (gone, kept) = (AgentName("guest-2"), AgentName("guest-3"))
    #expect(agents.keys.allSatisfy { $0 != gone } && agents.keys.contains { $0 == kept })
    #expect(agents.values.count { $0.digest == nil } == Tenant.maximumGuests)
    let phones = agents.values.filter { $0.digest != nil }.map(\.name.description).sorted()
    #expect(phones == ["alice", "bob"], "nobody who was enrolled goes")
  }
}
