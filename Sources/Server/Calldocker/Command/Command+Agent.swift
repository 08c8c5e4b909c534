import Calls
import Foundation
import Runtime

extension Command {
  private static let shortPassword = 8

  static let agentAdd = Verb(
    name: "agent add", words: ["UUID", "NAME"], summary: "add an agent to a business of the running server",
    flags: [
      Flag("password", "P", "of the agent's phone; anybody on this machine can read it in `ps` while the command runs"),
      Flag("password-stdin", nil, "read the password from standard input, its first line"),
      Flag("display-name", "N", "what people call the agent, where that is not its name"),
      Flag("team", "T", "a team that the agent is in; it is made if it is missing", repeats: true),
    ] + controlFlags,
    notes: """
      UUID is the business, as `calldocker tenant list` shows it. NAME is the user that the agent's phone registers as: 1 to 64
      letters, digits, dots, hyphens and underscores; it is kept in lower case. Without a password one is made and printed:
      it is the best, and shown this once. A password has 1 to 200 bytes on one line.
      """
  ) { options, environment in
    let tenant = try tenantID(options)
    let password = try password(options)
    let client = try controlClient(options, environment)
    let wish = AgentWish(
      name: options.words[1], displayName: options["display-name"], password: password, teams: options.values("team"))
    let agent: AgentAdded = try client.ask("POST", "/tenants/\(tenant)/agents", wish)
    if let password, password.utf8.count < shortPassword {
      Console.complain(
        "This password is short, and phones on the internet are tried with every short one. Without --password one is made.")
    }
    try print(options, json: try json(agent)) {
      columns(
        [("user", agent.agent), ("SIP domain", agent.sipDomain)]
          + (agent.password.map { [("password", "\($0)  (shown this once)")] } ?? []))
    }
  }

  static func password(_ options: Options) throws(Failure) -> String? {
    guard options.has("password-stdin") else { return options["password"] }
    guard !options.has("password") else {
      throw Failure(code: EX_USAGE, sentence: "Give either --password or --password-stdin, not both.")
    }
    guard let line = readLine(strippingNewline: true) else {
      throw Failure(code: EX_NOINPUT, sentence: "No password came by standard input.")
    }
    return line
  }

  static let agentList = Verb(
    name: "agent list", words: ["UUID"], summary: "list a business's agents and their phones", flags: controlFlags,
    notes: """
      STATE is busy (on a call), ringing, available, paused (in a browser) or offline. EXPIRES is when the phones' registrations
      end, in seconds, unless they come back before. With --json: {"agents":[…]} on one line.
      """
  ) { options, environment in
    let tenant = try tenantID(options)
    let client = try controlClient(options, environment)
    var agents: [AgentShown] = []
    var after = ""
    while true {
      let page: AgentPage = try client.ask("GET", "/tenants/\(tenant)/agents\(after)")
      agents += page.agents
      guard let next = page.next else { break }
      after = "?after=\(next)"
    }
    try print(options, json: try json(AgentPage(agents: agents))) {
      table(["AGENT", "STATE", "PHONES", "EXPIRES", "TEAMS"], agents.map(row))
    }
  }

  static let agentShow = Verb(
    name: "agent show", words: ["UUID", "NAME"], summary: "show one agent of a business and its phones", flags: controlFlags,
    notes: "What the states mean is told by `calldocker help agent list`."
  ) { options, environment in
    let agent: AgentShown = try controlClient(options, environment).ask("GET", try agentPath(options))
    try print(options, json: try json(agent)) {
      let reason = agent.reason.map { ", \($0)" } ?? ""
      return columns(
        [
          ("agent", agent.agent), ("called", agent.displayName), ("state", "\(agent.state.rawValue)\(reason)"),
          ("away since", agent.pausedSince ?? "-"), ("teams", agent.teams.isEmpty ? "-" : agent.teams.joined(separator: ", ")),
          ("desk", agent.desk ? "a browser is connected" : "no browser is connected"),
        ]
          + agent.phones.map { phone in
            let words = "\(phone.address), \(phone.transport), ends in \(phone.expiresIn) s"
            return ("phone", words + (phone.userAgent.map { ", \($0)" } ?? ""))
          })
    }
  }

  private static func agentPath(_ options: Options) throws(Failure) -> String {
    let tenant = try tenantID(options)
    guard let name = AgentName(options.words[1]) else {
      throw Failure(code: EX_DATAERR, sentence: EnrolmentFault.agentName.sentence)
    }
    return "/tenants/\(tenant)/agents/\(name)"
  }

  static let agentRemove = Verb(
    name: "agent remove", words: ["UUID", "NAME"], summary: "remove an agent from a business of the running server",
    flags: controlFlags,
    notes: """
      The agent's call ends at once, what rings there rings at the next agent, and its phones cannot register any more. The
      call log keeps its name. With --json the agent is printed as it was.
      """
  ) { options, environment in
    let agent: AgentShown = try controlClient(options, environment).ask("DELETE", try agentPath(options))
    try print(options, json: try json(agent)) { "\(agent.agent) was removed, with \(agent.phones.count) phones." }
  }

  private static func row(_ agent: AgentShown) -> [String] {
    let expiries = agent.phones.map { "\($0.expiresIn)" }.joined(separator: ", ")
    return [
      agent.agent, agent.state.rawValue, "\(agent.phones.count)", expiries.isEmpty ? "-" : expiries,
      agent.teams.joined(separator: ", "),
    ]
  }
}
