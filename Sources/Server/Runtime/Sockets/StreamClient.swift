import CLinux
import Glibc
import Wire

/// A TCP connection to somebody else's server, for a thread that has nothing else to do: every call waits, until a deadline at most.
package final class StreamClient {
  private static let readSize = 16_384

  package let remote: SocketAddress
  private let file: Int32

  /// Connects; a deadline that has passed is `ETIMEDOUT`, as the kernel's own patience is.
  package init(connect remote: SocketAddress, before deadline: Instant) throws(SystemFailure) {
    self.remote = remote
    let family = remote.ip.isIPv6 ? AF_INET6 : AF_INET
    file = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard file >= 0 else { throw SystemFailure("opening a TCP socket") }
    let status = AddressStorage(remote, family: family).with { Glibc.connect(file, $0, $1) }
    if status == 0 { return }
    guard errno == EINPROGRESS else { throw SystemFailure(attempt) }
    try wait(Int16(POLLOUT), before: deadline)
    var (code, length): (Int32, socklen_t) = (0, socklen_t(MemoryLayout<Int32>.size))
    getsockopt(file, SOL_SOCKET, SO_ERROR, &code, &length)
    guard code == 0 else { throw SystemFailure(attempt, code: code) }
  }

  deinit { if file >= 0 { Glibc.close(file) } }

  /// Sends all of it.
  package func send(_ octets: [UInt8], before deadline: Instant) throws(SystemFailure) {
    var rest = octets[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else {
        guard errno == EAGAIN || errno == EINTR else { throw SystemFailure(attempt) }
        try wait(Int16(POLLOUT), before: deadline)
      }
    }
  }

  /// What has come, at least a byte; nothing once the peer has ended.
  package func receive(before deadline: Instant) throws(SystemFailure) -> [UInt8] {
    while true {
      try wait(Int16(POLLIN), before: deadline)
      var count = 0
      let octets = [UInt8](unsafeUninitializedCapacity: Self.readSize) { buffer, filled in
        count = recv(file, buffer.baseAddress, buffer.count, 0)
        filled = max(0, count)
      }
      if count >= 0 { return octets }
      guard errno == EAGAIN || errno == EINTR else { throw SystemFailure(attempt) }
    }
  }

  private var attempt: String { "speaking to \(remote) over TCP" }

  private func wait(_ events: Int16, before deadline: Instant) throws(SystemFailure) {
    while true {
      let left = deadline - SystemClock.now
      guard left > .zero else { throw SystemFailure(attempt, code: ETIMEDOUT) }
      var descriptor = pollfd(fd: file, events: events, revents: 0)
      // A millisecond more than is left, so that the time is over when poll says so.
      let count = poll(&descriptor, 1, Int32(clamping: left.milliseconds + 1))
      if count > 0 { return }
      guard count == 0 || errno == EINTR else { throw SystemFailure(attempt) }
    }
  }
}
