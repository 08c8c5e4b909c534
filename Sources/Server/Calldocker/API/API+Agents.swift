import Calls
import HTTP
import Runtime
import SIPCore
import Wire

/// Agents: those who answer calls.
extension API {
  static let agentOperations = [
    Operation(
      method: "GET", path: "/api/tenants/{uuid}/agents", name: "listAgents", summary: "Agents in the order of their names",
      access: .roles(Role.allCases),
      query: [
        .init(name: "team", schema: .text(1...Enrolment.maximumTeamBytes), note: "Only the members of this team."),
        .init(name: "state", schema: states, note: "Only agents in this state."),
      ] + Page.parameters, answers: [.init(200, "A page of agents.", .page("AgentPage", of: agentSchema))],
      work: .tenant { _, ask throws(Refused) in try listAgents(ask) }),
    Operation(
      method: "POST", path: "/api/tenants/{uuid}/agents", name: "addAgent", summary: "Add an agent", access: .roles([.owner]),
      body: .object(
        "NewAgent", .always("name", .text(1...AgentName.maximumLength), "The user of its phones; kept in lower case."),
        .maybe("displayName", .orNull(displayName)),
        .maybe("password", password, "Without one a password is made, and shown in the answer."),
        .maybe("teams", teamNames, "Teams that are missing are made.")),
      answers: [
        .init(
          201, "The agent was added.",
          agentSchema.adding("AddedAgent", .maybe("password", .text(), "If it was made here; shown this once.")),
          hasLocation: true)
      ], errors: [409], work: .tenant { api, ask throws(Refused) in try await api.addAgent(ask) }),
    Operation(
      method: "GET", path: "/api/tenants/{uuid}/agents/{id}", name: "getAgent", summary: "One agent",
      access: .roles(Role.allCases), answers: [.init(200, "The agent.", agentDetailSchema)],
      work: .tenant { _, ask throws(Refused) in
        json(200, describe(try agent(in: ask.tenant, ask), of: ask.tenant, showsContacts: ask.seesAll))
      }),
    Operation(
      method: "PATCH", path: "/api/tenants/{uuid}/agents/{id}", name: "changeAgent",
      summary: "Change an agent; a new password ends its tokens, and its phones cannot register with the old one any more",
      access: .roles([.owner]),
      body: .object(
        "AgentEdit", .maybe("displayName", .orNull(displayName), "Null: it is called by its name again."),
        .maybe("teams", teamNames, "All teams that it is in from now on; those that are missing are made."),
        .maybe("password", password),
        .maybe("paused", .flag, "Whether calls pass it by, as the agent itself says in a browser.")),
      answers: [.init(200, "The agent as it is now.", agentDetailSchema)], errors: [409],
      work: .tenant { api, ask throws(Refused) in try await api.changeAgent(ask) }),
    Operation(
      method: "DELETE", path: "/api/tenants/{uuid}/agents/{id}", name: "removeAgent",
      summary: "Remove an agent: its call ends, and its phones cannot register any more", access: .roles([.owner]),
      answers: [.init(204, "The agent was removed.", nil)],
      work: .tenant { api, ask throws(Refused) in
        try await api.enrol { enrolment throws(EnrolmentFault) in
          try await enrolment.removeAgent(ask.captures["id"] ?? "", of: ask.tenant.id)
        }
        return HTTPResponse(204)
      }),
  ]

  // MARK: Schemas

  private static let states = Schema.word(AgentState.allCases.map(\.rawValue))
  private static let displayName = Schema.text(1...Enrolment.maximumDisplayNameBytes)
  private static let password = Schema.text(1...Enrolment.maximumPasswordBytes, format: "password")
  private static let teamNames = Schema.list(
    of: .text(1...Enrolment.maximumTeamBytes), atMost: Enrolment.maximumTeams)

  private static let agentSchema = Schema.object(
    "Agent", .always("id", .text(), "The user of its phones."),
    .always("displayName", .text(), "What people call it; its id, where it was given no other name."),
    .always("teams", .list(of: .text()), "In the order of the teams' creation."), .always("state", states),
    .always("reason", .orNull(.text()), "Why it is paused, if it said so."),
    .always(
      "pausedSince", .orNull(.text(format: "date-time")), "Since when calls pass it by, though nothing of it be connected."),
    .always("phones", .integer(0...Bindings.maximumContacts), "Softphones that are registered."),
    .always("desk", .flag, "Whether a browser is connected in which it works."))

