import Calls
import Foundation
import HTTP
import Runtime
import Wire

/// What commands ask for. Bodies are JSON both ways; errors are problems (RFC 9457) whose `detail` is for the person at the keys.
extension ControlPlane {
  private enum Place: Sendable {
    case addTenant
    case listTenants
    case showTenant
    case addAgent
    case listAgents
    case listCalls
    case trace
    case refusals
    case strangersRefusals
    case removeTenant
    case showAgent
    case removeAgent
    case team(TeamPlace)
    case service
    case audit
    case beginExamination
    case examinedCall
    case endExamination
    case access(ControlAccess)
    case dialplans(ControlDialplans)
  }

  /// What one answer lists; the rest is asked for after the last that it had.
  private static let page = 500

  private static let router: Router<Place> = {
    var router = Router<Place>()
    router.add("POST", "/tenants", .addTenant)
    router.add("GET", "/tenants", .listTenants)
    router.add("GET", "/tenants/{uuid}", .showTenant)
    router.add("POST", "/tenants/{uuid}/agents", .addAgent)
    router.add("GET", "/tenants/{uuid}/agents", .listAgents)
    router.add("GET", "/tenants/{uuid}/calls", .listCalls)
    router.add("GET", "/tenants/{uuid}/calls/{id}/trace", .trace)
    router.add("GET", "/tenants/{uuid}/refusals", .refusals)
    router.add("GET", "/refusals", .strangersRefusals)
    router.add("DELETE", "/tenants/{uuid}", .removeTenant)
    router.add("GET", "/tenants/{uuid}/agents/{agent}", .showAgent)
    router.add("DELETE", "/tenants/{uuid}/agents/{agent}", .removeAgent)
    router.add("POST", "/tenants/{uuid}/teams", .team(.add))
    router.add("GET", "/tenants/{uuid}/teams", .team(.list))
    router.add("GET", "/tenants/{uuid}/teams/{team}", .team(.show))
    router.add("DELETE", "/tenants/{uuid}/teams/{team}", .team(.remove))
    router.add("GET", "/service", .service)
    router.add("GET", "/audit", .audit)
    router.add("POST", "/examination", .beginExamination)
    router.add("GET", "/examination/calls/{id}", .examinedCall)
    router.add("DELETE", "/examination", .endExamination)
    for (method, path, place) in ControlDialplans.all { router.add(method, path, .dialplans(place)) }
    for (method, path, place) in ControlAccess.all { router.add(method, path, .access(place)) }
    return router
  }()

  func response(to request: HTTPRequest) async -> HTTPResponse {
    switch Self.router.match(request.method, request.path) {
    case .notFound: return .problem(404, "Unknown", detail: "This server does not know \(request.path); is it an older one?")
    case .wrongMethod(let allowed):
      var response = HTTPResponse.problem(405, "This address is for \(allowed.joined(separator: ", "))")
      response.headers.append("Allow", allowed.joined(separator: ", "))
      return response
    case .found(let place, let captures):
      return await Originator.$current.withValue(.console) {
        do throws(EnrolmentFault) {
          return try await answer(place, captures, request)
        } catch {
          return error.problem
        }
      }
    }
  }

