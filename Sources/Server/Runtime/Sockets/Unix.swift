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

/// A path as the kernel takes it.
struct UnixAddress {
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
