import Calls
import HTTP

/// What `calldocker team` asks for.
extension ControlPlane {
  enum TeamPlace: Sendable {
    case add
    case list
    case show
    case remove
  }

  func answer(
    _ place: TeamPlace, _ team: String, of tenant: Tenant, _ request: HTTPRequest
  ) async throws(EnrolmentFault) -> HTTPResponse {
    switch place {
    case .add:
      guard let wish = Self.read(TeamWish.self, request) else { return Self.unreadable }
      let name = try await enrolment.addTeam(wish.name, to: tenant.id, members: wish.members)
      guard let now = await signalling.tenant(tenant.id.description) else { throw .directory(.unknownTenant) }
      return Self.json(201, TeamShown(name, of: now))
    case .list:
      let members = tenant.membersByTeam
      return Self.json(
        200, TeamList(teams: tenant.teams.map { TeamShown(team: $0, members: (members[$0] ?? []).map(\.description)) }))
    case .show: return Self.json(200, TeamShown(try Self.known(team, of: tenant), of: tenant))
    case .remove:
      let shown = TeamShown(try Self.known(team, of: tenant), of: tenant)
      try await enrolment.removeTeam(shown.team, of: tenant.id)
      return Self.json(200, shown)
    }
  }

  private static func known(_ team: String, of tenant: Tenant) throws(EnrolmentFault) -> String {
    guard tenant.teamPositions[team] != nil else { throw .directory(.unknownTeam) }
    return tenant.spelling(of: team)
  }
}

extension TeamShown {
  fileprivate init(_ team: String, of tenant: Tenant) {
    self.init(team: team, members: tenant.members(of: team).map(\.description))
  }
}
