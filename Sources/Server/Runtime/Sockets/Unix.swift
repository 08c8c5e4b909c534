import CLinux
import Glibc
import Wire

/// A listening Unix stream socket that only its own user may open.
package struct UnixListener: Sendable {
  /// Clients that wait in the kernel until they are accepted.
  package static let backlog: Int32 = 64
  /// What `sockaddr_un` has room for, its closing zero left out.
  package static let maximumPathBytes = 107

  package let file: Int32
  package let path: String

  /// Listens at a path that the caller has to itself: a socket found there is what a crash left, and is replaced.
  ///
  /// - Throws: also when something that is no socket is in the way: it is left alone.
  package init(bind path: String) throws(SystemFailure) {
    let attempt = "listening on \(path)"
    let address = try UnixAddress(path, attempt)
    try Self.removeSocket(path, attempt)
    let flags = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_UNIX, flags, 0)
    guard descriptor >= 0 else { throw SystemFailure("opening a Unix socket") }
    // Linux gives the file the mode that the socket has: it is never open to others, not even for a moment.
    guard fchmod(descriptor, 0o600) == 0, address.with({ Glibc.bind(descriptor, $0, $1) }) == 0,
      listen(descriptor, Self.backlog) == 0
    else {
      let failure = SystemFailure(attempt)
      Glibc.close(descriptor)
      throw failure
    }
    file = descriptor
    self.path = path
  }

  private static func removeSocket(_ path: String, _ attempt: String) throws(SystemFailure) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw SystemFailure("\(attempt), where something else is", code: EEXIST) }
    guard unlink(path) == 0 else { throw SystemFailure("replacing \(path)") }
  }

  /// The next client that waits, if any.
  package func accept() -> Int32? {
    let descriptor = accept4(file, nil, nil, Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue))
    return descriptor >= 0 ? descriptor : nil
  }

  /// Stops listening and takes the socket away, so that the next who looks finds nobody instead of waiting.
  package func close() {
    unlink(path)
    Glibc.close(file)
  }
}

/// A conversation over a Unix stream socket that waits for every answer: for commands, never for a plane.
package struct UnixConnection: ~Copyable {
  private static let readSize = 65_536
  private let file: Int32
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

/// A path as the kernel takes it.
private struct UnixAddress {
  private var storage = sockaddr_un()

  init(_ path: String, _ attempt: String) throws(SystemFailure) {
    let octets = Array(path.utf8)
    guard octets.count <= UnixListener.maximumPathBytes, !octets.contains(0) else {
      throw SystemFailure(attempt, code: ENAMETOOLONG)
    }
    storage.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &storage.sun_path) { $0.copyBytes(from: octets) }
  }

  func with<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }
}
