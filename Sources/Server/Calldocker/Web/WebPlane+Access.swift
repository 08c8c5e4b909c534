import HTTP
import Runtime
import Storage

/// Addresses of the API where people prove who they are.
enum AccessPlace: Sendable {
  case logIn
  case renew
  case logOut

  static let all: [(method: String, path: String, place: AccessPlace)] = [
    ("POST", "/api/login", .logIn), ("POST", "/api/login/renew", .renew), ("POST", "/api/logout", .logOut),
  ]
}

extension WebPlane {
  func answer(
    _ place: AccessPlace, _ request: HTTPRequest, _ number: HTTPConnection.RequestNumber, _ client: UInt64
  ) async -> HTTPResponse {
    do {
      return try await admit(place, request, number, client)
    } catch let denial as Denial {
      return denial.problem
    } catch let refused as Refused {
      return refused.response
    } catch {
      return .problem(500, "Something failed inside")
    }
  }

  private func admit(
    _ place: AccessPlace, _ request: HTTPRequest, _ number: HTTPConnection.RequestNumber, _ client: UInt64
  ) async throws -> HTTPResponse {
    switch place {
    case .logIn:
      let body = try API.body(of: request, API.credentials)
      func text(_ name: String) -> String { body[name]?.string ?? "" }
      let wish = Reception.Wish(uuid: text("uuid"), user: text("user"), password: text("password"))
      guard await isWelcome(request, number, client, in: wish.uuid) else { return Self.originRefused }
      let source = source(of: request, from: clients[client])
      return API.json(200, Self.describe(try await reception.logIn(wish, from: source)))
    case .renew: return API.json(200, Self.describe(try await reception.renew(request)))
    case .logOut:
      try await reception.logOut(request)
      return HTTPResponse(204)
    }
  }

  private static func describe(_ grant: Reception.Grant) -> JSON {
    let claims = grant.claims
    return .object([
      .init("token", .string(grant.token)),
      .init("expiresAt", .string(WallTime(milliseconds: claims.expiresAt &* 1000).rfc3339)),
      .init("role", .string(claims.role.rawValue)), .init("uuid", .string(claims.tenant.description)),
      .init("user", .string(claims.user)), .init("company", .string(grant.company)),
    ])
  }
}
