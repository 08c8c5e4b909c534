import Testing
import Wire

@testable import Doctor

@Suite("The doctor judges addresses")
struct AddressCheckTests {
  private let lan = "192.168.1.10"
  private let open = "93.184.216.34"

  private func check(
    _ interfaces: [String], advertised: String? = nil, sees world: String? = nil, host: String = "::"
  ) throws -> AddressCheck {
    AddressCheck(
      host: try #require(IPAddress(host)), advertised: try advertised.map { try #require(IPAddress($0)) },
      interfaces: try (interfaces + ["127.0.0.1"]).map { try #require(IPAddress($0)) }, candidates: [],
      world: try world.map { .sees(try #require(IPAddress($0))) } ?? .notAsked)
  }

  @Test("A public address of the machine's own needs nothing")
  func open1() throws {
    #expect(try check([open]).findings.isEmpty)
    #expect(try check([open], sees: open).findings.isEmpty)
    #expect(try check([lan, open], sees: open).findings.isEmpty)
  }

  @Test("Behind NAT the address that the world sees is advertised, and no other")
  func advertised() throws {
    #expect(try check([lan], advertised: open, sees: open).findings.isEmpty)
    let wrong = try check([lan], advertised: open, sees: "8.8.4.4")
    #expect(wrong.verdict == .failed && wrong.says("\(open) is advertised, but the world sees 8.8.4.4"))
    #expect(wrong.says("--advertise 8.8.4.4"))
    #expect(try check([lan], advertised: open).verdict == .warning)
    // One family says nothing of the other.
    #expect(try check([lan], advertised: open, sees: "2606:2800::1").verdict == .ok)
  }

  @Test("Private addresses alone: a warning while nobody was asked, a failure where the world sees another")
  func behindNAT() throws {
    let unasked = try check([lan])
    #expect(unasked.verdict == .warning && unasked.says("private") && unasked.says("--stun"))
    let seen = try check([lan], sees: open)
    #expect(seen.verdict == .failed && seen.says("behind NAT") && seen.says("--advertise \(open)"))
    #expect(try check(["100.64.0.7"]).verdict == .warning && check(["169.254.3.4"]).verdict == .warning)
  }

  @Test(
    "What no machine can have is not advertised (RFC 6890)",
    arguments: [
      "192.0.2.1", "198.51.100.9", "203.0.113.5", "127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "2001:db8::1",
    ])
  func nobodys(address: String) throws {
    #expect(try check([lan], advertised: address).verdict == .failed)
    #expect(try check([open], advertised: address, sees: open).verdict == .failed)
  }

  @Test("A private address that is none of this machine's helps nobody; one that is does, in this network")
  func privateAdvertised() throws {
    #expect(try check([lan], advertised: "10.0.0.1").verdict == .failed)
    #expect(try check([lan], advertised: lan).verdict == .ok)
  }

  @Test("Loopback alone is told of, and nothing else then")
  func loopback() throws {
    let check = try check([lan], advertised: "192.0.2.1", host: "127.0.0.1")
    #expect(check.verdict == .warning && check.findings.count == 1)
  }

  @Test("IPv6 that is there and not listened on is told of")
  func families() throws {
    #expect(try check([open, "2606:2800::1"], host: "0.0.0.0").says("--host ::"))
    #expect(try check([open, "fd00::1"], host: "0.0.0.0").findings.isEmpty)
    #expect(try check([open, "2606:2800::1"]).findings.isEmpty)
  }

  @Test("A STUN server that does not answer is a doubt, not a verdict")
  func silent() throws {
    var check = try check([open])
    check.world = .silent(server: "stun.example:3478", "nothing came back")
    #expect(check.verdict == .warning && check.says("stun.example:3478 did not answer: nothing came back."))
  }
}
