import Peers
import Runtime
import Wire

/// Peers' addresses as sockets of this process, and the time that passes on them. One thread, which runs it until something holds.
package final class SocketNetwork: PeerNetwork {
  private struct Port {
    var socket: UDPSocket
    var receive: (([UInt8], SocketAddress) -> Void)?
  }

  private let epoll: Epoll
  private var ports: [SocketAddress: Port] = [:]
  private var handlers: [UInt64: () -> Void] = [:]
  private var lastToken: UInt64 = 0
  private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)

  package init() throws(SystemFailure) { epoll = try Epoll() }

  deinit {
    for port in ports.values { port.socket.close() }
    room.deallocate()
  }

  package var now: Instant { SystemClock.now }

  /// A free port that a peer can then listen on.
  package func reserve(_ ip: IPAddress) throws(SystemFailure) -> SocketAddress {
    let socket = try UDPSocket(bind: SocketAddress(ip, 0))
    let address = SocketAddress(ip, socket.localAddress?.port ?? 0)
    try add(socket, address)
    return address
  }

  /// Two free ports in a row, for RTP and RTCP.
  package func reservePair(_ ip: IPAddress) throws(SystemFailure) -> SocketAddress {
    var tries = 0
    while true {
      let first = try UDPSocket(bind: SocketAddress(ip, 0))
      let address = SocketAddress(ip, first.localAddress?.port ?? 0)
      do throws(SystemFailure) {
        let above = SocketAddress(ip, address.port &+ 1)
        let second = try UDPSocket(bind: above)
        try add(first, address)
        try add(second, above)
        return address
      } catch {
        first.close()
        tries += 1
        if tries > 100 { throw error }
      }
    }
  }

  private func add(_ socket: UDPSocket, _ address: SocketAddress) throws(SystemFailure) {
    ports[address] = Port(socket: socket)
    try watch(socket.file) { [unowned self] in read(address) }
  }

  /// Has something done whenever a descriptor can be read.
  package func watch(_ file: Int32, _ handler: @escaping () -> Void) throws(SystemFailure) {
    lastToken += 1
    handlers[lastToken] = handler
    try epoll.add(file, .readable, token: lastToken)
  }

  private func read(_ address: SocketAddress) {
    while let port = ports[address], let (count, source) = port.socket.receive(into: room) {
      port.receive?(Array(room[..<count]), source)
    }
  }

  // MARK: PeerNetwork

  package func listen(_ address: SocketAddress, _ receive: @escaping ([UInt8], SocketAddress) -> Void) {
    if ports[address] == nil {
      guard let socket = try? UDPSocket(bind: address), (try? add(socket, address)) != nil else { return }
    }
    ports[address]?.receive = receive
  }

  package func close(_ address: SocketAddress) { ports[address]?.receive = nil }

  package func send(_ octets: [UInt8], from: SocketAddress, to: SocketAddress) {
    octets.withUnsafeBytes { _ = ports[from]?.socket.send($0, to: to) }
  }

  // MARK: Time

  /// Lets time pass until `condition` holds; says whether it did within `limit`.
  package func run(atMost limit: Duration, _ peers: some Inhabitants, until condition: () -> Bool) -> Bool {
    let end = now + limit
    while !condition() {
      guard now < end else { return false }
      let count = epoll.wait(until: min(peers.deadline ?? end, end), now: now)
      for index in 0..<count { handlers[epoll.token(index)]?() }
      peers.wake()
    }
    return true
  }

  /// Whoever lives on it.
  package protocol Inhabitants {
    var deadline: Instant? { get }
    func wake()
  }
}
