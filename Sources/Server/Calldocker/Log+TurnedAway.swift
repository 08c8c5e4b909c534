import Runtime

extension Log {
  /// Tells of clients for whom no descriptor was left; of none nothing.
  func write(turnedAway count: UInt64?, from port: String) {
    guard let count else { return }
    write(
      .warning, "No descriptor is left: clients of the \(port) port are turned away. Raise LimitNOFILE (ulimit -n).",
      [("clients", "\(count)")])
  }
}
