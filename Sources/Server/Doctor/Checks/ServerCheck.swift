/// Whether a service runs on the data folder, and which.
struct ServerCheck: Check {
  enum State: Hashable, Sendable {
    case running(process: Int32, version: String)
    /// None runs; whether one was killed, or crashed, in the middle of its work.
    case none(wasCutOff: Bool)
    /// It cannot be asked: why, in words that end with a full stop.
    case mute(String)
  }
  static let name = "server"

  var state: State
  /// The doctor's own.
  var version: String
  var data: String

  var summary: String {
    switch state {
    case .running(let process, let version): "calldocker \(version) runs as process \(process) on \(data)"
    case .none: "none runs on \(data): this is what a start would meet"
    case .mute: "something holds \(data)"
    }
  }

  var findings: [Finding] {
    switch state {
    case .running(_, let running) where running != version:
      return [
        .warning(
          "The doctor is of version \(version), the server of \(running).",
          "Restart the server to run what is installed, or use the doctor that came with it.")
      ]
    case .running: return []
    case .none(let wasCutOff):
      let cause = wasCutOff ? "The last one did not end by itself: it was killed, or it crashed." : "No server answers there."
      return [.warning(cause, "Start one with `calldocker serve --data \(data)`, or name the folder of another with --data.")]
    case .mute(let why):
      return [.failed(why, "See its log; run the doctor as the server's own user, or as root.")]
    }
  }
}
