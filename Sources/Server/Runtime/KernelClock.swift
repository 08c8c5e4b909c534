import CLinux
import Glibc

/// Whether anything keeps the machine's clock right, as the kernel was told (adjtimex(2)): no network is asked.
package enum KernelClock: Hashable, Sendable {
  /// - error: by how many milliseconds it may be wrong.
  case synchronised(error: Double)
  case unsynchronised
  /// The kernel does not say: some containers are not allowed to ask.
  case unknown

  package static func read() -> KernelClock {
    var error: Int64 = 0
    let state = shim_clock_state(&error)
    switch state {
    case ..<0: return .unknown
    case TIME_ERROR: return .unsynchronised
    default: return .synchronised(error: Double(error) / 1000)
    }
  }
}
