import SIPCore
import Testing
import Wire

@testable import Calls

@Suite("Where a phone's first sound is sent")
struct ReachTests {
  private func reached(_ described: String, from home: String) throws -> String {
    let remote = SocketAddress(try #require(IPAddress(home)), 5060)
    let flow = Flow(remote: remote, local: SocketAddress(.v4(0xCB00_7101), 5060))
    return Exchange.reachable(SocketAddress(try #require(IPAddress(described)), 4000), over: flow).description
  }

  @Test(
    "A private address behind a public one is its router's",
    arguments: ["10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.5", "100.64.0.1", "169.254.7.7"])
  func router(described: String) throws {
    #expect(try reached(described, from: "198.51.100.9") == "198.51.100.9:4000")
  }

  @Test("Where both are private, both public, or the phone is at this machine, it is where it says")
  func asDescribed() throws {
    for (described, home) in [
      ("192.168.1.5", "192.168.1.9"), ("10.0.0.7", "192.168.1.9"), ("198.51.100.20", "203.0.113.77"),
      ("172.32.0.1", "203.0.113.77"), ("100.128.0.1", "203.0.113.77"), ("192.168.1.5", "127.0.0.1"),
    ] { #expect(try reached(described, from: home) == "\(described):4000") }
    #expect(try reached("fd00::5", from: "2001:db8::9") == "[2001:db8::9]:4000")
    #expect(try reached("2001:db8::5", from: "2001:db8::9") == "[2001:db8::5]:4000")
  }
}
