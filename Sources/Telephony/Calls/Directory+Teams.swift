/// Teams: groups of a tenant's agents that calls can be for, in the order of their creation.
extension Tenant {
  package static let maximumTeams = 1000

  package var teams: [String] {
    teamPositions.sorted { $0.value < $1.value }.map(\.key)
  }

  /// The team's members in the order of their names.
  package func members(of team: String) -> [AgentName] {
    agents.values.filter { $0.teams.contains(team) }.map(\.name).sorted()
  }

  /// All of them at once, by team.
  package var membersByTeam: [String: [AgentName]] {
    var members: [String: [AgentName]] = [:]
    for agent in agents.values.sorted(by: { $0.name < $1.name }) {
      for team in agent.teams { members[team, default: []].append(agent.name) }
    }
    return members
  }

  /// How the team of that name was written when it was made: one name has several encodings (Unicode, canonical equivalence), and rows
  /// are compared byte by byte. What is no team's name comes back as it is.
  package func spelling(of team: String) -> String {
    teamPositions.index(forKey: team).map { teamPositions.keys[$0] } ?? team
  }

  mutating func addTeam(_ name: String, position: Int?) throws(DirectoryFault) {
    guard teamPositions[name] == nil else { throw .teamExists }
    guard teamPositions.count < Self.maximumTeams else { throw .tooMany(limit: Self.maximumTeams) }
    teamPositions[name] = position ?? nextTeamPosition
  }

  private var nextTeamPosition: Int { (teamPositions.values.max() ?? -1) + 1 }

  mutating func removeTeam(_ name: String) throws(DirectoryFault) {
    guard teamPositions.removeValue(forKey: name) != nil else { throw .unknownTeam }
    for member in members(of: name) { agents[member]?.teams.removeAll { $0 == name } }
  }

  mutating func renameTeam(_ name: String, to new: String) throws(DirectoryFault) {
    guard let position = teamPositions[name] else { throw .unknownTeam }
    guard new == name || teamPositions[new] == nil else { throw .teamExists }
    // A key that is equal to the new one would keep its own spelling.
    teamPositions[name] = nil
    teamPositions[new] = position
    for member in members(of: name) {
      let teams = agents[member]?.teams ?? []
      agents[member]?.teams = teams.map { $0 == name ? new : $0 }
    }
  }

  mutating func setMembers(_ members: [AgentName], of team: String) throws(DirectoryFault) {
    guard teamPositions[team] != nil else { throw .unknownTeam }
    guard members.allSatisfy({ agents[$0] != nil }) else { throw .unknownAgent }
    for former in self.members(of: team) { agents[former]?.teams.removeAll { $0 == team } }
    let spelled = spelling(of: team)
    for member in Set(members) {
      let teams = (agents[member]?.teams ?? []) + [spelled]
      agents[member]?.teams = teams.sorted { teamPositions[$0] ?? 0 < teamPositions[$1] ?? 0 }
    }
  }

  /// These teams, each once, in the order of their creation; those that are missing are made, or, with too many, none is.
  mutating func inOrder(_ names: [String]) throws(DirectoryFault) -> [String] {
    var chosen: [String] = []
    for name in names where !chosen.contains(name) { chosen.append(name) }
    let missing = chosen.filter { teamPositions[$0] == nil }
    guard teamPositions.count + missing.count <= Self.maximumTeams else { throw .tooMany(limit: Self.maximumTeams) }
    for name in missing { teamPositions[name] = nextTeamPosition }
    return chosen.map(spelling).sorted { teamPositions[$0] ?? 0 < teamPositions[$1] ?? 0 }
  }
}
