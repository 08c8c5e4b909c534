import Wire

/// Whether every socket of a running service answers, or whether a start could have its ports.
struct PortsCheck: Check {
  enum Outcome: Hashable, Sendable {
    /// - milliseconds: until the answer.
    case answered(milliseconds: Double)
    /// A start could have it.
    case free
    /// - by: who has it, if that could be found out.
    case taken(by: String?)
    case silent
    /// What came of it instead, in words without a full stop.
    case wrong(String)
  }

  /// What is behind a port.
  enum Door: String, Hashable, Sendable {
    case http = "HTTP"
    case sipDatagrams = "SIP over UDP"
    case sipStreams = "SIP over TCP"
    case media = "browsers' media"

    var transport: String { self == .http || self == .sipStreams ? "TCP" : "UDP" }
    var flag: String {
      switch self {
      case .http: "--http-port"
      case .sipDatagrams, .sipStreams: "--sip-port"
      case .media: "--webrtc-port"
      }
    }
  }

  struct Probe: Hashable, Sendable {
    var door: Door
    var address: SocketAddress
    var outcome: Outcome
  }
  static let name = "ports"

  var probes: [Probe]

  var summary: String {
    let doors = [Door.http, .sipDatagrams, .sipStreams, .media].compactMap { door -> String? in
      let ports = probes.filter { $0.door == door }.map { "\($0.address.port)" }
      return ports.isEmpty ? nil : "\(door.rawValue) \(ports.joined(separator: " "))"
    }
    let slowest = probes.compactMap { if case .answered(let milliseconds) = $0.outcome { milliseconds } else { nil } }.max()
    return doors.joined(separator: ", ") + (slowest.map { "; the slowest answer took \($0.shown) ms" } ?? "")
  }

  /// An answer on this machine that takes longer comes from a service that has no time.
  static let slow = 250.0

  var findings: [Finding] { probes.compactMap(finding) }

  private func finding(_ probe: Probe) -> Finding? {
    let place = "\(probe.door.rawValue) on \(probe.address)"
    switch probe.outcome {
    case .free: return nil
    case .answered(let milliseconds) where milliseconds > Self.slow:
      return .warning(
        "\(place) took \(milliseconds.shown) ms to answer.",
        "The machine or the service has too much to do: see calldocker_web_turn_seconds, calldocker_signalling_turn_seconds "
          + "and calldocker_media_turn_seconds on /metrics.")
    case .answered: return nil
    case .silent:
      return .failed(
        "\(place) does not answer.",
        "The service listens there as far as it knows: a firewall on this machine may drop its own packets (nft list ruleset), "
          + "or the service hangs; see its log.")
    case .wrong(let words): return .failed("\(place): \(words).", "See the server's log of this minute.")
    case .taken(let owner):
      let who = owner.map { "by \($0)" } ?? "by another program (as root the doctor can tell which)"
      return .failed(
        "\(probe.door.transport) \(probe.address) is taken \(who).",
        "Stop that program, or choose another port with \(probe.door.flag).")
    }
  }
}

extension Double {
  /// Short, for people.
  var shown: String { self < 10 ? "\((self * 10).rounded() / 10)" : "\(Int(rounded()))" }
}
