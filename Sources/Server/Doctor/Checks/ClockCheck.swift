import Runtime

/// Whether the machine's clock can be believed: certificates, the call log and whoever compares logs depend on it.
struct ClockCheck: Check {
  static let name = "clock"
  /// Milliseconds that nobody notices.
  static let tolerance = 1000.0

  var kernel: KernelClock
  /// Seconds since 1970.
  var now: Int64
  /// When the database was last written, by the same clock; `nil` if there is none yet.
  var lastWrite: Int64?

  var summary: String {
    switch kernel {
    case .synchronised(let error): "kept right, to within \(error.shown) ms"
    case .unsynchronised: "nothing keeps it right"
    case .unknown: "the kernel does not say whether anything keeps it right"
    }
  }

  var findings: [Finding] {
    var findings: [Finding] = []
    switch kernel {
    case .unsynchronised:
      findings.append(
        .warning(
          "Nothing keeps this machine's clock right.",
          "Run chrony or systemd-timesyncd; in a virtual machine or a container the host may do it, and then all is well."))
    case .synchronised(let error) where error > Self.tolerance:
      findings.append(
        .warning(
          "The clock may be wrong by \((error / 1000).shown) s.", "See `chronyc tracking` or `timedatectl timesync-status`."))
    case .synchronised, .unknown: break
    }
    if let lastWrite, lastWrite > now + 60 {
      findings.append(
        .failed(
          "The database was last written in the future, \(lastWrite - now) s from now: the clock went back.",
          "Set the clock right before anything is written: calls would be in the wrong order."))
    }
    return findings
  }
}
