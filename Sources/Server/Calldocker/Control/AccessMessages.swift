/// Somebody who logs in besides agents, as the command line shows it.
struct PersonShown: Codable, Sendable {
  var user: String
  var role: Role
  /// RFC 3339.
  var createdAt: String

  init(_ person: Accounts.Person) {
    (user, role, createdAt) = (person.name, person.role, person.createdAt.rfc3339)
  }
}

/// All of a tenant: there are few enough for one answer.
struct PersonList: Codable, Sendable {
  var items: [PersonShown]
}

/// A tenant's settings, as the command line shows them.
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
