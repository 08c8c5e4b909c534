import HTTP
import SIPSyntax
import Storage

/// Somebody who logs in besides agents, as the API and the command line show it.
struct PersonShown: Codable, Sendable {
  var user: String
  var role: Role
  /// RFC 3339.
  var createdAt: String

  init(_ person: Accounts.Person) {
    (user, role, createdAt) = (person.name, person.role, person.createdAt.rfc3339)
  }
}

struct PersonPage: Codable, Sendable {
  var items: [PersonShown]
  /// What to ask for next; null with the last.
  var next: String?

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(items, forKey: .items)
    try container.encode(next, forKey: .next)
  }
}

/// A tenant's settings, as the API and the command line show them.
struct SettingsShown: Codable, Sendable {
  var name: String
  /// None stands for all.
  var allowedOrigins: [String]
  var digest: String

  init(_ settings: Reception.Settings) {
    name = settings.name
    allowedOrigins = settings.allowedOrigins.map(\.description)
    digest = settings.digest.settingsName
  }
}

/// What logging in gives.
struct LoginAnswer: Encodable {
  let token: String
  let expiresAt: String
  let role: Role
  let uuid: String
  let user: String
  let company: String

  init(_ grant: Reception.Grant) {
    token = grant.token
    expiresAt = WallTime(milliseconds: grant.claims.expiresAt &* 1000).rfc3339
    role = grant.claims.role
    uuid = grant.claims.tenant.description
    user = grant.claims.user
    company = grant.company
  }
}
