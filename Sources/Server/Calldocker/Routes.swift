import Runtime
import Wire

/// Which of our addresses each peer sees, as the machine's routes say; remembered, for the kernel takes its time to tell.
struct Routes {
  /// Peers whose route is remembered; past it all are asked anew.
  static let maximum = 10_000

  private var known: [IPAddress: IPAddress] = [:]
  private let ask: (IPAddress) -> IPAddress?

  init(asking ask: @escaping (IPAddress) -> IPAddress? = Interfaces.address(facing:)) { self.ask = ask }

  var count: Int { known.count }

  mutating func address(facing peer: IPAddress) -> IPAddress {
    if let address = known[peer] { return address }
    if known.count >= Self.maximum { known = [:] }
    let found = ask(peer) ?? .loopback
    known[peer] = found
    return found
  }
}
