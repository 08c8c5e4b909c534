import Foundation
import HTTP

extension Command {
  static let teamAdd = Verb(
    name: "team add", words: ["UUID", "NAME"], summary: "add a team to a business of the running server",
    flags: [Flag("agent", "A", "an agent who is a member", repeats: true)] + controlFlags,
    notes: """
      UUID is the business, as `calldocker tenant list` shows it. NAME has 1 to 64 bytes on one line, and stands behind the
      teams that there are. Teams are also made by `calldocker agent add UUID NAME --team T`. With --json the team is printed
      as {"members":[…],"team":…}.
      """
  ) { options, environment in
    let tenant = try tenantID(options)
    let wish = TeamWish(name: options.words[1], members: options.values("agent"))
    let team: TeamShown = try controlClient(options, environment).ask("POST", "/tenants/\(tenant)/teams", wish)
    try print(options, json: try json(team)) { describe(team) }
  }

  static let teamList = Verb(
    name: "team list", words: ["UUID"], summary: "list a business's teams and their members", flags: controlFlags,
    notes: "Teams come in the order of their creation. With --json: {\"teams\":[…]} on one line."
  ) { options, environment in
    let tenant = try tenantID(options)
    let list: TeamList = try controlClient(options, environment).ask("GET", "/tenants/\(tenant)/teams")
    try print(options, json: try json(list)) {
      table(["TEAM", "MEMBERS"], list.teams.map { [$0.team, $0.members.joined(separator: ", ")] })
    }
  }

  static let teamShow = Verb(
    name: "team show", words: ["UUID", "NAME"], summary: "show one team of a business", flags: controlFlags
  ) { options, environment in
    let team: TeamShown = try controlClient(options, environment).ask("GET", try path(options))
    try print(options, json: try json(team)) { describe(team) }
  }

  static let teamRemove = Verb(
    name: "team remove", words: ["UUID", "NAME"], summary: "remove a team from a business of the running server",
    flags: controlFlags, notes: "Its members stay. With --json the team is printed as it was."
  ) { options, environment in
    let team: TeamShown = try controlClient(options, environment).ask("DELETE", try path(options))
    try print(options, json: try json(team)) { "\(team.team) was removed; its \(team.members.count) members stay." }
  }

  private static func path(_ options: Options) throws(Failure) -> String {
    let tenant = try tenantID(options)
    guard !options.words[1].isEmpty else { throw Failure(code: EX_DATAERR, sentence: EnrolmentFault.team.sentence) }
    return "/tenants/\(tenant)/teams/\(PercentCoding.encode(options.words[1]))"
  }

  private static func describe(_ team: TeamShown) -> String {
    columns([("team", team.team), ("members", team.members.isEmpty ? "-" : team.members.joined(separator: ", "))])
  }
}
