import Calls
import Foundation
import Wire

/// A recording in which nobody can be recognised: names, numbers, addresses and pages are replaced, each by the same everywhere, and the
/// call is run again with these, so that what it says and does fits.
struct NamelessRecording {
  let recording: FlightRecording

  private final class Substitutes {
    private var known: [String: String] = [:]
    private var counts: [String: Int] = [:]

    func substitute(_ text: String, _ kind: String, _ make: (Int) -> String) -> String {
      if let known = known["\(kind) \(text)"] { return known }
      counts[kind, default: 0] += 1
      let made = make(counts[kind] ?? 1)
      known["\(kind) \(text)"] = made
      return made
    }
  }

  init(_ original: FlightRecording) throws {
    let substitutes = Substitutes()
    let record = original.record
    let agents = Set(record.moments.flatMap { Self.agents($0.event) }.map(\.description))
    func host(_ text: String) -> String {
      guard let address = IPAddress(text) else {
        if TenantID(text) != nil {
          return substitutes.substitute(text, "domain") { _ in "00000000-0000-4000-8000-000000000001" }
        }
        return substitutes.substitute(text, "host") { "host\($0).invalid" }
      }
      guard !address.isUnspecified else { return text }
      // Networks for documents (RFC 5737, RFC 3849).
      if address.isIPv6 { return substitutes.substitute(text, "v6") { "2001:db8::\(String($0, radix: 16))" } }
      return substitutes.substitute(text, "v4") { $0 < 255 ? "192.0.2.\($0)" : "198.51.100.\($0 % 255)" }
    }
    func user(_ text: String) -> String {
      if ["calldocker", "visitor"].contains(text) { return text }
      return substitutes.substitute(text.lowercased(), "user") { "user\($0)" }
    }
    func nameless(_ text: String) -> String {
      if agents.contains(text) { return user(text) }
      if TenantID(text) != nil { return host(text) }
      guard text.utf8.contains(where: { $0 == 0x2E || $0 == 0x3A || $0 == 0x22 || $0 == 0x3C }) else { return text }
      var changed = text
      changed = changed.replacing(#/"[^"]*"/#) { "\"\(substitutes.substitute(String($0.output), "name") { "Name \($0)" })\"" }
      changed = changed.replacing(#/^(From|To|Contact): ([^"<;:@]+)</#) { match in
        "\(match.output.1): \(substitutes.substitute(String(match.output.2), "name") { "Name \($0)" }) <"
      }
      // Ours are random words; another was made by the phone, of what it is called perhaps.
      changed = changed.replacing(#/^Call-ID: (.*[^A-Za-z0-9].*)$/#) { match in
        "Call-ID: \(substitutes.substitute(String(match.output.1), "call") { "call\($0)" })"
      }
      changed = changed.replacing(#/(sips?):([^@;>\s:]+)@([^;>\s:,\[]+|\[[^\]]+\])/#) { match in
        let written = match.output.3
        let bare = written.hasPrefix("[") ? String(written.dropFirst().dropLast()) : String(written)
        let replaced = host(bare)
        return "\(match.output.1):\(user(String(match.output.2)))@\(written.hasPrefix("[") ? "[\(replaced)]" : replaced)"
      }
      changed = changed.replacing(#/(SIP\/2\.0\/[A-Z]+ )([^;\s:,\[]+)/#) { "\($0.output.1)\(host(String($0.output.2)))" }
      changed = changed.replacing(#/\b(?!192\.0\.2\.)[0-9]{1,3}(\.[0-9]{1,3}){3}\b/#) { host(String($0.output.0)) }
      changed = changed.replacing(#/\[(?!2001:db8::)([0-9A-Fa-f:.]{2,})\]/#) { "[\(host(String($0.output.1)))]" }
      changed = changed.replacing(#/IP6 (?!2001:db8::)([0-9A-Fa-f:.]{2,})/#) { "IP6 \(host(String($0.output.1)))" }
      return changed.hasPrefix("Warning:") ? "Warning: 399 host.invalid \"\"" : changed
    }
    func walk(_ value: Any, _ key: String = "") -> Any {
      switch value {
      case let object as [String: Any]:
        return Dictionary(uniqueKeysWithValues: object.map { ($0.key, walk($0.value, $0.key)) })
      case let list as [Any]: return list.map { walk($0, key) }
      case let text as String:
        switch key {
        case "page": return substitutes.substitute(text, "page") { "https://page\($0).invalid/" }
        case "name" where !agents.contains(text), "from":
          return text.isEmpty ? text : substitutes.substitute(text, "name") { "Name \($0)" }
        case "extensionDialled" where !["echo", "*43"].contains(text.lowercased()):
          return substitutes.substitute(text, "number") { "\(100 + $0)" }
        // Where a dialplan was, and what it was about to do.
        case "place", "arguments": return text.isEmpty ? text : "…"
        case "call", "chance", "format", "program": return text
        default: return nameless(text)
        }
      default: return value
      }
    }
    let tree = try JSONSerialization.jsonObject(with: try JSONEncoder().encode(original))
    guard
      let named = try? JSONDecoder().decode(
        FlightRecording.self, from: try JSONSerialization.data(withJSONObject: walk(tree)))
    else {
      let sentence = "Names could not be taken out of this recording: give --private to export it as it is."
      throw Command.Failure(code: EX_DATAERR, sentence: sentence)
    }
    var first = FlightReplay(record)
    var replay = FlightReplay(named.record)
    let (_, replayed) = replay.run()
    guard first.run().verdict.isSame, let replayed else {
      let sentence =
        "This recording does not go the same way again here, and only one that does can be told without names: `calldocker replay` "
        + "says where it parts, and --private exports it as it is."
      throw Command.Failure(code: EX_DATAERR, sentence: sentence)
    }
    recording = FlightRecording(
      program: original.program, clock: FlightClock(offset: original.clock), isPrivate: false, record: replayed)
  }

  private static func agents(_ event: FlightEvent) -> [AgentName] {
    switch event {
    case .view(let view): view.agents.map(\.name) + view.gone
    case .chose(let choice): choice.candidates.map(\.agent)
    case .rings(let agent, _, _), .answered(let agent, _), .missed(.agent(let agent), _), .declinedInBrowser(let agent),
      .agentLost(let agent, _),
      .agentBack(let agent, _):
      [agent]
    default: []
    }
  }
}
