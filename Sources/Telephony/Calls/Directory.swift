import SIPCore
import SIPSyntax
import Wire

/// What happens when nobody is there to answer.
package enum Fallback: String, Hashable, Codable, Sendable {
  case refuse
  /// The demo's: the visitor hears itself.
  case echo
}

/// Who decides what a business's calls do next.
package enum Attendance: Hashable, Sendable {
  /// The house's own rule: the agent who waited longest, then the next.
  case none
  /// The dialplan that the house lends. Where nobody can be rung a call is refused before it begins, as by the house's own rule.
  case lent
  /// A dialplan of its own, whatever comes.
  case own
}

/// A change of who exists. Every change goes through here, so that it can be made durable before it is believed.
package enum DirectoryChange: Hashable, Sendable {
  case tenantAdded(TenantID, name: String, isOpen: Bool, fallback: Fallback)
  /// - digest: H(user:realm:password) by each algorithm; no password is kept.
  /// - teams: those that are missing are made.
  case agentAdded(TenantID, AgentName, alias: String? = nil, digest: DigestSecrets, teams: [String])
  /// What of an agent may change, all of it as it is from now on.
  case agentChanged(TenantID, AgentName, alias: String?, digest: DigestSecrets?, teams: [String])
  /// The tenant goes with its agents, and its calls end.
  case tenantRemoved(TenantID)
  case agentRemoved(TenantID, AgentName)
  /// Whether the agent wants calls, as it is found after a restart or as somebody else said of it.
  case statusSet(TenantID, AgentName, AgentStatus, since: Instant)
  case tenantRenamed(TenantID, name: String)
  /// How the tenant's phones prove their passwords from now on.
  case digestPolicySet(TenantID, DigestPolicy)
  /// - position: its place in the order of creation; `nil` behind all that there are.
  case teamAdded(TenantID, String, position: Int? = nil)
  /// Its members stay, and are in one team less.
  case teamRemoved(TenantID, String)
  case teamRenamed(TenantID, String, to: String)
  /// Makes these the team's members, and nobody else.
  case membersSet(TenantID, team: String, members: [AgentName])
}

/// Why a change cannot be.
package enum DirectoryFault: Error, Hashable, Sendable {
  case tenantExists
  case unknownTenant
  case agentExists
  case unknownAgent
  case teamExists
  case unknownTeam
  case tooMany(limit: Int)
}

/// Somebody who answers calls.
package struct Agent: Sendable {
  /// Browsers in which one agent may be at work at a time.
  package static let maximumSessions = 8

  package let name: AgentName
  /// `nil` for an agent that exists only in a browser of an open tenant.
  package var digest: DigestSecrets?
  /// What people call it, where they gave it another name.
  package internal(set) var alias: String?
  /// In the order of the teams' creation.
  package internal(set) var teams: [String] = []
  package var phones = Bindings()
  /// The browsers in which it is at work, in the order in which they came.
  package var sessions: [AgentSessionID] = []
  /// Whether it wants calls: said in one browser it is true of the agent, its phones and its other browsers too. A pause ends with the
  /// last browser, since where none is open nobody sees that the phones do not ring; our own restart is no browser's end.
  package internal(set) var status = AgentStatus.available
  /// Since when it pauses.
  package internal(set) var pausedSince: Instant?
  /// Why, if it said so.
  package var pauseReason: String? { if case .paused(let reason) = status { reason } else { nil } }
  /// What the disk has of it: to this a failure goes back.
  var keptStatus = AgentStatus.available
  package var call: CallID?
  /// The end of its last call; `nil` before the first.
  package var idleSince: Instant?
  /// Why no phone is registered, once one was, and when one last said that it is there.
  var phoneLoss: PhoneLoss?
  var lastRegistered: Instant?
  /// The order of creation decides among those who never had a call.
  let order: Int

  /// The phones whose registration has not run out.
  package func registered(at now: Instant) -> [Binding] { phones.all.filter { $0.expiresAt > now } }

  /// Remembers, for whoever asks why it did not ring, what became of its phones.
  mutating func phonesSet(losing loss: PhoneLoss, at now: Instant) {
    phoneLoss = phones.all.isEmpty ? loss : nil
    if loss == .signedOff, !phones.all.isEmpty { lastRegistered = now }
  }

  /// - Parameter now: since when a pause lasts that begins with it; another reason does not begin it anew.
  mutating func set(_ status: AgentStatus, at now: Instant) {
    pausedSince = status == .available ? nil : pausedSince ?? now
    self.status = status
  }

  /// Who waited longer; two who became free in the same moment, or had no call yet, in the order of their creation.
  static func ringsBefore(_ left: Agent, _ right: Agent) -> Bool {
    switch (left.idleSince, right.idleSince) {
    case (nil, nil): left.order < right.order
    case (nil, _): true
    case (_, nil): false
    case (let leftIdle?, let rightIdle?): leftIdle == rightIdle ? left.order < right.order : leftIdle < rightIdle
    }
  }

  /// What colleagues call it.
  package var displayName: String { alias ?? name.description }

  /// Whether anything of it can ring.
  package var isReachable: Bool { !phones.all.isEmpty || !sessions.isEmpty }

  package var isAvailable: Bool { call == nil && status == .available && isReachable }
}

