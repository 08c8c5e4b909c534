import CLinux
import Glibc
import Wire

/// A UDP socket that never blocks. A plain value: whoever opens it closes it.
package struct UDPSocket: Sendable {
  package let file: Int32
  private let family: Int32

  /// Binds; the IPv6 wildcard `::` takes IPv4 as well. Port 0 takes a free one.
  package init(bind address: SocketAddress) throws(SystemFailure) {
    family = if case .v6 = address.ip { AF_INET6 } else { AF_INET }
    file = socket(family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard file >= 0 else { throw SystemFailure("opening a UDP socket") }
    if family == AF_INET6 {
      var off: Int32 = 0
      setsockopt(file, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &off, socklen_t(MemoryLayout<Int32>.size))
    }
    let storage = AddressStorage(address, family: family)
    let descriptor = file
    guard storage.with({ Glibc.bind(descriptor, $0, $1) }) == 0 else {
      let failure = SystemFailure("binding UDP \(address)")
      Glibc.close(descriptor)
      throw failure
    }
  }

  /// A socket that was opened before and is known by its descriptor.
  package init(file: Int32, isIPv6: Bool) {
    self.file = file
    family = isIPv6 ? AF_INET6 : AF_INET
  }

  package var isIPv6: Bool { family == AF_INET6 }

  package var localAddress: SocketAddress? {
    var storage = AddressStorage()
    guard storage.withMutable({ getsockname(file, $0, $1) }) == 0 else { return nil }
    return storage.address
  }

  /// Bounds how much may wait in the kernel: what waits longer than a quarter of a second is no use to anybody.
  package func setReceiveBuffer(bytes: Int32) {
    var size = bytes
    setsockopt(file, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
  }

  /// What waits in the kernel, as it counts: a datagram weighs a multiple of its bytes.
  package struct Queue: Hashable, Sendable {
    package var octets = 0
    package var capacity = 0
    /// Datagrams that found no room, since the socket was opened.
    package var lost: UInt64 = 0
    package init() {}
  }

  /// The queue as it is now; empty where the kernel does not tell.
  package var queue: Queue {
    var figures = [UInt32](repeating: 0, count: Int(SK_MEMINFO_VARS))
    var size = socklen_t(figures.count * MemoryLayout<UInt32>.size)
    var queue = Queue()
    guard getsockopt(file, SOL_SOCKET, SO_MEMINFO, &figures, &size) == 0 else { return queue }
    queue.octets = Int(figures[Int(SK_MEMINFO_RMEM_ALLOC)])
    queue.capacity = Int(figures[Int(SK_MEMINFO_RCVBUF)])
    queue.lost = UInt64(figures[Int(SK_MEMINFO_DROPS)])
    return queue
  }

  /// The next datagram that waits, if any.
  package func receive(into buffer: UnsafeMutableRawBufferPointer) -> (count: Int, from: SocketAddress)? {
    var storage = AddressStorage()
    let count = storage.withMutable { recvfrom(file, buffer.baseAddress, buffer.count, 0, $0, $1) }
    guard count >= 0, let source = storage.address else { return nil }
    return (count, source)
  }

  /// Whether the kernel took the datagram; one that it refuses is lost like one in the network.
  @discardableResult
  package func send(_ packet: UnsafeRawBufferPointer, to address: SocketAddress) -> Bool {
    let storage = AddressStorage(address, family: family)
    return storage.with { sendto(file, packet.baseAddress, packet.count, Int32(MSG_NOSIGNAL), $0, $1) } == packet.count
  }

  package func close() { Glibc.close(file) }
}
