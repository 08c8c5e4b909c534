import Cryptography
import SIPSyntax
import Testing
import Wire

@testable import Calls

@Suite("Teams")
struct TeamsTests {
  private let id: TenantID
  private let alice: AgentName
  private let bob: AgentName
  private var exchange: Exchange

  init() throws {
    exchange = Exchange(
      site: .init(planes: [[]], fingerprint: Fingerprint(algorithm: .sha256, octets: [])), randomness: .seeded(1))
    id = try #require(TenantID("6ba7b810-9dad-41d1-80b4-00c04fd430c8"))
    (alice, bob) = (try #require(AgentName("alice")), try #require(AgentName("bob")))
    try exchange.apply(.tenantAdded(id, name: "t", isOpen: false, fallback: .refuse))
    try exchange.apply(.agentAdded(id, alice, digest: digest, teams: ["sales", "support", "sales"]))
    try exchange.apply(.agentAdded(id, bob, alias: "Bob", digest: digest, teams: ["night", "support"]))
  }

  private let digest = DigestSecrets(user: "x", realm: "x", password: "x")
  private var tenant: Tenant? { exchange.tenant(id) }

  @Test("Teams are made as they are needed and stay in that order, for each agent too")
  mutating func order() throws {
    #expect(tenant?.teams == ["sales", "support", "night"] && tenant?.agents[bob]?.teams == ["support", "night"])
    try exchange.apply(.agentChanged(id, alice, alias: "A", digest: digest, teams: ["night", "day", "sales"]))
    #expect(tenant?.teams == ["sales", "support", "night", "day"])
    #expect(tenant?.agents[alice]?.teams == ["sales", "night", "day"] && tenant?.agents[alice]?.displayName == "A")
    #expect(tenant?.members(of: "support") == [bob] && tenant?.members(of: "none") == [])
  }

  @Test("A new name keeps the team's place and its members; a team that goes leaves its members")
  mutating func renaming() throws {
    try exchange.apply(.teamRenamed(id, "support", to: "help"))
    #expect(tenant?.teams == ["sales", "help", "night"] && tenant?.agents[alice]?.teams == ["sales", "help"])
    #expect(throws: DirectoryFault.teamExists) { try exchange.apply(.teamRenamed(id, "help", to: "night")) }
    #expect(throws: DirectoryFault.unknownTeam) { try exchange.apply(.teamRenamed(id, "support", to: "x")) }
    try exchange.apply(.teamRemoved(id, "help"))
    #expect(tenant?.teams == ["sales", "night"] && tenant?.agents[bob]?.teams == ["night"])
    #expect(throws: DirectoryFault.unknownTeam) { try exchange.apply(.teamRemoved(id, "help")) }
    #expect(throws: DirectoryFault.teamExists) { try exchange.apply(.teamAdded(id, "sales")) }
    try exchange.apply(.teamAdded(id, "early", position: 1))
    #expect(tenant?.teams == ["sales", "early", "night"])
  }

  @Test("Members are set wholly; a stranger among them changes nothing")
  mutating func members() throws {
    try exchange.apply(.membersSet(id, team: "sales", members: [bob]))
    #expect(tenant?.members(of: "sales") == [bob] && tenant?.agents[bob]?.teams == ["sales", "support", "night"])
    let nobody = try #require(AgentName("nobody"))
    #expect(throws: DirectoryFault.unknownAgent) { try exchange.apply(.membersSet(id, team: "sales", members: [nobody])) }
    #expect(throws: DirectoryFault.unknownTeam) { try exchange.apply(.membersSet(id, team: "none", members: [])) }
    #expect(tenant?.members(of: "sales") == [bob])
  }

  @Test("One name in two encodings is one team, under the spelling that came first")
  mutating func spellings() throws {
    try exchange.apply(.teamAdded(id, "Caf\u{E9}"))
    #expect(throws: DirectoryFault.teamExists) { try exchange.apply(.teamAdded(id, "Cafe\u{301}")) }
    try exchange.apply(.membersSet(id, team: "Cafe\u{301}", members: [alice]))
    #expect(tenant?.agents[alice]?.teams.last?.utf8.count == 5 && tenant?.spelling(of: "Cafe\u{301}").utf8.count == 5)
  }

  @Test("One team past the limit is refused, and so is an agent who would bring it, wholly")
  mutating func limit() throws {
    for number in 3..<Tenant.maximumTeams { try exchange.apply(.teamAdded(id, "team \(number)")) }
    let fault = DirectoryFault.tooMany(limit: Tenant.maximumTeams)
    #expect(throws: fault) { try exchange.apply(.teamAdded(id, "one more")) }
    #expect(throws: fault) {
      try exchange.apply(.agentChanged(id, alice, alias: "new", digest: digest, teams: ["sales", "one more"]))
    }
    let carl = try #require(AgentName("carl"))
    #expect(throws: fault) { try exchange.apply(.agentAdded(id, carl, digest: digest, teams: ["one more"])) }
    #expect(tenant?.agents[alice]?.alias == nil && tenant?.agents[alice]?.displayName == "alice" && tenant?.agents[carl] == nil)
    #expect(tenant?.teams.count == Tenant.maximumTeams)
  }
}
