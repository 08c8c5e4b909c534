import HTTP

/// The API's description (OpenAPI 3.1), made of the table that routes its requests.
extension API {
  package static let description = HTTPResponse(
    200, headers: [("Content-Type", "application/json"), ("Cache-Control", "no-cache")], body: Array(document.text.utf8))

  private static let scheme = "token"

  private static var document: JSON {
    var paths: [JSON.Member] = []
    for operation in operations where !paths.contains(where: { $0.name == operation.path }) {
      let methods = operations.filter { $0.path == operation.path }
      let shared = parameters(of: operation.path)
      paths.append(
        .init(
          operation.path,
          .object(
            (shared.isEmpty ? [] : [.init("parameters", .array(shared))])
              + methods.map { .init($0.method.lowercased(), describe($0)) })))
    }
    let token = JSON.object([
      .init("type", .string("http")), .init("scheme", .string("bearer")),
      .init(
        "description", .string("A token of POST /api/login, or the one that the owner was given with the business.")),
    ])
    return .object([
      .init("openapi", .string("3.1.0")),
      .init(
        "info",
        .object([
          .init("title", .string("Calldocker")), .init("version", .string(Command.version)),
          .init("summary", .string("Businesses, their agents, teams and calls.")),
        ])), .init("servers", .array([.object([.init("url", .string("/"))])])), .init("paths", .object(paths)),
      .init(
        "components",
        .object([
          .init("schemas", .object(schemas)), .init("securitySchemes", .object([.init(scheme, token)])),
        ])),
    ])
  }

  /// Every named object once, in the order in which they come.
  private static var schemas: [JSON.Member] {
    var schemas: [JSON.Member] = []
    for operation in operations {
      let mentioned = [operation.body].compactMap(\.self) + operation.answers.compactMap(\.schema) + [problem]
      for object in mentioned.flatMap(\.objects) where !schemas.contains(where: { $0.name == object.name }) {
        schemas.append(.init(object.name, object.json))
      }
    }
    return schemas
  }

  /// RFC 9457.
  private static let problem = Schema.object(
    "Problem", .always("status", .integer(400...599)), .always("title", .text()),
    .maybe("detail", .text(), "A sentence for a person."))

  private static func parameters(of path: String) -> [JSON] {
    path.split(separator: "/").filter { $0.hasPrefix("{") }.map { segment in
      .object([
        .init("name", .string(String(segment.dropFirst().dropLast()))), .init("in", .string("path")),
        .init("required", .bool(true)), .init("schema", Schema.text().json),
      ])
    }
  }

  private static func describe(_ operation: Operation) -> JSON {
    var members = [
      JSON.Member("operationId", .string(operation.name)), .init("summary", .string(operation.summary)),
      .init("security", .array(security(operation.access))),
    ]
    if !operation.query.isEmpty { members.append(.init("parameters", .array(operation.query.map(describe)))) }
    if let body = operation.body {
      members.append(.init("requestBody", .object([.init("required", .bool(true)), .init("content", content(body))])))
    }
    let answers = operation.answers.map { JSON.Member("\($0.status)", describe($0)) }
    let errors = operation.allErrors.map { status in
      JSON.Member(
        "\(status)",
        .object([
          .init("description", .string(HTTPResponse.reason(status))),
          .init("content", content(problem, type: "application/problem+json")),
        ]))
    }
    return .object(members + [.init("responses", .object(answers + errors))])
  }

  /// Each alternative stands for a role (OpenAPI 3.1.0, Security Requirement Object): empty for any.
  private static func security(_ access: Operation.Access) -> [JSON] {
    switch access {
    case .everybody: []
    case .anyToken: [.object([.init(scheme, .array([]))])]
    case .roles(let roles): roles.map { .object([.init(scheme, .array([.string($0.rawValue)]))]) }
    }
  }

  private static func describe(_ parameter: Operation.Parameter) -> JSON {
    .object([
      .init("name", .string(parameter.name)), .init("in", .string("query")), .init("required", .bool(false)),
      .init("schema", parameter.schema.json), .init("description", .string(parameter.note)),
    ])
  }

  private static func describe(_ answer: Operation.Answer) -> JSON {
    var members = [JSON.Member("description", .string(answer.note))]
    if answer.hasLocation {
      members.append(
        .init(
          "headers",
          .object([
            .init(
              "Location",
              .object([.init("description", .string("Where it is, below our origin.")), .init("schema", Schema.text().json)]))
          ])))
    }
    if let schema = answer.schema { members.append(.init("content", content(schema))) }
    return .object(members)
  }

  private static func content(_ schema: Schema, type: String = "application/json") -> JSON {
    .object([.init(type, .object([.init("schema", schema.json)]))])
  }
}
