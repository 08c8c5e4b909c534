import HTTP
import Wire

extension Command {
  static let userAdd = Verb(
    name: "user add", words: ["UUID", "USER"], summary: "add an owner or supervisor to a business of the running server",
    flags: [
      Flag("role", "ROLE", "owner, who may do everything, or supervisor, who sees everything; supervisor by default"),
      Flag("password", "P", "to log in with; anybody on this machine can read it in `ps` while the command runs"),
      Flag("password-stdin", nil, "read the password from standard input, its first line"),
    ] + controlFlags,
    notes: """
      USER is an e-mail address, or `owner`; it is kept in lower case. A password has 8 to 200 bytes; without one it is made
      and printed, and shown this once. Agents log in with their own name and their phone's password, and are not added here.
      """
  ) { options, environment in
    let tenant = try tenantID(options)
    var random = Randomness.system
    let given = try password(options)
    let made = given ?? random.token(16)
    let wish = UserWish(user: options.words[1], role: options["role"] ?? "supervisor", password: made)
    let user: PersonShown = try controlClient(options, environment).ask("POST", "/tenants/\(tenant)/users", wish)
    let shown = UserAdded(user: user.user, role: user.role, createdAt: user.createdAt, password: given == nil ? made : nil)
    try print(options, json: try json(shown)) {
      columns(
        [("user", user.user), ("role", user.role.rawValue)]
          + (shown.password.map { [("password", "\($0)  (shown this once)")] } ?? []))
    }
  }

  private struct UserAdded: Encodable {
    var user: String
    var role: Role
    var createdAt: String
    /// Set if it was made here.
    var password: String?
  }

  static let userList = Verb(
    name: "user list", words: ["UUID"], summary: "list a business's owners and supervisors", flags: controlFlags,
    notes: "Its agents are listed by `calldocker agent list`. With --json: {\"items\":[…]} on one line."
  ) { options, environment in
    let tenant = try tenantID(options)
    let page: PersonList = try controlClient(options, environment).ask("GET", "/tenants/\(tenant)/users")
    try print(options, json: try json(page)) {
      table(["ROLE", "ADDED", "USER"], page.items.map { [$0.role.rawValue, $0.createdAt, $0.user] })
    }
  }

  static let userRemove = Verb(
    name: "user remove", words: ["UUID", "USER"], summary: "remove an owner or supervisor from a business",
    flags: controlFlags,
    notes: "Its tokens are worth nothing from then on. The last owner stays. With --json the user is printed as it was."
  ) { options, environment in
    let tenant = try tenantID(options)
    let name = PercentCoding.encode(options.words[1])
    let user: PersonShown = try controlClient(options, environment).ask("DELETE", "/tenants/\(tenant)/users/\(name)")
    try print(options, json: try json(user)) { "\(user.user) was removed." }
  }
}
