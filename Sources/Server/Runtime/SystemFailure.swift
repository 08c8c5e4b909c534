import Glibc

/// A refusal of the operating system, with what was tried.
package struct SystemFailure: Error, Hashable, Sendable, CustomStringConvertible {
  package let attempt: String
  package let code: Int32

  init(_ attempt: String, code: Int32 = errno) {
    self.attempt = attempt
    self.code = code
  }

  package var description: String { "\(attempt): \(String(cString: strerror(code)))" }

  /// The system's words alone.
  package var reason: String { String(cString: strerror(code)) }

  package var isAddressInUse: Bool { code == EADDRINUSE }
  package var isForbidden: Bool { code == EACCES || code == EPERM }
  /// Nobody listens there.
  package var isNobodyThere: Bool { code == ENOENT || code == ECONNREFUSED || code == ENOTDIR }
  package var isTimeout: Bool { code == ETIMEDOUT }
}