  private func answer(
    _ place: Place, _ captures: [String: String], _ request: HTTPRequest
  ) async throws(EnrolmentFault) -> HTTPResponse {
    let uuid = captures["uuid"] ?? ""
    switch place {
    case .addTenant:
      guard let wish = Self.read(TenantWish.self, request) else { return Self.unreadable }
      let tenant = try await enrolment.addTenant(wish.name)
      let text = tenant.id.description
      return Self.json(201, TenantAdded(uuid: text, sipDomain: text, token: tenant.token))
    case .listTenants: return await listTenants(after: request.parameter("after").flatMap { Int($0) }.map { max(0, $0) } ?? 0)
    case .showTenant: return Self.json(200, TenantShown(try await tenant(uuid), at: SystemClock.now))
    case .addAgent:
      guard let wish = Self.read(AgentWish.self, request) else { return Self.unreadable }
      let tenant = try await tenant(uuid).id
      let agent = try await enrolment.addAgent(
        wish.name, to: tenant, displayName: wish.displayName, password: wish.password, teams: wish.teams)
      let text = tenant.description
      return Self.json(
        201, AgentAdded(uuid: text, sipDomain: text, agent: agent.name.description, password: agent.generatedPassword))
    case .listAgents: return Self.list(try await tenant(uuid), after: request.parameter("after").flatMap { AgentName($0) })
    case .listCalls: return await listCalls(of: try await tenant(uuid).id, showsPersonal: request.parameter("private") == "yes")
    case .trace: return await trace(of: try await tenant(uuid).id, beginning: captures["id"] ?? "", request)
    case .refusals: return await listRefusals(of: try await tenant(uuid).id, request)
    case .strangersRefusals: return await listRefusals(of: nil, request)
    case .access(let place): return await answer(place, try await tenant(uuid).id, captures["user"] ?? "", request)
    case .dialplans(let place): return try await answer(place, captures["owner"] ?? "", request)
    case .removeTenant:
      let tenant = try await tenant(uuid)
      try await enrolment.removeTenant(tenant.id)
      return Self.json(200, TenantShown(tenant, at: SystemClock.now))
    case .showAgent:
      let tenant = try await tenant(uuid)
      return Self.json(200, AgentShown(try Self.agent(captures, of: tenant), of: tenant, at: SystemClock.now))
    case .team(let place): return try await answer(place, captures["team"] ?? "", of: try await tenant(uuid), request)
    case .removeAgent:
      let tenant = try await tenant(uuid)
      let agent = try Self.agent(captures, of: tenant)
      try await enrolment.removeAgent(agent.name.description, of: tenant.id)
      return Self.json(200, AgentShown(agent, of: tenant, at: SystemClock.now))
    case .service: return await describeService()
    case .audit: return try await audit(of: nil, request)
    case .beginExamination: return try await beginExamination()
    case .examinedCall: return try await examinedCall(captures["id"] ?? "")
    case .endExamination:
      await endExamination()
      return HTTPResponse(200, type: "application/json", "{}")
    }
  }

  private static func agent(_ captures: [String: String], of tenant: Tenant) throws(EnrolmentFault) -> Agent {
    guard let agent = captures["agent"].flatMap({ AgentName($0) }).flatMap({ tenant.agents[$0] }) else {
      throw .directory(.unknownAgent)
    }
    return agent
  }

  private func tenant(_ uuid: String) async throws(EnrolmentFault) -> Tenant {
    guard let tenant = await signalling.tenant(uuid) else { throw .directory(.unknownTenant) }
    return tenant
  }

  /// In the order in which they were added; `after` is how many were listed before.
  private func listTenants(after: Int) async -> HTTPResponse {
    let (tenants, isLast) = await signalling.tenants(after: after, atMost: Self.page)
    let now = SystemClock.now
    let next = isLast ? nil : after + tenants.count
    return Self.json(200, TenantPage(tenants: tenants.map { TenantShown($0, at: now) }, next: next))
  }

  /// In the order of their names.
  private static func list(_ tenant: Tenant, after: AgentName?) -> HTTPResponse {
    let names = tenant.agents.keys.filter { name in after.map { name > $0 } ?? true }.sorted()
    let now = SystemClock.now
    let agents = names.prefix(page).compactMap { tenant.agents[$0] }.map { AgentShown($0, of: tenant, at: now) }
    return json(200, AgentPage(agents: agents, next: names.count > page ? agents.last?.agent : nil))
  }

  // MARK: JSON

  static let unreadable = HTTPResponse.problem(
    400, "Not understood", detail: "The server did not understand the command; is it another version?")

  static func read<Wish: Decodable>(_ type: Wish.Type, _ request: HTTPRequest) -> Wish? {
    try? JSONDecoder().decode(type, from: Data(request.body))
  }

  static func json(_ status: Int, _ answer: some Encodable) -> HTTPResponse {
    guard let body = try? JSONEncoder().encode(answer) else { return .problem(500, "The answer could not be written") }
    return HTTPResponse(status, headers: [("Content-Type", "application/json")], body: Array(body))
  }
}
