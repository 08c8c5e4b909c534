/// Variables that every call has and none can set.
enum PredefinedVariable: String, Hashable, Sendable, CaseIterable {
  case exten = "EXTEN"
  case context = "CONTEXT"
  case priority = "PRIORITY"
  case channel = "CHANNEL"
  case uniqueID = "UNIQUEID"
  case hangupCause = "HANGUPCAUSE"
  case epoch = "EPOCH"
  case systemName = "SYSTEMNAME"
  case entityID = "ENTITYID"
  case hint = "HINT"
  case hintName = "HINTNAME"

  private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

  static func named(_ name: String) -> PredefinedVariable? { byName[name] }
}

extension Run {
  func value(of variable: PredefinedVariable) -> String {
    switch variable {
    case .exten: channel.position.exten
    case .context: channel.position.context
    case .priority: String(channel.position.priority)
    case .channel: channel.name
    case .uniqueID: channel.uniqueID
    case .hangupCause: String(channel.cause)
    case .epoch: String(office.facts.epoch(at: now))
    case .hint: hint(of: channel.position)
    // One house has one name and no identity but its own: who wants one sets a global.
    case .systemName, .entityID: office.globals[variable.rawValue] ?? ""
    case .hintName: ""
    }
  }

  /// Whose state an extension shows.
  func hint(of position: Position) -> String {
    plan.contexts[position.context]?.extensions.first { $0.hint != nil && $0.pattern.matches(position.exten) }?.hint ?? ""
  }
}
