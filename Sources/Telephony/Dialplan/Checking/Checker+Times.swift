/// Times that cannot be read, and zones that there are not: what they guard would silently never happen, or at another hour.
extension Checker {
  /// Those of steps. What cannot be read of an include was told of when it was read.
  mutating func checkTimes(_ step: Step) {
    for mention in step.arguments.mentions {
      guard case .function(let arguments) = mention.kind else { continue }
      let place = step.argumentsPlace.advanced(by: mention.offset)
      switch mention.name {
      case "IFTIME":
        checkZone(TimeRule(ArgumentList(arguments, limit: 2, separator: UInt8(ascii: "?"))[0]).zone, place, Self.taken)
      case "STRFTIME", "STRPTIME": checkZone(Run.trimmed(ArgumentList(arguments)[1]), place, "nothing stands in its place")
      default: break
      }
    }
    guard ["gotoiftime", "execiftime"].contains(step.application.lowercased()) else { return }
    let condition = Choice(step.arguments.text).condition
    // What is put in when it runs is not known yet.
    guard !condition.utf8.contains(UInt8(ascii: "$")) else { return }
    let rule = TimeRule(condition)
    for finding in rule.findings(at: step.argumentsPlace) { findings.add(finding) }
    checkZone(rule.zone, step.argumentsPlace.advanced(by: rule.zoneOffset), Self.taken)
  }

  /// What comes of a zone that there is not, where a rule of times names it.
  static let taken = "UTC is taken for it"

  /// A zone that there is not; one that is put together when it runs is not known yet.
  mutating func checkZone(_ name: String, _ place: SourcePlace, _ outcome: String) {
    guard let zones = known.zones, !name.isEmpty, !zones.contains(name), !OnlyUTC.names.contains(name) else { return }
    guard !name.contains("…"), !name.utf8.contains(UInt8(ascii: "$")) else { return }
    // Whoever forgets the continent means the city.
    let city = zones.filter { $0.lowercased().hasSuffix("/" + name.lowercased()) }.min()
    let near = zones.filter { $0.first?.lowercased() == name.first?.lowercased() }.sorted()
    findings.warn(
      place, "There is no time zone \(name): \(outcome).",
      advice: city.map { "Did you mean \($0)?" } ?? Suggestion.sentence(for: name, among: near)
        ?? "Zones are called after cities, such as Europe/Berlin.")
  }
}