/// One business. Its agents and calls are found here and nowhere else.
package struct Tenant: Sendable {
  package static let maximumAgents = 10_000
  package static let maximumCalls = 2000
  /// Agents that exist in browsers only, because the tenant is open.
  package static let maximumGuests = 500
  /// Browsers in which agents of one tenant may be at work at a time.
  package static let maximumSessions = 1000

  package let id: TenantID
  package internal(set) var name: String
  /// Whether agents may come in without a token.
  package let isOpen: Bool
  package let fallback: Fallback
  package internal(set) var attendance = Attendance.none
  package internal(set) var digestPolicy = DigestPolicy.md5
  package internal(set) var agents: [AgentName: Agent] = [:]
  package internal(set) var calls: [CallID: Call] = [:]
  /// Calls that it may have at a time; fewer only where a call is run again without the others that there were.
  var room = Tenant.maximumCalls
  /// The place of each team in the order of their creation; gaps stay where teams went.
  package internal(set) var teamPositions: [String: Int] = [:]
  /// The order of the agent that comes next; it is not given again when agents go.
  private var nextOrder = 0

  init(id: TenantID, name: String, isOpen: Bool, fallback: Fallback) {
    self.id = id
    self.name = name
    self.isOpen = isOpen
    self.fallback = fallback
  }

  /// The agent who rings next: the one that waited longest.
  ///
  /// - Parameter team: the one of which it must be.
  package func nextAgent(except tried: Set<AgentName>, team: String? = nil) -> AgentName? {
    agents.values.filter { $0.isAvailable && !tried.contains($0.name) && (team.map($0.teams.contains) ?? true) }
      .min(by: Agent.ringsBefore)?.name
  }

  /// What a widget asks before it shows itself.
  package var isAnybodyThere: Bool { fallback == .echo || agents.values.contains(where: \.isAvailable) }

  mutating func addAgent(
    _ name: AgentName, alias: String? = nil, digest: DigestSecrets?, teams: [String]
  ) throws(DirectoryFault) {
    if let known = agents[name] {
      // A name that so far only a browser used gets its phone.
      guard known.digest == nil, digest != nil else { throw .agentExists }
      return try changeAgent(name, alias: alias, digest: digest, teams: teams)
    }
    if digest == nil, agents.values.count(where: { $0.digest == nil }) >= Self.maximumGuests {
      throw .tooMany(limit: Self.maximumGuests)
    }
    guard agents.count < Self.maximumAgents else { throw .tooMany(limit: Self.maximumAgents) }
    let teams = try inOrder(teams)
    agents[name] = Agent(name: name, digest: digest, alias: alias, teams: teams, order: nextOrder)
    nextOrder += 1
  }

  mutating func changeAgent(
    _ name: AgentName, alias: String?, digest: DigestSecrets?, teams: [String]
  ) throws(DirectoryFault) {
    guard agents[name] != nil else { throw .unknownAgent }
    let teams = try inOrder(teams)
    agents[name]?.alias = alias
    agents[name]?.digest = digest
    agents[name]?.teams = teams
  }
}

