import Wire

/// What carries a peer's datagrams and tells it the time: an imagined network in tests, real sockets for the doctor.
package protocol PeerNetwork: AnyObject {
  var now: Instant { get }

  /// From now on whatever arrives at one of the peer's addresses is handed over, with where it came from.
  func listen(_ address: SocketAddress, _ receive: @escaping ([UInt8], SocketAddress) -> Void)
  func close(_ address: SocketAddress)
  func send(_ octets: [UInt8], from: SocketAddress, to: SocketAddress)
}
