import SIPSyntax
import Wire

/// Names one connection of a peer's to us; a number is never given twice.
package struct ConnectionID: Hashable, Comparable, Sendable {
  package let number: UInt64
  package init(_ number: UInt64) { self.number = number }

  package static func < (left: ConnectionID, right: ConnectionID) -> Bool { left.number < right.number }
}

/// The way between us and one peer: where it is, our address that faces it, and what carries the messages (RFC 5626 §3.1).
///
/// A flow over a connection ends with it: we never open one to a peer, which may stand behind a router.
package struct Flow: Hashable, Sendable {
  package enum Transport: Hashable, Sendable {
    case udp
    case tcp(ConnectionID)
  }

  package var remote: SocketAddress
  package var local: SocketAddress
  package var transport: Transport

  package init(remote: SocketAddress, local: SocketAddress, transport: Transport = .udp) {
    self.remote = remote
    self.local = local
    self.transport = transport
  }

  package var connection: ConnectionID? {
    if case .tcp(let connection) = transport { connection } else { nil }
  }

  /// Whether what is sent arrives, or the flow ends.
  package var isReliable: Bool { connection != nil }

  /// A hop of ours over this flow.
  package func via(branch: String) -> Via {
    let name =
      switch transport {
      case .udp: "UDP"
      case .tcp: "TCP"
      }
    var via = Via(transport: name, sentBy: HostPort(local), branch: branch)
    via.parameters.setFlag("rport")
    return via
  }

  /// Our own address on this flow, for Contact (RFC 3261 §19.1.1: UDP is what stands for no `transport`).
  package func contact(user: String) -> NameAddress {
    var uri = SIPURI(user: user, at: local)
    if isReliable { uri.parameters["transport"] = "tcp" }
    return NameAddress(uri)
  }
}