extension Exchange {
  package static var maximumTenants: Int { 100_000 }

  /// - Parameter now: of meaning where somebody goes who may be on a call.
  /// - Returns: what is to be done for those whose calls ended by it.
  @discardableResult
  package mutating func apply(
    _ change: DirectoryChange, at now: Instant = Instant()
  ) throws(DirectoryFault) -> [Output] {
    switch change {
    case .tenantAdded(let id, let name, let isOpen, let fallback):
      guard tenants[id] == nil else { throw .tenantExists }
      guard tenants.count < tenantRoom else { throw .tooMany(limit: tenantRoom) }
      tenants[id] = Tenant(id: id, name: name, isOpen: isOpen, fallback: fallback)
      if id != .doctor { tenantsInOrder.append(id) }
    case .agentAdded(let id, let name, let alias, let digest, let teams):
      guard tenants[id] != nil else { throw .unknownTenant }
      willChange(AddressOfRecord(tenant: id, agent: name), at: now)
      try tenants[id]?.addAgent(name, alias: alias, digest: digest, teams: teams)
    case .agentChanged(let id, let name, let alias, let digest, let teams):
      guard tenants[id] != nil else { throw .unknownTenant }
      willChange(AddressOfRecord(tenant: id, agent: name), at: now)
      try tenants[id]?.changeAgent(name, alias: alias, digest: digest, teams: teams)
    case .tenantRemoved(let id):
      guard tenants[id] != nil else { throw .unknownTenant }
      return remove(id, at: now)
    case .agentRemoved(let id, let name):
      guard let tenant = tenants[id] else { throw .unknownTenant }
      guard tenant.agents[name] != nil else { throw .unknownAgent }
      return remove(AddressOfRecord(tenant: id, agent: name), at: now)
    case .statusSet(let id, let name, let status, let since):
      guard let tenant = tenants[id] else { throw .unknownTenant }
      guard tenant.agents[name] != nil else { throw .unknownAgent }
      willChange(AddressOfRecord(tenant: id, agent: name), at: now)
      tenants[id]?.agents[name]?.set(status, at: since)
      tenants[id]?.agents[name]?.keptStatus = status
    case .tenantRenamed(let id, let name):
      guard tenants[id] != nil else { throw .unknownTenant }
      tenants[id]?.name = name
    case .digestPolicySet(let id, let policy):
      guard tenants[id] != nil else { throw .unknownTenant }
      tenants[id]?.digestPolicy = policy
    case .teamAdded(let id, let name, let position):
      guard tenants[id] != nil else { throw .unknownTenant }
      try tenants[id]?.addTeam(name, position: position)
    case .teamRemoved(let id, let name):
      guard tenants[id] != nil else { throw .unknownTenant }
      try tenants[id]?.removeTeam(name)
    case .teamRenamed(let id, let name, let new):
      guard tenants[id] != nil else { throw .unknownTenant }
      try tenants[id]?.renameTeam(name, to: new)
    case .membersSet(let id, let team, let members):
      guard tenants[id] != nil else { throw .unknownTenant }
      try tenants[id]?.setMembers(members, of: team)
    }
    return []
  }

  /// Tenants in the order in which they were added, beginning after the first `count`; and whether these are the last.
  package func tenants(after count: Int, atMost limit: Int) -> (tenants: [Tenant], isLast: Bool) {
    let rest = tenantsInOrder.dropFirst(max(0, count))
    return (rest.prefix(limit).compactMap { tenants[$0] }, rest.count <= limit)
  }
}
