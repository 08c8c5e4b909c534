import Runtime
import Testing
import Wire

@testable import Calldocker

@Suite("The SIP port")
struct SIPSocketsTests {
  @Test("One number is bound for datagrams and for connections", arguments: [IPAddress.loopback, .v6(high: 0, low: 1)])
  func both(host: IPAddress) throws {
    guard !host.isIPv6 || Interfaces.speakIPv6 else { return }
    let sockets = try SIPSockets(bind: SocketAddress(host, 0))
    defer {
      sockets.datagrams.close()
      sockets.listener.close()
    }
    #expect(sockets.address.port != 0 && sockets.listener.localAddress == sockets.address)
  }

  @Test("A number that is taken for connections is taken, and told so; its datagrams are given back")
  func taken() throws {
    let other = try TCPListener(bind: SocketAddress(.loopback, 0))
    defer { other.close() }
    let address = try #require(other.localAddress)
    #expect { try SIPSockets(bind: address) } throws: { ($0 as? SystemFailure)?.isAddressInUse == true }
    let datagrams = try UDPSocket(bind: address)
    datagrams.close()
  }
}
