import CLinux
import Glibc
import Wire

/// A listening TCP socket.
package struct TCPListener: Sendable {
  package static let backlog: Int32 = 512
  /// A peer that takes nothing of what was sent, or answers no probe, for this long is gone (RFC 5482).
  package static let patience = Duration.seconds(30)
  package let file: Int32
  /// Kept for the moment when no descriptor is left: given up to take a client out of the queue, where it would wake us again and again.
  private let spare: Locked<Int32>

  package init(bind address: SocketAddress) throws(SystemFailure) {
    let family: Int32 = if case .v6 = address.ip { AF_INET6 } else { AF_INET }
    let descriptor = socket(
      family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw SystemFailure("opening a TCP socket") }
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    if family == AF_INET6 {
      var off: Int32 = 0
      setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &off, socklen_t(MemoryLayout<Int32>.size))
    }
    let storage = AddressStorage(address, family: family)
    guard storage.with({ Glibc.bind(descriptor, $0, $1) }) == 0, listen(descriptor, Self.backlog) == 0 else {
      let failure = SystemFailure("listening on TCP \(address)")
      Glibc.close(descriptor)
      throw failure
    }
    file = descriptor
    spare = Locked(open("/dev/null", O_RDONLY | O_CLOEXEC))
  }

  package var localAddress: SocketAddress? {
    var storage = AddressStorage()
    guard storage.withMutable({ getsockname(file, $0, $1) }) == 0 else { return nil }
    return storage.address
  }

  /// The next client that waits. `nil` also when the process has no descriptor left: one client is then turned away.
  package func accept() -> (file: Int32, from: SocketAddress)? {
    var storage = AddressStorage()
    let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = storage.withMutable { accept4(file, $0, $1, flags) }
    guard descriptor >= 0 else {
      if errno == EMFILE || errno == ENFILE { turnAway() }
      return nil
    }
    guard let source = storage.address else {
      Glibc.close(descriptor)
      return nil
    }
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, socklen_t(MemoryLayout<Int32>.size))
    var milliseconds = Int32(clamping: Self.patience.milliseconds)
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &milliseconds, socklen_t(MemoryLayout<Int32>.size))
    return (descriptor, source)
  }

  private func turnAway() {
    spare.with { spare in
      if spare >= 0 { Glibc.close(spare) }
      let client = accept4(file, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
      if client >= 0 { Glibc.close(client) }
      spare = open("/dev/null", O_RDONLY | O_CLOEXEC)
    }
  }

  package func close() {
    Glibc.close(file)
    spare.with { spare in
      if spare >= 0 { Glibc.close(spare) }
      spare = -1
    }
  }
}

/// One TCP connection on an event loop: what arrives goes to its owner, what is sent waits here until the peer takes it.
///
/// Lives on its loop's thread.
package final class TCPConnection {
  /// What may wait for a peer that does not read; past it the connection is closed.
  package static let maximumWaiting = 8 * 1024 * 1024
  private static let readSize = 65_536

  package let remote: SocketAddress
  package var onBytes: (([UInt8]) -> Void)?
  /// Called once, whoever closed.
  package var onClose: (() -> Void)?

  /// What may wait here, where less than `maximumWaiting` is enough for anybody.
  package var capacity = maximumWaiting

  private let loop: EventLoop
  private var file: Int32
  private var waiting: [UInt8] = []
  private var closesWhenSent = false

  package init(_ loop: EventLoop, file: Int32, remote: SocketAddress) throws(SystemFailure) {
    self.loop = loop
    self.file = file
    self.remote = remote
    try loop.watch(file, .readable) { [weak self] isReadable, isWritable in
      // Held until both are done: whoever hears that it closed lets go of it, and a reset is readable and writable at once.
      guard let self else { return }
      if isReadable { read() }
      if isWritable { write() }
    }
  }

  package var isOpen: Bool { file >= 0 }
  /// Whether something waits for the peer to take it.
  package var hasWaiting: Bool { !waiting.isEmpty }

  /// Our end, as the peer sees it.
  package var localAddress: SocketAddress? {
    var storage = AddressStorage()
    guard storage.withMutable({ getsockname(file, $0, $1) }) == 0 else { return nil }
    return storage.address
  }

  package func send(_ octets: [UInt8]) {
    guard isOpen, !closesWhenSent else { return }
    guard waiting.count + octets.count <= capacity else { return close() }
    waiting += octets
    write()
  }

  /// Closes once everything that waits is sent.
  package func finish() {
    closesWhenSent = true
    if waiting.isEmpty { close() }
  }

  package func close() {
    guard isOpen else { return }
    loop.forget(file)
    Glibc.close(file)
    file = -1
    waiting = []
    let closed = onClose
    (onBytes, onClose) = (nil, nil)
    closed?()
  }

  private func read() {
    guard isOpen else { return }
    var count = 0
    let octets = [UInt8](unsafeUninitializedCapacity: Self.readSize) { buffer, filled in
      count = recv(file, buffer.baseAddress, buffer.count, 0)
      filled = max(0, count)
    }
    if count > 0 {
      onBytes?(octets)
    } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
      close()
    }
  }

  private func write() {
    guard isOpen, !waiting.isEmpty else { return }
    let count = Glibc.send(file, waiting, waiting.count, Int32(MSG_NOSIGNAL))
    if count > 0 { waiting.removeFirst(count) }
    if count < 0, errno != EAGAIN, errno != EINTR { return close() }
    loop.change(file, to: waiting.isEmpty ? .readable : [.readable, .writable])
    if waiting.isEmpty, closesWhenSent { close() }
  }
}
