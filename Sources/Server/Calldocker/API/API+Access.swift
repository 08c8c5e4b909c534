import HTTP
import SIPSyntax

/// Logging in and what belongs to it: served by `WebPlane+Access.swift`, whose table this describes entry by entry.
extension API {
  static let accessOperations = AccessPlace.all.map { entry in entry.place.operation(entry.method, entry.path) }

  fileprivate static let login = Schema.object(
    "Login", .always("token", .text(), "Show it as `Authorization: Bearer TOKEN`."),
    .always("expiresAt", .text(format: "date-time")), .always("role", .word(Role.allCases.map(\.rawValue))),
    .always("uuid", .text(format: "uuid")), .always("user", .text()), .always("company", .text()))

  fileprivate static let person = Schema.object(
    "User", .always("user", .text()), .always("role", .word([Role.supervisor.rawValue, Role.owner.rawValue])),
    .always("createdAt", .text(format: "date-time")))

  fileprivate static let ownerPassword = Schema.text(1...Enrolment.ownerPasswordBytes.upperBound, format: "password")
  fileprivate static let origins = Schema.list(of: .text(), atMost: Reception.maximumOrigins)
  fileprivate static let digest = Schema.word(DigestPolicy.settingsNames)

  fileprivate static let settings = Schema.object(
    "Settings", .always("name", .text()),
    .always("allowedOrigins", origins, "Pages from which calls may come and agents may work; none stands for all."),
    .always("digest", digest, "How its phones prove their passwords."))

  /// Holds a request to what is described of its place; for who has proved that it may come there.
  static func judge(_ request: HTTPRequest, at place: AccessPlace) throws(Refused) {
    guard let index = AccessPlace.all.firstIndex(where: { $0.place == place }) else { return }
    let operation = accessOperations[index]
    _ = try query(of: request, operation.query)
    if let schema = operation.body { _ = try body(of: request, schema) }
  }
}

extension AccessPlace {
  /// A place that is not described here does not compile.
  fileprivate func operation(_ method: String, _ path: String) -> Operation {
    switch self {
    case .logIn:
      Operation(
        method: method, path: path, name: "logIn", summary: "Log in: as an agent by its phone's password, or as a person",
        access: .everybody,
        body: .object(
          "Credentials", .always("uuid", .text(), "The business."),
          .always("user", .text(), "An agent's id, or a person's address."), .always("password", .text(format: "password"))),
        answers: [.init(200, "A token.", API.login)], errors: [401, 403, 429], work: .web)
    case .renew:
      Operation(
        method: method, path: path, name: "renewToken", summary: "A fresh token for one that is still good", access: .anyToken,
        answers: [.init(200, "A token.", API.login)], work: .web)
    case .listPeople:
      Operation(
        method: method, path: path, name: "listUsers", summary: "People who log in besides agents", access: .roles([.owner]),
        query: Page.parameters, answers: [.init(200, "A page of people.", .page("UserPage", of: API.person))], work: .web)
    case .addPerson:
      Operation(
        method: method, path: path, name: "addUser", summary: "Let somebody log in as supervisor or owner",
        access: .roles([.owner]),
        body: .object(
          "NewUser", .always("user", .text(), "An e-mail address."), .always("password", API.ownerPassword),
          .always("role", .word([Role.supervisor.rawValue, Role.owner.rawValue]))),
        answers: [.init(201, "The person was added.", API.person, hasLocation: true)], errors: [409], work: .web)
    case .removePerson:
      Operation(
        method: method, path: path, name: "removeUser", summary: "Somebody cannot log in any more, and their tokens end",
        access: .roles([.owner]), answers: [.init(204, "The person was removed.", nil)], errors: [409], work: .web)
    case .showSettings:
      Operation(
        method: method, path: path, name: "getSettings", summary: "What the business chose",
        access: .roles([.owner, .supervisor]), answers: [.init(200, "The settings.", API.settings)], work: .web)
    case .changeSettings:
      Operation(
        method: method, path: path, name: "changeSettings", summary: "Change the business's settings",
        access: .roles([.owner]),
        body: .object(
          "SettingsEdit", .maybe("name", .text(1...Enrolment.maximumNameBytes)), .maybe("allowedOrigins", API.origins),
          .maybe("digest", API.digest),
          .maybe("ownerPassword", API.ownerPassword, "Of the owner who asks; it ends the owner's tokens.")),
        answers: [.init(200, "The settings as they are now.", API.settings)], errors: [409], work: .web)
    case .logOut:
      Operation(
        method: method, path: path, name: "logOut", summary: "The token is worth nothing from now on", access: .anyToken,
        answers: [.init(204, "It is revoked.", nil)], errors: [429], work: .web)
    }
  }
}
