import SIPSyntax
import Testing
import Wire

@testable import Calls

@Suite("Names of the exchange")
struct VocabularyTests {
  @Test("A visitor's name is cut one past its limit, and one letter with a megabyte of accents is no way around it")
  func names() {
    let long = String(repeating: "x", count: CallRequest.maximumName)
    #expect(CallRequest(tenant: "t", name: long).name == long)
    #expect(CallRequest(tenant: "t", name: long + "x").name == long)
    let accents = "e" + String(repeating: "\u{301}", count: 1_000_000)
    let request = CallRequest(tenant: "t", name: accents, page: accents)
    #expect(request.name?.unicodeScalars.count == CallRequest.maximumName)
    #expect(request.page?.unicodeScalars.count == CallRequest.maximumPage)
  }

  @Test("A tenant is a UUID, whatever the case of its letters")
  func tenants() throws {
    let id = try #require(TenantID("6BA7B810-9dad-41d1-80b4-00c04fd430c8"))
    #expect(id.description == "6ba7b810-9dad-41d1-80b4-00c04fd430c8")
    var random = Randomness.seeded(1)
    let made = TenantID(using: &random)
    #expect(TenantID(made.description) == made)
    #expect(Array(made.description)[14] == "4", "version 4 (RFC 9562 §5.4)")
    for wrong in [
      "", "6ba7b810", "6ba7b810-9dad-41d1-80b4-00c04fd430c", "6ba7b8109dad41d180b400c04fd430c8----",
      "gba7b810-9dad-41d1-80b4-00c04fd430c8",
    ] {
      #expect(TenantID(wrong) == nil, "\(wrong)")
    }
  }

  @Test("An agent's name is what fits into a SIP address")
  func agents() {
    #expect(AgentName("Alice.B-1_x")?.description == "alice.b-1_x")
    for wrong in ["", "a b", "a@b", "ä", String(repeating: "a", count: 65), "a\r\nb"] {
      #expect(AgentName(wrong) == nil, "\(wrong)")
    }
  }

  @Test("The next agent is the one that waited longest; those who never spoke come first, in the order of creation")
  func routing() throws {
    var tenant = Tenant(
      id: try #require(TenantID("6ba7b810-9dad-41d1-80b4-00c04fd430c8")), name: "t", isOpen: true, fallback: .refuse)
    let names = try ["a", "b", "c", "d"].map { try #require(AgentName($0)) }
    for name in names {
      try tenant.addAgent(name, digest: DigestSecrets(user: "x", realm: "x", password: "x"), teams: [])
      tenant.agents[name]?.sessions = [AgentSessionID(1)]
    }
    tenant.agents[names[0]]?.idleSince = Instant(nanoseconds: 20)
    tenant.agents[names[1]]?.idleSince = Instant(nanoseconds: 10)
    #expect(tenant.nextAgent(except: []) == names[2])
    #expect(tenant.nextAgent(except: [names[2]]) == names[3])
    #expect(tenant.nextAgent(except: [names[2], names[3]]) == names[1])
    tenant.agents[names[1]]?.call = CallID("busy")
    #expect(tenant.nextAgent(except: [names[2], names[3]]) == names[0])
    tenant.agents[names[0]]?.status = .paused(reason: nil)
    #expect(tenant.nextAgent(except: [names[2], names[3]]) == nil)
  }
}
