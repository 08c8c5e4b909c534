import Wire

/// The way between us and one peer: where it is, and our address that faces it.
package struct Flow: Hashable, Sendable {
  package var remote: SocketAddress
  package var local: SocketAddress

  package init(remote: SocketAddress, local: SocketAddress) {
    self.remote = remote
    self.local = local
  }
}
