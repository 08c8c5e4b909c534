import HTTP

/// Logging in and what belongs to it: served by `WebPlane+Access.swift`, whose table this describes entry by entry.
extension API {
  static let accessOperations = AccessPlace.all.map { entry in entry.place.operation(entry.method, entry.path) }

  static let credentials = Schema.object(
    "Credentials", .always("uuid", .text(), "The business."), .always("user", .text(), "An agent's id, or a person's address."),
    .always("password", .text(format: "password")))

  fileprivate static let login = Schema.object(
    "Login", .always("token", .text(), "Show it as `Authorization: Bearer TOKEN`."),
    .always("expiresAt", .text(format: "date-time")), .always("role", .word(Role.allCases.map(\.rawValue))),
    .always("uuid", .text(format: "uuid")), .always("user", .text()), .always("company", .text()))
}

extension AccessPlace {
  /// A place that is not described here does not compile.
  fileprivate func operation(_ method: String, _ path: String) -> Operation {
    switch self {
    case .logIn:
      Operation(
        method: method, path: path, name: "logIn", summary: "Log in: as an agent by its phone's password, or as a person",
        access: .everybody,
        body: API.credentials,
        answers: [.init(200, "A token.", API.login)], errors: [401, 403, 429], work: .web)
    case .renew:
      Operation(
        method: method, path: path, name: "renewToken", summary: "A fresh token for one that is still good", access: .anyToken,
        answers: [.init(200, "A token.", API.login)], work: .web)
    case .logOut:
      Operation(
        method: method, path: path, name: "logOut", summary: "The token is worth nothing from now on", access: .anyToken,
        answers: [.init(204, "It is revoked.", nil)], errors: [429], work: .web)
    }
  }
}
