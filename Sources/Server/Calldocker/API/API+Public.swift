import HTTP

/// What of the API everybody may use: signing up, what a widget asks, and the description. `WebPlane+Routes.swift` serves it.
enum PublicPlace: Sendable {
  case register
  case status
  case description

  static let all: [(method: String, path: String, place: PublicPlace)] = [
    ("POST", "/api/widget/register", .register), ("GET", "/api/widget/{uuid}/status", .status),
    ("GET", "/api/openapi.json", .description),
  ]
}

extension API {
  static let publicOperations = PublicPlace.all.map { entry in entry.place.operation(entry.method, entry.path) }
}

extension API {
  static let signUp = Schema.object(
    "SignUp", .always("companyName", .text()), .always("email", .text(format: "email")),
    .maybe("password", .orNull(.text(format: "password")), "Without one a password is made, and shown in the answer."))
}

extension PublicPlace {
  /// A place that is not described here does not compile.
  fileprivate func operation(_ method: String, _ path: String) -> Operation {
    switch self {
    case .register:
      Operation(
        method: method, path: path, name: "signUp", summary: "A new business with its owner", access: .everybody,
        body: API.signUp,
        answers: [
          .init(
            201, "The business was added.",
            .object(
              "Welcome", .always("uuid", .text(format: "uuid")), .always("sipDomain", .text()),
              .always("widgetScript", .text(), "The line for the website."),
              .always(
                "owner",
                .object(
                  "NewOwner", .always("user", .text()), .maybe("password", .text(), "If it was made here; shown this once."))),
              .always("token", .text(), "The owner's, shown this once: it does what a token of the owner's does.")))
        ], errors: [429], work: .web)
    case .status:
      Operation(
        method: method, path: path, name: "getStatus", summary: "Whether anybody is there for a visitor", access: .everybody,
        answers: [
          .init(
            200, "The business's state.",
            .object(
              "Status", .always("online", .flag), .always("open", .flag), .always("queueLength", .integer())))
        ], errors: [404], work: .web)
    case .description:
      Operation(
        method: method, path: path, name: "getDescription", summary: "This description (OpenAPI 3.1)", access: .everybody,
        answers: [.init(200, "The description.", .anything)], work: .web)
    }
  }
}
