import CLinux
import Glibc
import Wire

/// The machine's own addresses.
package enum Interfaces {
  /// Addresses of interfaces that are up: those that others can reach first, loopback last; link-local IPv6 is left out.
  package static func addresses() -> [IPAddress] {
    var first: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&first) == 0 else { return [.loopback] }
    defer { freeifaddrs(first) }
    var found: [IPAddress] = []
    var next = first
    while let entry = next {
      next = entry.pointee.ifa_next
      guard entry.pointee.ifa_flags & UInt32(IFF_UP) != 0, let address = ip(entry.pointee.ifa_addr),
        !found.contains(address)
      else { continue }
      if case .v6(let high, _) = address, high >> 54 == 0x3FA { continue }
      found.append(address)
    }
    return found.filter { !$0.isLoopback } + found.filter(\.isLoopback)
  }

  /// Whether this machine has IPv6 at all: a container's kernel may not.
  package static var speakIPv6: Bool {
    guard let probe = try? UDPSocket(bind: SocketAddress(.anyOfBoth, 0)) else { return false }
    probe.close()
    return true
  }

  /// The name that the machine has for itself, if it has one.
  package static var hostName: String? {
    var letters = [CChar](repeating: 0, count: 256)
    guard gethostname(&letters, letters.count - 1) == 0, letters[0] != 0 else { return nil }
    return letters.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
  }

  private static func ip(_ address: UnsafeMutablePointer<sockaddr>?) -> IPAddress? {
    guard let address else { return nil }
    let size =
      switch Int32(address.pointee.sa_family) {
      case AF_INET: MemoryLayout<sockaddr_in>.size
      case AF_INET6: MemoryLayout<sockaddr_in6>.size
      default: 0
      }
    guard size > 0 else { return nil }
    var storage = AddressStorage()
    withUnsafeMutableBytes(of: &storage.storage) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: size))
    }
    return storage.address?.ip
  }

  /// The addresses of a host's name, by the system's resolver, which may ask the network and wait for it: for commands, and threads that
  /// have nothing else to do.
  package static func addresses(named name: String) -> [IPAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
    var first: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(name, nil, &hints, &first) == 0 else { return [] }
    defer { freeaddrinfo(first) }
    var found: [IPAddress] = []
    var next = first
    while let entry = next {
      next = entry.pointee.ai_next
      if let address = ip(entry.pointee.ai_addr) { found.append(address) }
    }
    return found
  }

  /// Our address that faces a peer, as the kernel's routes have it.
  package static func address(facing peer: IPAddress) -> IPAddress? {
    let wildcard: IPAddress = if case .v6 = peer { .v6(high: 0, low: 0) } else { .any }
    guard let probe = try? UDPSocket(bind: SocketAddress(wildcard, 0)) else { return nil }
    defer { probe.close() }
    // Connecting a datagram socket sends nothing; it only asks for the route.
    let family: Int32 = if case .v6 = peer { AF_INET6 } else { AF_INET }
    let storage = AddressStorage(SocketAddress(peer, 9), family: family)
    guard storage.with({ connect(probe.file, $0, $1) }) == 0 else { return nil }
    return probe.localAddress?.ip
  }
}
