import Calls
import Runtime
import Storage

/// The rules for teams.
extension Enrolment {
  static func teamName(_ text: String) throws(EnrolmentFault) -> String {
    guard let name = name(text, maximum: maximumTeamBytes) else { throw .team }
    return name
  }

  /// Makes a team behind all that there are, and gives its name as it is kept.
  package func addTeam(_ text: String, to id: TenantID, members: [String] = []) async throws(EnrolmentFault) -> String {
    let name = try Self.teamName(text)
    try await begin(id)
    defer { end(id) }
    let tenant = try await tenant(id)
    let agents = try Self.members(members, of: name, in: tenant)
    try await apply(.teamAdded(id, name))
    // Its members were checked above, and it is there: this cannot fail.
    try await apply(.membersSet(id, team: name, members: agents))
    try await commit(orElse: [.teamRemoved(id, name)]) { ledger throws(StorageFailure) in
      try await ledger.add(team: name, to: id, members: agents)
    }
    log.write(.info, "A team was added", personal: name, [("tenant", id.description)])
    return name
  }

  /// Gives a team another name or other members; `nil` leaves either as it is. The team's name comes back as it is now.
  package func changeTeam(
    _ text: String, of id: TenantID, to newText: String? = nil, members: [String]? = nil
  ) async throws(EnrolmentFault) -> String {
    let wished: String? = if let newText { try Self.teamName(newText) } else { nil }
    try await begin(id)
    defer { end(id) }
    let tenant = try await tenant(id)
    let name = try Self.team(text, of: tenant)
    let new = wished ?? name
    let agents: [AgentName]? = if let members { try Self.members(members, of: name, in: tenant) } else { nil }
    let before = tenant.members(of: name)
    try await apply(.teamRenamed(id, name, to: new))
    if let agents { try await apply(.membersSet(id, team: new, members: agents)) }
    let undoing: [DirectoryChange] = [.teamRenamed(id, new, to: name), .membersSet(id, team: name, members: before)]
    try await commit(orElse: undoing) { ledger throws(StorageFailure) in
      try await ledger.change(team: name, of: id, to: new, members: agents)
    }
    log.write(.info, "A team was changed", personal: new, [("tenant", id.description)])
    return new
  }

  /// Its members stay.
  package func removeTeam(_ text: String, of id: TenantID) async throws(EnrolmentFault) {
    try await begin(id)
    defer { end(id) }
    let name = try Self.team(text, of: try await tenant(id))
    try await write { ledger throws(StorageFailure) in try await ledger.remove(team: name, of: id) }
    try await apply(.teamRemoved(id, name))
    log.write(.info, "A team was removed", personal: name, [("tenant", id.description)])
  }

  private func tenant(_ id: TenantID) async throws(EnrolmentFault) -> Tenant {
    guard let tenant = await signalling.tenant(id.description) else { throw .directory(.unknownTenant) }
    return tenant
  }

  private static func team(_ text: String, of tenant: Tenant) throws(EnrolmentFault) -> String {
    guard tenant.teamPositions[text] != nil else { throw .directory(.unknownTeam) }
    return tenant.spelling(of: text)
  }

  /// The agents whom a list of members names, each once. Who comes from a browser only is none: nothing is kept of it.
  private static func members(
    _ texts: [String], of team: String, in tenant: Tenant
  ) throws(EnrolmentFault) -> [AgentName] {
    var members: Set<AgentName> = []
    for text in texts {
      guard let agent = AgentName(text).flatMap({ tenant.agents[$0] }), agent.digest != nil else { throw .member(text) }
      guard agent.teams.contains(team) || agent.teams.count < maximumTeams else {
        throw .memberOfTooManyTeams(agent.name.description)
      }
      members.insert(agent.name)
    }
    return members.sorted()
  }
}
