import Wire

/// What happened to one call, from the click to its last message.
///
/// Past a limit the middle is dropped and counted: how a call began and how it ended is what one asks for.
package struct FlightRecord: Hashable, Sendable {
  package static let maximumEntries = 256
  package static let maximumEntryBytes = 4096
  package static let maximumBytes = 48 * 1024
  /// What belongs to the beginning, and stays.
  package static let beginningEntries = 96
  package static let beginningBytes = 16 * 1024
  /// Legs that are told apart; what happens to more is counted only.
  package static let maximumLegs = 128
  /// How far back a message is looked for that has come again.
  private static let repeatDistance = 24

  package struct Entry: Hashable, Sendable {
    package let at: Instant
    package let event: FlightEvent
    /// How often the same message came or went again, and when last.
    package var repeats = 0
    package var lastRepeat: Instant?

    package init(_ at: Instant, _ event: FlightEvent) {
      self.at = at
      self.event = event
    }
  }

  package let tenant: TenantID
  package let call: CallID
  package let startedAt: Instant
  package private(set) var parties: [LegID: FlightParty] = [:]
  package private(set) var dropped = 0
  package private(set) var octets = 0
  private var beginning: [Entry] = []
  private var ending: [Entry] = []
  private var beginningOctets = 0

  package init(_ tenant: TenantID, _ call: CallID, at now: Instant) {
    self.tenant = tenant
    self.call = call
    startedAt = now
  }

  package var entries: [Entry] { beginning + ending }
  /// The entry after which some were dropped.
  package var entriesBeforeGap: Int { beginning.count }
  package var count: Int { beginning.count + ending.count }

  package mutating func append(_ event: FlightEvent, at now: Instant) {
    if case .leg(let leg, let party) = event {
      guard parties.count < Self.maximumLegs else { return drop() }
      parties[leg] = party
    }
    if case .message(let message) = event, countRepeat(message, at: now) { return }
    let event = event.held
    let size = event.size
    guard size <= Self.maximumEntryBytes else { return drop() }
    octets += size
    if ending.isEmpty, beginning.count < Self.beginningEntries, beginningOctets + size <= Self.beginningBytes {
      beginningOctets += size
      return beginning.append(Entry(now, event))
    }
    ending.append(Entry(now, event))
    while octets > Self.maximumBytes || count > Self.maximumEntries, !ending.isEmpty {
      octets -= ending.removeFirst().event.size
      drop()
    }
  }

  package mutating func drop() { dropped &+= 1 }

  private mutating func countRepeat(_ message: FlightMessage, at now: Instant) -> Bool {
    func isSame(_ entry: Entry) -> Bool { entry.event == .message(message) }
    if let index = ending.indices.suffix(Self.repeatDistance).last(where: { isSame(ending[$0]) }) {
      ending[index].repeats &+= 1
      ending[index].lastRepeat = now
      return true
    }
    guard ending.count < Self.repeatDistance,
      let index = beginning.indices.suffix(Self.repeatDistance - ending.count).last(where: { isSame(beginning[$0]) })
    else { return false }
    beginning[index].repeats &+= 1
    beginning[index].lastRepeat = now
    return true
  }

  // MARK: How it came out

  /// How the call ended, in the words of the wire; `nil` while it lasts.
  package var end: String? {
    for entry in ending.reversed() + beginning.reversed() {
      switch entry.event {
      case .ended(let reason, _): return reason.rawValue
      case .refused(let reason): return "refused: \(reason.rawValue)"
      default: continue
      }
    }
    return nil
  }

  package var isRefused: Bool { beginning.contains { if case .refused = $0.event { true } else { false } } }

  /// Whoever answered, else who rang last.
  package var agent: AgentName? {
    for entry in ending.reversed() + beginning.reversed() {
      switch entry.event {
      case .answered(let agent, _), .rings(let agent, _, _): return agent
      default: continue
      }
    }
    return nil
  }
}

extension FlightEvent {
  private static let maximumName = 400
  private static let maximumPage = 1500
  private static let maximumExtension = 100

  /// The event with what strangers wrote cut to what one entry may hold.
  fileprivate var held: FlightEvent {
    guard case .asked(let name, let page, let number, let hasOffer) = self else { return self }
    return .asked(
      name: name?.cut(to: Self.maximumName), page: page?.withoutQuery.cut(to: Self.maximumPage),
      extensionDialled: number?.cut(to: Self.maximumExtension), hasOffer: hasOffer)
  }

  /// What an entry weighs: itself, and what it holds elsewhere.
  fileprivate var size: Int {
    let texts: Int =
      switch self {
      case .asked(let name, let page, let number, _): [name, page, number].reduce(0) { $0 + ($1?.utf8.count ?? 0) }
      case .chose(let choice): choice.candidates.reduce(0) { $0 + $1.agent.description.utf8.count + 24 }
      case .message(let message): message.octets.count
      case .invites(_, let callID): callID.utf8.count
      case .toldAgent(.incomingCall(_, let from, let page)): from.utf8.count + (page?.utf8.count ?? 0)
      default: 0
      }
    return texts + 96
  }
}

extension String {
  fileprivate func cut(to octets: Int) -> String {
    guard utf8.count > octets else { return self }
    var kept = String.UnicodeScalarView()
    var left = octets
    for scalar in unicodeScalars {
      left -= UTF8.width(scalar)
      guard left >= 0 else { break }
      kept.append(scalar)
    }
    return String(kept)
  }

  /// A page's address without what follows its path: sessions and tokens stand there.
  fileprivate var withoutQuery: String { String(prefix { $0 != "?" && $0 != "#" }) }
}
