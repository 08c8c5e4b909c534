import Wire

extension MediaEngine where Transport: ~Copyable {
  /// Sends to where the path says the phone is, with reports one port above.
  mutating func reachPhone(_ slot: Int) {
    guard let port = legs[slot].port, let remote = legs[slot].path?.remote else { return }
    legs[slot].reach = .phone(port, remote, rtcp: SocketAddress(remote.ip, remote.port &+ 1))
  }
}
