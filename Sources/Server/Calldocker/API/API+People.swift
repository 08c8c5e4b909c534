import Calls
import HTTP
import Wire

/// Owners and supervisors, and what a tenant chose.
extension API {
  static let peopleOperations = [
    Operation(
      method: "GET", path: "/api/tenants/{uuid}/users", name: "listUsers",
      summary: "People who log in besides agents, in the order in which they were added", access: .roles([.owner]),
      query: Page.parameters, answers: [.init(200, "A page of users.", .page("UserPage", of: userSchema))],
      work: .tenant { api, ask throws(Refused) in try await api.listPeople(ask) }),
    Operation(
      method: "POST", path: "/api/tenants/{uuid}/users", name: "addUser", summary: "Add an owner or a supervisor",
      access: .roles([.owner]),
      body: .object(
        "NewUser", .always("user", .text(1...Reception.maximumUserBytes), "An e-mail address; kept in lower case."),
        .always("password", ownerPassword), .always("role", personRoles)),
      answers: [.init(201, "The user was added.", userSchema, hasLocation: true)], errors: [409],
      work: .tenant { api, ask throws(Refused) in try await api.addPerson(ask) }),
    Operation(
      method: "DELETE", path: "/api/tenants/{uuid}/users/{user}", name: "removeUser",
      summary: "Remove a user, whose tokens are worth nothing from then on; the last owner stays", access: .roles([.owner]),
      answers: [.init(204, "The user was removed.", nil)], errors: [409],
      work: .tenant { api, ask throws(Refused) in
        try await api.receive { reception in
          _ = try await reception.removePerson(ask.captures["user"] ?? "", of: ask.tenant.id)
        }
        return HTTPResponse(204)
      }),
    Operation(
      method: "GET", path: "/api/tenants/{uuid}/settings", name: "getSettings", summary: "What the business chose",
      access: .roles([.owner, .supervisor]), answers: [.init(200, "The settings.", settingsSchema)],
      work: .tenant { api, ask throws(Refused) in
        json(200, describe(try await api.receive { reception in try await reception.settings(of: ask.tenant.id) }))
      }),
    Operation(
      method: "PATCH", path: "/api/tenants/{uuid}/settings", name: "changeSettings",
      summary: "Choose otherwise; what is not named stays", access: .roles([.owner]),
      body: .object(
        "SettingsEdit", .maybe("name", .text(1...Enrolment.maximumNameBytes)),
        .maybe("allowedOrigins", .list(of: .text(), atMost: Reception.maximumOrigins), "All that there are from now on."),
        .maybe("digest", digests),
        .maybe("ownerPassword", ownerPassword, "Of the owner who asks, whose tokens are worth nothing from then on.")),
      answers: [.init(200, "The settings as they are now.", settingsSchema)], errors: [409],
      work: .tenant { api, ask throws(Refused) in try await api.changeSettings(ask) }),
  ]

  // MARK: Schemas

  private static let personRoles = Schema.word([Role.owner.rawValue, Role.supervisor.rawValue])
  private static let digests = Schema.word(TenantSettings.digestNames)
  private static let ownerPassword = Schema.text(Enrolment.ownerPasswordBytes, format: "password")

  private static let userSchema = Schema.object(
    "User", .always("user", .text(), "What it logs in with."), .always("role", personRoles),
    .always("createdAt", .text(format: "date-time")))

  private static let settingsSchema = Schema.object(
    "Settings", .always("name", .text()),
    .always("allowedOrigins", .list(of: .text()), "Pages from which calls may come and agents may work; none stands for any."),
    .always("digest", digests, "What phones prove their passwords with (RFC 8760); both asks for MD5 first."))

  private static func describe(_ person: Accounts.Person) -> JSON {
    .object([
      .init("user", .string(person.name)), .init("role", .string(person.role.rawValue)),
      .init("createdAt", .string(person.createdAt.rfc3339)),
    ])
  }

  private static func describe(_ settings: Reception.Settings) -> JSON {
    .object([
      .init("name", .string(settings.name)),
      .init("allowedOrigins", .array(settings.allowedOrigins.map { .string($0.description) })),
      .init("digest", .string(settings.digest.settingsName)),
    ])
  }

  // MARK: Work

  func receive<Answer: Sendable>(_ work: (Reception) async throws -> Answer) async throws(Refused) -> Answer {
    do {
      return try await work(reception)
    } catch let fault as AccessFault {
      throw Refused(fault.problem)
    } catch let fault as EnrolmentFault {
      throw Refused(fault)
    } catch let denial as Denial {
      throw Refused(denial.problem)
    } catch {
      throw Refused(500, "Something failed inside", "The server's log says more.")
    }
  }

  private func listPeople(_ ask: Ask) async throws(Refused) -> HTTPResponse {
    let page = try Page(ask, of: "u")
    var rest = await reception.people(of: ask.tenant.id)[...]
    if let after = page.after {
      guard let index = rest.firstIndex(where: { $0.name == after }) else { throw Page.bad }
      rest = rest[(index + 1)...]
    }
    let shown = rest.prefix(page.limit)
    return Page.answer(shown.map(Self.describe), next: shown.count < rest.count ? shown.last?.name : nil, of: "u")
  }

  private func addPerson(_ ask: Ask) async throws(Refused) -> HTTPResponse {
    let (user, password) = (ask.body["user"]?.string ?? "", ask.body["password"]?.string ?? "")
    let role = ask.body["role"]?.string.flatMap { Role(rawValue: $0) } ?? .supervisor
    let person = try await receive { reception in
      try await reception.addPerson(user, role: role, password: password, to: ask.tenant.id)
    }
    return Self.json(201, Self.describe(person), location: Self.path(ask, "users", person.name))
  }

  private func changeSettings(_ ask: Ask) async throws(Refused) -> HTTPResponse {
    let wish = Reception.SettingsWish(
      name: ask.body["name"]?.string, allowedOrigins: ask.body["allowedOrigins"]?.strings, digest: ask.body["digest"]?.string,
      ownerPassword: ask.body["ownerPassword"]?.string.map { (ask.claims.user, $0) })
    return Self.json(
      200, Self.describe(try await receive { reception in try await reception.change(wish, of: ask.tenant.id) }))
  }
}
