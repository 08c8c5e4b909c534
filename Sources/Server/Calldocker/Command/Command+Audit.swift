import Calls
import Runtime

/// Who changed what, and the token that a business has.
extension Command {
  static let tenantToken = Verb(
    name: "tenant token", words: ["UUID"], summary: "make another token for a business, or take it away",
    flags: [Flag("revoke", nil, "take the token away and make none: owners log in with their passwords")] + controlFlags,
    notes: """
      A business has one token, which does what an owner does: it is for machines and for the first step, and good for 90 days.
      The one that there was is worth nothing from now on, and whoever works with it is let go. It is shown this once.
      """
  ) { options, environment in
    let uuid = try tenantID(options)
    let client = try controlClient(options, environment)
    let made: TokenShown = try client.ask(options.has("revoke") ? "DELETE" : "POST", "/tenants/\(uuid)/token")
    try print(options, json: try json(made)) {
      guard let token = made.token else { return "The token was taken away." }
      return columns([("token", "\(token)  (shown this once)"), ("good until", made.expiresAt ?? "")])
    }
  }

  private static let auditNotes = """
    The newest comes first. FROM is console for commands on this machine, else the kind of address: loopback, private or public.
    FIELDS are what was changed, by name; what it was or is stands nowhere. 10000 changes are kept, for 400 days. With --json:
    {"entries":[…]} on one line.
    """

  static let tenantAudit = Verb(
    name: "tenant audit", words: ["UUID"], summary: "list who changed what in a business", flags: controlFlags,
    notes: auditNotes
  ) { options, environment in
    try listAudit("/tenants/\(try tenantID(options))/audit", options, environment)
  }

  static let serviceAudit = Verb(
    name: "audit", words: [], summary: "list who removed which business", flags: controlFlags, notes: auditNotes
  ) { options, environment in
    try listAudit("/audit", options, environment)
  }

  private static func listAudit(_ path: String, _ options: Options, _ environment: [String: String]) throws {
    let client = try controlClient(options, environment)
    var entries: [AuditShown.Entry] = []
    var query: String? = ""
    while let part = query {
      let page: AuditShown = try client.ask("GET", path + part)
      entries += page.entries
      query = page.next.map { "?before=\($0)" }
    }
    try print(options, json: try json(AuditShown(entries: entries))) {
      table(
        ["AT", "WHO", "ROLE", "FROM", "OPERATION", "TARGET", "FIELDS"],
        entries.map { entry in
          [
            entry.at, entry.who, entry.role, entry.source, entry.operation, entry.target ?? "-",
            entry.fields.joined(separator: ", "),
          ]
        })
    }
  }
}
