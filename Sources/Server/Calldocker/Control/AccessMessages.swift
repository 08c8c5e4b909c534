import Storage

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

/// A token that was made; nothing where one was taken away.
struct TokenShown: Codable, Sendable {
  /// Shown this once.
  var token: String?
  var expiresAt: String?
}

/// Who changed what, the newest first.
struct AuditShown: Codable, Sendable {
  struct Entry: Codable, Sendable {
    var at: String
    var who: String
    var role: String
    var source: String
    var operation: String
    var target: String?
    var fields: [String]

    init(_ row: AuditRow) {
      (at, who, role, source) = (row.at.rfc3339, row.who, row.role, row.source)
      (operation, target, fields) = (row.what, row.target, row.fields)
    }
  }
  var entries: [Entry]
  /// What to ask for next; absent with the last.
  var next: Int64?
}
