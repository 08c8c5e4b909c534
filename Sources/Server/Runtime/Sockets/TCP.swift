import CLinux
import Glibc
import Wire

/// A listening TCP socket.
package struct TCPListener: Sendable {
  package static let backlog: Int32 = 512
  package let file: Int32

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
  }

  package var localAddress: SocketAddress? {
    var storage = AddressStorage()
    guard storage.withMutable({ getsockname(file, $0, $1) }) == 0 else { return nil }
    return storage.address
  }

  /// The next client that waits. `nil` also when the process has no descriptor left: the client stays in the queue until one is free.
  package func accept() -> (file: Int32, from: SocketAddress)? {
    var storage = AddressStorage()
    let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = storage.withMutable { accept4(file, $0, $1, flags) }
    guard descriptor >= 0 else { return nil }
    guard let source = storage.address else {
      Glibc.close(descriptor)
      return nil
    }
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    return (descriptor, source)
  }

  package func close() { Glibc.close(file) }
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

  private let loop: EventLoop
  private var file: Int32
  private var waiting: [UInt8] = []
  private var closesWhenSent = false

  package init(_ loop: EventLoop, file: Int32, remote: SocketAddress) throws(SystemFailure) {
    self.loop = loop
    self.file = file
    self.remote = remote
    try loop.watch(file, .readable) { [unowned self] in serve(isReadable: $0, isWritable: $1) }
  }

  /// One call for both: a read may close, and closing may let go of the last reference to `self`.
  private func serve(isReadable: Bool, isWritable: Bool) {
    if isReadable { read() }
    if isWritable { write() }
  }

  package var isOpen: Bool { file >= 0 }

  package func send(_ octets: [UInt8]) {
    guard isOpen, !closesWhenSent else { return }
    guard waiting.count + octets.count <= Self.maximumWaiting else { return close() }
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
