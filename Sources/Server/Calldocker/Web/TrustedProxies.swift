import HTTP
import Wire

/// Proxies whose word counts about whom they speak for.
package struct TrustedProxies: Sendable {
  let addresses: Set<IPAddress>

  package init(addresses: Set<IPAddress>) { self.addresses = addresses }

  /// Where a request comes from: the last address in `X-Forwarded-For` that is no trusted proxy's, if a trusted proxy brought it.
  /// What stands before that was written by strangers.
  package func source(of request: HTTPRequest, from peer: IPAddress) -> IPAddress {
    guard addresses.contains(peer) else { return peer }
    var source = peer
    let named = request.headers.values("X-Forwarded-For").flatMap { $0.split(separator: ",") }
    for name in named.reversed() {
      let text = name.filter { $0 != " " && $0 != "\t" }
      guard let address = IPAddress(text) ?? SocketAddress(text)?.ip else { return source }
      source = address
      guard addresses.contains(address) else { return source }
    }
    return source
  }
}
