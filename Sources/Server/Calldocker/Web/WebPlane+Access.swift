import HTTP
import Runtime
import Storage
import Wire

/// Addresses of the API that say who somebody is and who may do what.
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
    _ place: AccessPlace, _ captures: [String: String], _ request: HTTPRequest, from client: WebClient?
  ) async -> HTTPResponse {
    do {
      return try await respond(place, captures, request, from: client)
    } catch let denial as Denial {
      return denial.problem
    } catch let fault as RequestForm.Fault {
      return fault.problem
    } catch {
      return .problem(500, "Something failed inside")
    }
  }

  private func respond(
    _ place: AccessPlace, _ captures: [String: String], _ request: HTTPRequest, from client: WebClient?
  ) async throws -> HTTPResponse {
    switch place {
    case .logIn:
      let form = try RequestForm(request, ["uuid", "user", "password"])
      let wish = Reception.Wish(
        uuid: try form.text("uuid"), user: try form.text("user"), password: try form.text("password"))
      return .json(200, LoginAnswer(try await reception.logIn(wish, from: client?.stream.remote.ip ?? .any)))
    case .renew: return .json(200, LoginAnswer(try await reception.renew(request)))
    case .logOut:
      try await reception.logOut(request)
      return HTTPResponse(204)
    }
  }
}

/// What logging in gives.
private struct LoginAnswer: Encodable {
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
