import Calls
import Runtime
import SIPSyntax
import Storage

/// The rules for agents.
extension Enrolment {
  /// - Parameters:
  ///   - displayName: what people call it; without one its name.
  ///   - password: for the agent's phone; one is made if there is none.
  ///   - teams: those that are missing are made.
  package func addAgent(
    _ text: String, to id: TenantID, displayName: String? = nil, password: String? = nil, teams: [String] = []
  ) async throws(EnrolmentFault) -> NewAgent {
    guard let name = AgentName(text) else { throw .agentName }
    guard password.map(Self.isPassword) ?? true else { throw .agentPassword }
    let displayName = try displayName.map(Self.displayName)
    try await begin(id)
    defer { end(id) }
    guard let tenant = await signalling.tenant(id.description) else { throw .directory(.unknownTenant) }
    let teams = try Self.choice(of: teams, in: tenant)
    let made = password == nil ? randomness.token(Self.passwordLength) : nil
    let digest = DigestSecrets(user: name.description, realm: id.description, password: password ?? made ?? "")
    try await apply(.agentAdded(id, name, alias: displayName, digest: digest, teams: teams))
    try await commit(orElse: [.agentRemoved(id, name)] + Self.unmaking(teams, of: tenant)) { ledger throws(StorageFailure) in
      try await ledger.add(name, to: id, displayName: displayName, digest: digest, teams: teams)
    }
    if id != .doctor { log.write(.info, "An agent was added", personal: name.description, [("tenant", id.description)]) }
    return NewAgent(name: name, generatedPassword: made)
  }

  /// What somebody wants to be otherwise of an agent; `nil` leaves it as it is.
  package struct AgentEdit: Sendable {
    /// `.some(nil)` takes the display name away.
    package var displayName: String??
    package var password: String?
    package var teams: [String]?
    /// Whether calls pass it by; a pause that it has keeps its reason and its beginning.
    package var isPaused: Bool?

    /// What is to be another, by its name.
    var names: [String] {
      [
        displayName.map { _ in "displayName" }, password.map { _ in "password" }, teams.map { _ in "teams" },
        isPaused.map { _ in "paused" },
      ].compactMap(\.self)
    }

    package init(displayName: String?? = nil, password: String? = nil, teams: [String]? = nil, isPaused: Bool? = nil) {
      self.isPaused = isPaused
      self.displayName = displayName
      self.password = password
      self.teams = teams
    }
  }

  /// Changes an agent. With a new password its phones stay registered until their time is up, and cannot renew with the old one.
  package func changeAgent(_ text: String, of id: TenantID, _ edit: AgentEdit) async throws(EnrolmentFault) {
    guard edit.password.map(Self.isPassword) ?? true else { throw .agentPassword }
    try await begin(id)
    defer { end(id) }
    let (tenant, agent) = try await agent(text, of: id)
    guard let known = agent.digest else { throw .notKeptAgent }
    let name = agent.name
    let displayName =
      if let new = edit.displayName { try new.map(Self.displayName) } else { agent.alias }
    let teams = if let new = edit.teams { try Self.choice(of: new, in: tenant) } else { agent.teams }
    let digest = edit.password.map { DigestSecrets(user: name.description, realm: id.description, password: $0) } ?? known
    try await apply(.agentChanged(id, name, alias: displayName, digest: digest, teams: teams))
    var before = [
      DirectoryChange.agentChanged(id, name, alias: agent.alias, digest: known, teams: agent.teams)
    ]
    let status = edit.isPaused == (agent.status == .available) ? edit.isPaused : nil
    if let pauses = status {
      let now = SystemClock.now
      try await apply(.statusSet(id, name, pauses ? .paused(reason: nil) : .available, since: now))
      before.append(.statusSet(id, name, agent.status, since: agent.pausedSince ?? now))
    }
    let pause = status.map { Ledger.PauseEdit(begins: $0) }
    let fields = edit.names
    try await commit(orElse: before + Self.unmaking(teams, of: tenant)) { ledger throws(StorageFailure) in
      try await ledger.change(name, of: id, displayName: displayName, digest: digest, teams: teams, pause, fields: fields)
    }
    if edit.password != nil { await reception.rightsMayHaveEnded(in: id, of: name) }
    let what = edit.password == nil ? "An agent was changed" : "An agent was changed, its password too"
    log.write(.info, what, personal: name.description, [("tenant", id.description)])
  }

  package func removeAgent(_ text: String, of id: TenantID) async throws(EnrolmentFault) {
    try await begin(id)
    defer { end(id) }
    let name = try await agent(text, of: id).agent.name
    try await write { ledger throws(StorageFailure) in try await ledger.remove(name, of: id) }
    try await apply(.agentRemoved(id, name))
    log.write(.info, "An agent was removed", personal: name.description, [("tenant", id.description)])
  }

  private func agent(_ text: String, of id: TenantID) async throws(EnrolmentFault) -> (tenant: Tenant, agent: Agent) {
    guard let tenant = await signalling.tenant(id.description) else { throw .directory(.unknownTenant) }
    guard let agent = AgentName(text).flatMap({ tenant.agents[$0] }) else { throw .directory(.unknownAgent) }
    return (tenant, agent)
  }

  // MARK: Rules

  private static func displayName(_ text: String) throws(EnrolmentFault) -> String {
    guard let name = name(text, maximum: maximumDisplayNameBytes) else { throw .displayName }
    return name
  }

  /// The teams that somebody wrote, each once, and as the business spells them.
  private static func choice(of teams: [String], in tenant: Tenant) throws(EnrolmentFault) -> [String] {
    var chosen: [String] = []
    for text in teams {
      let team = tenant.spelling(of: try teamName(text))
      if !chosen.contains(team) { chosen.append(team) }
    }
    guard chosen.count <= maximumTeams else { throw .tooManyTeams }
    return chosen
  }

  /// What takes those of the teams away again that were not there before.
  private static func unmaking(_ teams: [String], of tenant: Tenant) -> [DirectoryChange] {
    teams.filter { tenant.teamPositions[$0] == nil }.map { .teamRemoved(tenant.id, $0) }
  }
}
