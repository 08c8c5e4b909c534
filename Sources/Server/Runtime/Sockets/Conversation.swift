import CLinux
import Glibc
import Wire

/// A conversation over a stream socket, Unix or TCP, that waits for every answer: for commands, never for a plane.
package struct Conversation: ~Copyable {
  private static let readSize = 65_536
  /// To be waited for, where something else is to be waited for as well.
  package let file: Int32
  /// Who is at the other end.
  private let path: String
  private let deadline: Instant

  /// - Parameter time: how long the whole conversation may take.
  package init(connect path: String, within time: Duration) throws(SystemFailure) {
    let attempt = "connecting to \(path)"
    let address = try UnixAddress(path, attempt)
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw SystemFailure("opening a Unix socket") }
    Self.limit(descriptor, SO_SNDTIMEO, to: time)
    guard address.with({ Glibc.connect(descriptor, $0, $1) }) == 0 else {
      let failure = Self.failure(attempt)
      Glibc.close(descriptor)
      throw failure
    }
    file = descriptor
    self.path = path
    deadline = SystemClock.now + time
  }

  /// Over TCP.
  ///
  /// - Parameter time: how long the whole conversation may take.
  package init(connect address: SocketAddress, within time: Duration) throws(SystemFailure) {
    let attempt = "connecting to \(address)"
    let family: Int32 = if case .v6 = address.ip { AF_INET6 } else { AF_INET }
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw SystemFailure("opening a TCP socket") }
    Self.limit(descriptor, SO_SNDTIMEO, to: time)
    let storage = AddressStorage(address, family: family)
    guard storage.with({ Glibc.connect(descriptor, $0, $1) }) == 0 else {
      // A call that its time limit ended says EINPROGRESS here.
      let failure = errno == EINPROGRESS ? SystemFailure(attempt, code: ETIMEDOUT) : Self.failure(attempt)
      Glibc.close(descriptor)
      throw failure
    }
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    file = descriptor
    path = "\(address)"
    deadline = SystemClock.now + time
  }

  deinit { Glibc.close(file) }

  package func send(_ octets: [UInt8]) throws(SystemFailure) {
    var rest = octets[...]
    while !rest.isEmpty {
      try limit(SO_SNDTIMEO)
      let count = rest.withUnsafeBytes { Glibc.send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Self.failure("writing to \(path)") }
      rest = rest.dropFirst(count)
    }
  }

  /// What comes next, in pieces; nothing once the other side has ended.
  package func receive() throws(SystemFailure) -> [UInt8] {
    while true {
      try limit(SO_RCVTIMEO)
      var count = 0
      let octets = [UInt8](unsafeUninitializedCapacity: Self.readSize) { buffer, filled in
        count = recv(file, buffer.baseAddress, buffer.count, 0)
        filled = max(0, count)
      }
      if count >= 0 { return octets }
      guard errno == EINTR else { throw Self.failure("reading from \(path)") }
    }
  }

  /// What is left of the time is how long the next call may block.
  private func limit(_ option: Int32) throws(SystemFailure) {
    let left = deadline - SystemClock.now
    guard left > .microseconds(1) else { throw SystemFailure("waiting for \(path)", code: ETIMEDOUT) }
    Self.limit(file, option, to: left)
  }

  private static func limit(_ file: Int32, _ option: Int32, to time: Duration) {
    let microseconds = time.nanoseconds / 1000
    var value = timeval(tv_sec: Int(microseconds / 1_000_000), tv_usec: Int(microseconds % 1_000_000))
    setsockopt(file, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<timeval>.size))
  }

  /// A call that its time limit ended says EAGAIN.
  private static func failure(_ attempt: String) -> SystemFailure {
    SystemFailure(attempt, code: errno == EAGAIN ? ETIMEDOUT : errno)
  }
}
