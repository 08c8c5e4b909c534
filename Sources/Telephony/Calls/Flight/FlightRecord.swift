import Wire

/// What happened to one call, from the click to its last message: what came to it, and what it did, in their order.
///
/// Past a limit the middle is dropped and counted: how a call began and how it ended is what one asks for. A record that lost nothing
/// is a recording, and `FlightReplay` runs it again.
package struct FlightRecord: Hashable, Sendable {
  package static let maximumEntries = 768
  package static let maximumEntryBytes = 4096
  package static let maximumBytes = 96 * 1024
  /// What belongs to the beginning, and stays.
  package static let beginningEntries = 256
  package static let beginningBytes = 32 * 1024
  /// Legs that are told apart; what happens to more is counted only.
  package static let maximumLegs = 128

  /// One thing that happened, with its number among all that did.
  package struct Moment: Hashable, Codable, Sendable {
    package let at: Instant
    package let number: Int
    package let event: FlightEvent

    package init(at: Instant, number: Int, event: FlightEvent) {
      self.at = at
      self.number = number
      self.event = event
    }
  }

  /// What is told of it: messages that came or went again are counted where they first stood, and what only machines need is left out.
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
  /// By which its times are told, if it was written down by another run of the program.
  package var clock: FlightClock?
  package private(set) var parties: [LegID: FlightParty] = [:]
  package private(set) var dropped = 0
  package private(set) var octets = 0
  /// Whether a message was longer than what is kept of one.
  package private(set) var isCut = false
  private var beginning: [Moment] = []
  private var ending: [Moment] = []
  private var beginningOctets = 0
  private var nextNumber = 0
  /// What was last seen of the agents; of meaning while the call lasts.
  private var seen: [AgentName: FlightAgent] = [:]

  package init(_ tenant: TenantID, _ call: CallID, at now: Instant) {
    self.tenant = tenant
    self.call = call
    startedAt = now
  }

  package var moments: [Moment] { beginning + ending }
  package var count: Int { beginning.count + ending.count }
  /// Whether nothing is missing that running it again would need.
  package var isWhole: Bool { dropped == 0 && !isCut }

  package var entries: [Entry] { told.entries }
  /// The entry after which some were dropped.
  package var entriesBeforeGap: Int { told.beforeGap }

  package var told: (entries: [Entry], beforeGap: Int) {
    var entries: [Entry] = []
    var places: [Int: Int] = [:]
    var beforeGap = 0
    for (index, moment) in moments.enumerated() {
      if index == beginning.count { beforeGap = entries.count }
      switch moment.event {
      case .view, .recorded: continue
      case .input(let input) where !input.isTold: continue
      case .again(let number):
        guard let place = places[number] else { continue }
        entries[place].repeats += 1
        entries[place].lastRepeat = moment.at
      case .message:
        places[moment.number] = entries.count
        entries.append(Entry(moment.at, moment.event))
      default: entries.append(Entry(moment.at, moment.event))
      }
    }
    return (entries, ending.isEmpty ? entries.count : beforeGap)
  }

  package mutating func append(_ event: FlightEvent, at now: Instant) {
    if case .leg(let leg, let party) = event {
      guard parties.count < Self.maximumLegs else { return drop() }
      parties[leg] = party
    }
    var event = event.held
    switch event {
    case .message(let message):
      isCut = isCut || message.isCut
      if let number = number(of: message) { event = .again(number) }
    case .view(let view):
      let changes = view.changes(since: seen)
      for agent in changes.agents { seen[agent.name] = agent }
      for name in changes.gone { seen[name] = nil }
      event = .view(changes)
    default: break
    }
    keep(Moment(at: now, number: nextNumber, event: event))
  }

  private mutating func keep(_ moment: Moment) {
    nextNumber += 1
    let size = moment.event.size
    guard size <= Self.maximumEntryBytes || moment.event.isBoundedByUs else { return drop() }
    octets += size
    if ending.isEmpty, beginning.count < Self.beginningEntries, beginningOctets + size <= Self.beginningBytes {
      beginningOctets += size
      return beginning.append(moment)
    }
    ending.append(moment)
    while octets > Self.maximumBytes || count > Self.maximumEntries, !ending.isEmpty {
      octets -= ending.removeFirst().event.size
      drop()
    }
  }

  package mutating func drop() { dropped &+= 1 }

  /// Forgets what only a call that goes on needs.
  mutating func settle() { seen = [:] }

  /// When the same message came or went first.
  private func number(of message: FlightMessage) -> Int? {
    func isSame(_ moment: Moment) -> Bool { if case .message(message) = moment.event { true } else { false } }
    return (ending.last(where: isSame) ?? beginning.last(where: isSame))?.number
  }

  /// A record from what was written down of one.
  package init(
    _ tenant: TenantID, _ call: CallID, startedAt: Instant, dropped: Int, isCut: Bool, beginning: Int, moments: [Moment]
  ) {
    self.init(tenant, call, at: startedAt)
    self.beginning = Array(moments.prefix(max(0, beginning)))
    ending = Array(moments.dropFirst(max(0, beginning)))
    (self.dropped, self.isCut) = (max(0, dropped), isCut)
    for moment in moments {
      octets += moment.event.size
      nextNumber = max(nextNumber, moment.number &+ 1)
      if case .leg(let leg, let party) = moment.event { parties[leg] = party }
    }
  }
  /// How many of its moments stand before the gap.
  package var momentsBeforeGap: Int { beginning.count }

  /// What the call's request found.
  package var start: FlightStart? {
    beginning.lazy.compactMap { if case .input(.request(let start)) = $0.event { start } else { nil } }.first
  }

  /// Where the call was asked for.
  var page: String? {
    guard case .asked(_, let page, _, _)? = beginning.first?.event else { return nil }
    return page
  }

  // MARK: How it came out

  /// How the call ended, in the words of the wire; `nil` while it lasts.
  package var end: String? {
    for moment in ending.reversed() + beginning.reversed() {
      switch moment.event {
      case .ended(let reason, _): return reason.rawValue
      case .refused(let reason, _): return "refused: \(reason.rawValue)"
      default: continue
      }
    }
    return nil
  }

  package var isRefused: Bool { beginning.contains { if case .refused = $0.event { true } else { false } } }

  /// Whoever answered, else who rang last.
  package var agent: AgentName? {
    for moment in ending.reversed() + beginning.reversed() {
      switch moment.event {
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
      case .view(let view): view.agents.reduce(0) { $0 + $1.size } + view.gone.reduce(0) { $0 + $1.description.utf8.count }
      case .input(.request(let start)): start.callsByPlane.count * 8 + (start.offer?.size ?? 0)
      case .input(.offer(let offer)), .input(.accept(_, let offer)), .input(.resume(_, let offer?)),
        .input(.deskOffer(_, let offer)), .input(.deskResume(_, _, let offer?)):
        offer.size
      default: 0
      }
    return texts + 96
  }

  /// Whether it is as long as it is because of us: of how many agents a view holds, and how many media planes there are.
  fileprivate var isBoundedByUs: Bool {
    switch self {
    case .view: true
    case .input(.request(let start)): (start.offer?.size ?? 0) <= FlightRecord.maximumEntryBytes
    default: false
    }
  }
}

extension FlightAgent {
  /// Contacts are counted as long as most are: printing each to measure it would cost more than it tells.
  fileprivate var size: Int {
    80 + name.description.utf8.count + teams.reduce(0) { $0 + $1.utf8.count } + sessions.count * 16
      + phones.reduce(0) { $0 + 160 + $1.path.reduce(0) { $0 + $1.utf8.count } }
  }
}

extension FlightOffer {
  fileprivate var size: Int { 64 + certificates.reduce(0) { $0 + $1.utf8.count } }
}

extension String {
  func cut(to octets: Int) -> String {
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
  var withoutQuery: String { String(prefix { $0 != "?" && $0 != "#" }) }
}
