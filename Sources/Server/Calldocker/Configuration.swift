import Runtime
import Wire

/// What an operator may choose: by flag, or by an environment variable of the same name (`--http-port`, `CALLDOCKER_HTTP_PORT`).
package struct Configuration: Sendable {
  package var host = IPAddress.any
  package var httpPort: UInt16 = 8080
  package var sipPort: UInt16 = 5060
  package var webRTCPort: UInt16 = 7000
  package var rtpPorts: ClosedRange<UInt16> = 20_000...29_999
  /// Threads for media, each with a port for browsers and a share of the ports for phones; `nil` is one for each core.
  package var mediaPlanes: Int?
  package var dialplans = "dialplans"
  package var web = "web"
  package var advertised: IPAddress?
  package var baseDomain: String?
  package var logLevel = Log.Level.info
  package var showsPersonal = false
  package var isDemo = false

  package static let maximumMediaPlanes = 64

  package init() {}

  /// Everything that is wrong, one sentence each.
  package struct Faults: Error, Sendable, CustomStringConvertible {
    package let sentences: [String]
    package var description: String { sentences.joined(separator: "\n") }
  }

  private static let names = [
    "host", "http-port", "sip-port", "webrtc-port", "rtp-ports", "media-planes", "dialplans", "web", "advertise", "base-domain",
    "log-level",
  ]
  private static let switches = ["demo", "log-private"]

  /// Reads the environment and then the flags, which win.
  package init(arguments: [String], environment: [String: String]) throws(Faults) {
    var faults: [String] = []
    for name in Self.names + Self.switches {
      let variable = "CALLDOCKER_" + name.uppercased().split(separator: "-").joined(separator: "_")
      if let value = environment[variable] { set(name, value, said: variable, &faults) }
    }
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let name = String(parts[0].drop { $0 == "-" })
      if Self.switches.contains(name) {
        set(name, parts.count > 1 ? parts[1] : "yes", said: argument, &faults)
      } else if Self.names.contains(name), let value = parts.count > 1 ? parts[1] : rest.popFirst() {
        set(name, value, said: argument, &faults)
      } else if Self.names.contains(name) {
        faults.append("\(argument): a value is missing")
      } else {
        faults.append("\(argument): there is no such flag\(Self.suggestion(name))")
      }
    }
    guard faults.isEmpty else { throw Faults(sentences: faults) }
  }

  private mutating func set(_ name: String, _ value: String, said: String, _ faults: inout [String]) {
    func port() -> UInt16? {
      guard let port = UInt16(value) else {
        faults.append("\(said): \(value) is no port; ports are numbers from 0 to 65535")
        return nil
      }
      return port
    }
    func address() -> IPAddress? {
      guard let address = IPAddress(value) else {
        faults.append("\(said): \(value) is no IP address, such as 192.0.2.1")
        return nil
      }
      return address
    }
    switch name {
    case "host": host = address() ?? host
    case "http-port": httpPort = port() ?? httpPort
    case "sip-port": sipPort = port() ?? sipPort
    case "webrtc-port": webRTCPort = port() ?? webRTCPort
    case "rtp-ports":
      let ends = value.split(separator: "-").compactMap { UInt16($0) }
      guard ends.count == 2, ends[0] >= 1024, ends[1] > ends[0] else {
        return faults.append("\(said): \(value) is no range of ports, such as 20000-29999")
      }
      rtpPorts = ends[0]...ends[1]
    case "media-planes":
      guard let count = Int(value), (1...Self.maximumMediaPlanes).contains(count) else {
        return faults.append("\(said): \(value) is no number of media threads from 1 to \(Self.maximumMediaPlanes)")
      }
      mediaPlanes = count
    case "dialplans": dialplans = value
    case "web": web = value
    case "advertise": advertised = address() ?? advertised
    case "base-domain": baseDomain = value
    case "log-level":
      guard let level = Log.Level(value) else {
        return faults.append("\(said): \(value) is no level; there are trace, debug, info, warning and error")
      }
      logLevel = level
    case "log-private": showsPersonal = value != "no"
    case "demo": isDemo = value != "no"
    default: break
    }
  }

  /// The known name with the fewest differences, if there are few.
  private static func suggestion(_ name: String) -> String {
    let nearest = (names + switches).min { distance($0, name) < distance($1, name) }
    guard let nearest, distance(nearest, name) <= 3 else { return "" }
    return "; did you mean --\(nearest)?"
  }

  /// Letters to change, add or leave out (Levenshtein).
  private static func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left.utf8.prefix(40)), Array(right.utf8.prefix(40)))
    var row = Array(0...right.count)
    for (index, letter) in left.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for other in right.indices {
        let changed = diagonal + (right[other] == letter ? 0 : 1)
        diagonal = row[other + 1]
        row[other + 1] = min(changed, row[other] + 1, row[other + 1] + 1)
      }
    }
    return row[right.count]
  }
}