  private static let agentDetailSchema = agentSchema.adding(
    "AgentDetail",
    .maybe(
      "contacts",
      .list(
        of: .object(
          "Contact", .always("userAgent", .orNull(.text()), "What the phone says that it is."),
          .always("transport", .word(["udp", "tcp"])), .always("expiresIn", .integer(), "Seconds."),
          .always("secondsIdle", .integer(), "Since its last REGISTER."))), "For owners and supervisors: its phones."))

  // MARK: Reading

  private static func listAgents(_ ask: Ask) throws(Refused) -> HTTPResponse {
    let page = try Page(ask, of: "a")
    var after: AgentName?
    if let text = page.after {
      guard let name = AgentName(text) else { throw Page.bad }
      after = name
    }
    let (team, state) = (ask.query["team"], ask.query["state"])
    let names = ask.tenant.agents.values.filter { agent in
      (after.map { agent.name > $0 } ?? true) && (team.map { agent.teams.contains($0) } ?? true)
        && (state.map { ask.tenant.presence(of: agent).state.rawValue == $0 } ?? true)
    }.map(\.name).sorted()
    let shown = names.prefix(page.limit)
    let agents = shown.compactMap { ask.tenant.agents[$0] }.map { describe($0, of: ask.tenant, showsContacts: false) }
    return Page.answer(agents, next: names.count > page.limit ? shown.last?.description : nil, of: "a")
  }

  private static func agent(in tenant: Tenant, _ ask: Ask) throws(Refused) -> Agent {
    guard let name = AgentName(ask.captures["id"] ?? ""), let agent = tenant.agents[name] else {
      throw Refused(.directory(.unknownAgent))
    }
    return agent
  }

  private static func describe(_ agent: Agent, of tenant: Tenant, showsContacts: Bool) -> JSON {
    let presence = tenant.presence(of: agent)
    let now = SystemClock.now
    let phones = agent.registered(at: now)
    let contacts = JSON.Member("contacts", .array(phones.map { describe($0, at: now) }))
    return .object(
      [
        .init("id", .string(agent.name.description)), .init("displayName", .string(presence.displayName)),
        .init("teams", .array(agent.teams.map(JSON.string))), .init("state", .string(presence.state.rawValue)),
        .init("reason", .of(agent.pauseReason)),
        .init("pausedSince", .of(agent.pausedSince.map { WallClock().time($0).rfc3339 })),
        .init("phones", .integer(Int64(phones.count))),
        .init("desk", .bool(!agent.sessions.isEmpty)),
      ] + (showsContacts ? [contacts] : []))
  }

  private static func describe(_ phone: Binding, at now: Instant) -> JSON {
    .object([
      .init("userAgent", .of(phone.userAgent)), .init("transport", .string(phone.flow.isReliable ? "tcp" : "udp")),
      .init("expiresIn", .integer(max(0, (phone.expiresAt - now).milliseconds + 999) / 1000)),
      .init("secondsIdle", .integer(max(0, (now - phone.registeredAt).milliseconds) / 1000)),
    ])
  }

  // MARK: Writing

  private func addAgent(_ ask: Ask) async throws(Refused) -> HTTPResponse {
    let body = ask.body
    let new = try await enrol { enrolment throws(EnrolmentFault) in
      try await enrolment.addAgent(
        body["name"]?.string ?? "", to: ask.tenant.id, displayName: body["displayName"]?.string,
        password: body["password"]?.string, teams: body["teams"]?.strings ?? [])
    }
    let tenant = try await tenantNow(ask)
    guard let agent = tenant.agents[new.name],
      case .object(var members) = Self.describe(agent, of: tenant, showsContacts: false)
    else { throw Refused(.directory(.unknownAgent)) }
    if let made = new.generatedPassword { members.append(.init("password", .string(made))) }
    return Self.json(201, .object(members), location: Self.path(ask, "agents", new.name.description))
  }

  private func changeAgent(_ ask: Ask) async throws(Refused) -> HTTPResponse {
    var edit = Enrolment.AgentEdit(password: ask.body["password"]?.string, teams: ask.body["teams"]?.strings)
    if let name = ask.body["displayName"] { edit.displayName = .some(name.string) }
    edit.isPaused = ask.body["paused"]?.bool
    let wish = edit
    try await enrol { enrolment throws(EnrolmentFault) in
      try await enrolment.changeAgent(ask.captures["id"] ?? "", of: ask.tenant.id, wish)
    }
    let tenant = try await tenantNow(ask)
    return Self.json(200, Self.describe(try Self.agent(in: tenant, ask), of: tenant, showsContacts: true))
  }
}
