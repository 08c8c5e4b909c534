import Calls
import HTTP

/// Teams: groups of agents that calls can be for.
extension API {
  static let teamOperations = [
    Operation(
      method: "GET", path: "/api/tenants/{uuid}/teams", name: "listTeams", summary: "Teams in the order of their creation",
      access: .roles(Role.allCases), query: Page.parameters,
      answers: [.init(200, "A page of teams.", .page("TeamPage", of: teamSchema))],
      work: .tenant { _, ask throws(Refused) in try listTeams(ask) }),
    Operation(
      method: "POST", path: "/api/tenants/{uuid}/teams", name: "addTeam", summary: "Add a team", access: .roles([.owner]),
      body: .object("NewTeam", .always("name", name), .maybe("members", memberNames)),
      answers: [.init(201, "The team was added.", teamSchema, hasLocation: true)], errors: [409],
      work: .tenant { api, ask throws(Refused) in
        let team = try await api.enrol { enrolment throws(EnrolmentFault) in
          try await enrolment.addTeam(
            ask.body["name"]?.string ?? "", to: ask.tenant.id, members: ask.body["members"]?.strings ?? [])
        }
        let item = describe(team, of: try await api.tenantNow(ask))
        return json(201, item, location: path(ask, "teams", team))
      }),
    Operation(
      method: "GET", path: "/api/tenants/{uuid}/teams/{name}", name: "getTeam", summary: "One team",
      access: .roles(Role.allCases), answers: [.init(200, "The team.", teamSchema)],
      work: .tenant { _, ask throws(Refused) in
        let team = ask.captures["name"] ?? ""
        guard ask.tenant.teamPositions[team] != nil else { throw Refused(.directory(.unknownTeam)) }
        return json(200, describe(ask.tenant.spelling(of: team), of: ask.tenant))
      }),
    Operation(
      method: "PATCH", path: "/api/tenants/{uuid}/teams/{name}", name: "changeTeam",
      summary: "Give a team another name or other members; its place stays", access: .roles([.owner]),
      body: .object(
        "TeamEdit", .maybe("name", name), .maybe("members", memberNames, "All that it has from now on.")),
      answers: [.init(200, "The team as it is now.", teamSchema)], errors: [409],
      work: .tenant { api, ask throws(Refused) in
        let team = try await api.enrol { enrolment throws(EnrolmentFault) in
          try await enrolment.changeTeam(
            ask.captures["name"] ?? "", of: ask.tenant.id, to: ask.body["name"]?.string, members: ask.body["members"]?.strings)
        }
        return json(200, describe(team, of: try await api.tenantNow(ask)))
      }),
    Operation(
      method: "DELETE", path: "/api/tenants/{uuid}/teams/{name}", name: "removeTeam",
      summary: "Remove a team; its members stay", access: .roles([.owner]),
      answers: [.init(204, "The team was removed.", nil)],
      work: .tenant { api, ask throws(Refused) in
        try await api.enrol { enrolment throws(EnrolmentFault) in
          try await enrolment.removeTeam(ask.captures["name"] ?? "", of: ask.tenant.id)
        }
        return HTTPResponse(204)
      }),
  ]

  private static let name = Schema.text(1...Enrolment.maximumTeamBytes)
  private static let memberNames = Schema.list(of: .text(1...AgentName.maximumLength), atMost: Tenant.maximumAgents)
  private static let teamSchema = Schema.object(
    "Team", .always("name", .text()), .always("members", .list(of: .text()), "Agents' ids, in their order."))

  private static func listTeams(_ ask: Ask) throws(Refused) -> HTTPResponse {
    let page = try Page(ask, of: "t")
    var after = -1
    if let text = page.after {
      guard let position = Int(text), position >= 0 else { throw Page.bad }
      after = position
    }
    let rest = ask.tenant.teamPositions.filter { $0.value > after }.sorted { $0.value < $1.value }
    let shown = rest.prefix(page.limit)
    let members = ask.tenant.membersByTeam
    let items = shown.map { describe($0.key, members[$0.key] ?? []) }
    return Page.answer(items, next: rest.count > page.limit ? shown.last.map { "\($0.value)" } : nil, of: "t")
  }

  private static func describe(_ team: String, of tenant: Tenant) -> JSON { describe(team, tenant.members(of: team)) }

  private static func describe(_ team: String, _ members: [AgentName]) -> JSON {
    .object([.init("name", .string(team)), .init("members", .array(members.map { .string($0.description) }))])
  }
}
