import Media
import Wire

/// Carries a media engine's packets over a virtual network.
package struct VirtualTransport: MediaTransport {
  package let network: VirtualNetwork
  package let address: SocketAddress
  private let received: (_ slot: Int, PhoneChannel, [UInt8], SocketAddress) -> Void
  private var nextPort: UInt16 = 20_000
  package var freePorts = 1000

  package init(
    network: VirtualNetwork, address: SocketAddress,
    received: @escaping (_ slot: Int, PhoneChannel, [UInt8], SocketAddress) -> Void
  ) {
    self.network = network
    self.address = address
    self.received = received
  }

  package mutating func sendToBrowser(_ packet: UnsafeRawBufferPointer, at address: SocketAddress) {
    network.send(Array(packet), from: self.address, to: address)
  }

  package mutating func send(
    _ packet: UnsafeRawBufferPointer, from port: PhonePort, _ channel: PhoneChannel, to address: SocketAddress
  ) {
    let number = channel == .rtp ? port.number : port.number + 1
    network.send(Array(packet), from: SocketAddress(self.address.ip, number), to: address)
  }

  package mutating func openPhonePort(for slot: Int) -> PhonePort? {
    guard freePorts > 0 else { return nil }
    freePorts -= 1
    defer { nextPort += 2 }
    let receive = received
    network.listen(SocketAddress(address.ip, nextPort)) { receive(slot, .rtp, $0, $1) }
    network.listen(SocketAddress(address.ip, nextPort + 1)) { receive(slot, .rtcp, $0, $1) }
    return PhonePort(number: nextPort, rtp: 0, rtcp: 0)
  }

  package mutating func closePhonePort(_ port: PhonePort, of slot: Int) {
    freePorts += 1
    network.close(SocketAddress(address.ip, port.number))
    network.close(SocketAddress(address.ip, port.number + 1))
  }
}
