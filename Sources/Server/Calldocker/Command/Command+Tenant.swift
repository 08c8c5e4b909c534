import Calls
import Foundation
import Runtime
import Wire

extension Command {
  static let tenantAdd = Verb(
    name: "tenant add", words: ["NAME"], summary: "add a business to the running server", flags: controlFlags,
    notes: """
      NAME is what people call the business: 1 to 200 bytes. Printed are its UUID, which is its SIP domain as well, and the
      owner's token. The token is shown this once: it is not kept.
      """
  ) { options, environment in
    let client = try controlClient(options, environment)
    let tenant: TenantAdded = try client.ask("POST", "/tenants", TenantWish(name: options.words[0]))
    try print(options, json: tenant.json) {
      columns([("UUID", tenant.uuid), ("SIP domain", tenant.sipDomain), ("token", "\(tenant.token)  (shown this once)")])
    }
  }

  static let tenantList = Verb(
    name: "tenant list", words: [], summary: "list the businesses of the running server", flags: controlFlags,
    notes: """
      REGISTERED are the agents of whom a phone is registered right now. With --json: {"tenants":[…]} on one line.
      """
  ) { options, environment in
    let client = try controlClient(options, environment)
    var tenants: [TenantShown] = []
    var next: Int? = 0
    while let after = next {
      let page: TenantPage = try client.ask("GET", "/tenants?after=\(after)")
      tenants += page.tenants
      next = page.next
    }
    try print(options, json: try json(TenantPage(tenants: tenants))) {
      table(
        ["UUID", "AGENTS", "REGISTERED", "CALLS", "NAME"],
        tenants.map { [$0.uuid, "\($0.agents)", "\($0.registered)", "\($0.calls)", $0.name] })
    }
  }

  static let tenantShow = Verb(
    name: "tenant show", words: ["UUID"], summary: "show one business of the running server", flags: controlFlags,
    notes: "`calldocker agent list UUID` shows its agents and their phones."
  ) { options, environment in
    let uuid = try tenantID(options)
    let tenant: TenantShown = try controlClient(options, environment).ask("GET", "/tenants/\(uuid)")
    try print(options, json: try json(tenant)) {
      columns([
        ("name", tenant.name), ("UUID", tenant.uuid), ("SIP domain", tenant.sipDomain),
        ("agents", "\(tenant.agents), \(tenant.registered) of them with a phone registered"), ("calls", "\(tenant.calls)"),
        ("open", tenant.open ? "yes: browsers register as agents without a token" : "no"),
      ])
    }
  }

  static let tenantRemove = Verb(
    name: "tenant remove", words: ["UUID"], summary: "remove a business from the running server", flags: controlFlags,
    notes: """
      Its calls end at once, and its agents, their phones and its call log are deleted for good: there is no way back. With
      --json the business is printed as it was.
      """
  ) { options, environment in
    let uuid = try tenantID(options)
    let tenant: TenantShown = try controlClient(options, environment).ask("DELETE", "/tenants/\(uuid)")
    try print(options, json: try json(tenant)) {
      "\(tenant.name) was removed, with \(tenant.agents) agents and \(tenant.calls) calls that it had."
    }
  }
}

// MARK: What commands to a running server share

extension Command {
  static let controlFlags: [Flag] =
    [
      Flag("json", nil, "print JSON, on one line"),
      Flag("data", "DIR", "the server's data folder; \(Configuration().data) by default (also CALLDOCKER_DATA)"),
      Flag(
        Configuration.file.name, "FILE",
        "the server's configuration file, if the data folder stands there (also CALLDOCKER_CONFIG)"),
    ]

  /// The data folder is chosen as for `serve`: by flag, environment or file.
  static func controlClient(_ options: Options, _ environment: [String: String]) throws(Failure) -> ControlClient {
    do throws(Configuration.Faults) {
      return ControlClient(folder: try Configuration(options, environment, only: ["data"]).data)
    } catch {
      throw Failure(code: error.areOnlyFlags ? EX_USAGE : EX_CONFIG, sentence: error.description)
    }
  }

  static func tenantID(_ options: Options) throws(Failure) -> TenantID {
    let text = options.words[0]
    if let tenant = TenantID(text) { return tenant }
    let sentence = "\(text) is no UUID, such as 6f1f6b1a-…; `calldocker tenant list` shows those that there are."
    throw Failure(code: EX_DATAERR, sentence: sentence)
  }

  /// The result, for programs or for people.
  static func print(_ options: Options, json: @autoclosure () throws -> String, text: () -> String) throws {
    try Console.write((options.has("json") ? try json() : text()) + "\n")
  }

  static func json(_ result: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(result), as: UTF8.self)
  }

  static func columns(_ rows: [(String, String)]) -> String {
    let width = (rows.map(\.0.count).max() ?? 0) + 2
    return rows.map { "\($0.padded(to: width))\($1)" }.joined(separator: "\n")
  }

  /// Every column as wide as its widest, the last as it is.
  static func table(_ head: [String], _ rows: [[String]]) -> String {
    let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
    return ([head] + rows).map { row in
      // The last column, where a row has nothing in it, leaves no blanks behind.
      (zip(row.dropLast(), widths).map { $0.padded(to: $1 + 2) }.joined() + (row.last ?? "")).trimmedAtEnd
    }.joined(separator: "\n")
  }
}
