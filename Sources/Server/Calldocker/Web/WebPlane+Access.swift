import Calls
import Cryptography
import HTTP
import Runtime
import Wire

/// Addresses of the API that say who somebody is and who may do what.
enum AccessPlace: Sendable {
  case logIn
  case renew
  case logOut
  case listPeople
  case addPerson
  case removePerson
  case showSettings
  case changeSettings

  static let all: [(method: String, path: String, place: AccessPlace)] = [
    ("POST", "/api/login", .logIn), ("POST", "/api/login/renew", .renew), ("POST", "/api/logout", .logOut),
    ("GET", "/api/tenants/{uuid}/users", .listPeople), ("POST", "/api/tenants/{uuid}/users", .addPerson),
    ("DELETE", "/api/tenants/{uuid}/users/{user}", .removePerson),
    ("GET", "/api/tenants/{uuid}/settings", .showSettings), ("PATCH", "/api/tenants/{uuid}/settings", .changeSettings),
  ]

  /// Who may come here; `nil` where the place finds out itself who asks.
  fileprivate var roles: Set<Role>? {
    switch self {
    case .logIn, .renew, .logOut: nil
    case .showSettings: [.owner, .supervisor]
    case .listPeople, .addPerson, .removePerson, .changeSettings: [.owner]
    }
  }
}

extension WebPlane {
  func answer(
    _ place: AccessPlace, _ captures: [String: String], _ request: HTTPRequest, _ number: HTTPConnection.RequestNumber,
    _ client: UInt64
  ) async -> HTTPResponse {
    do {
      guard let roles = place.roles else { return try await admit(place, request, number, client) }
      let claims = try await reception.claims(of: request, in: captures["uuid"] ?? "", allowing: roles)
      try API.judge(request, at: place)
      return try await serve(place, captures["user"] ?? "", request, claims)
    } catch let refused as Refused {
      return refused.response
    } catch let denial as Denial {
      return denial.problem
    } catch let fault as RequestForm.Fault {
      return fault.problem
    } catch let fault as AccessFault {
      return fault.problem
    } catch let fault as EnrolmentFault {
      return fault.problem
    } catch {
      return .problem(500, "Something failed inside")
    }
  }

  private func admit(
    _ place: AccessPlace, _ request: HTTPRequest, _ number: HTTPConnection.RequestNumber, _ client: UInt64
  ) async throws -> HTTPResponse {
    switch place {
    case .logIn:
      try API.judge(request, at: place)
      let form = try RequestForm(request, ["uuid", "user", "password"])
      let wish = Reception.Wish(
        uuid: try form.text("uuid"), user: try form.text("user"), password: try form.text("password"))
      guard await isWelcome(request, number, client, in: wish.uuid) else { return Self.originRefused }
      let source = source(of: request, from: clients[client])
      return .json(200, LoginAnswer(try await reception.logIn(wish, from: source)))
    case .renew: return .json(200, LoginAnswer(try await reception.renew(request)))
    default:
      try await reception.logOut(request)
      return HTTPResponse(204)
    }
  }

  /// - Parameter claims: of somebody who may.
  private func serve(
    _ place: AccessPlace, _ user: String, _ request: HTTPRequest, _ claims: AccessClaims
  ) async throws -> HTTPResponse {
    let tenant = claims.tenant
    switch place {
    case .addPerson:
      let form = try RequestForm(request, ["user", "password", "role"])
      let (user, password, text) = (try form.text("user"), try form.text("password"), try form.text("role"))
      guard let role = Role(rawValue: text) else { throw AccessFault.role(String(text.prefix(100))) }
      let person = try await reception.addPerson(user, role: role, password: password, to: tenant)
      let location = "/api/tenants/\(tenant)/users/\(PercentCoding.encode(person.name))"
      return .json(201, PersonShown(person), [("Location", location)])
    case .removePerson:
      _ = try await reception.removePerson(user, of: tenant)
      return HTTPResponse(204)
    case .showSettings: return .json(200, SettingsShown(try await reception.settings(of: tenant)))
    case .changeSettings:
      let form = try RequestForm(request, ["name", "allowedOrigins", "digest", "ownerPassword"])
      let wish = Reception.SettingsWish(
        name: try form.optionalText("name"), allowedOrigins: try form.optionalTexts("allowedOrigins"),
        digest: try form.optionalText("digest"),
        ownerPassword: try form.optionalText("ownerPassword").map { (claims.user, $0) })
      return .json(200, SettingsShown(try await reception.change(wish, of: tenant)))
    default: return .json(200, try PersonPage(await reception.people(of: tenant), of: request))
    }
  }
}

extension PersonPage {
  private static let maximumLimit = 200
  private static let standardLimit = 50

  /// The page that a request asks for with `limit` and `after`, the name after which it begins.
  fileprivate init(_ people: [Accounts.Person], of request: HTTPRequest) throws(RequestForm.Fault) {
    for pair in request.query.split(separator: "&") where !["limit", "after"].contains(pair.prefix { $0 != "=" }) {
      let name = pair.prefix { $0 != "=" }.prefix(100)
      throw RequestForm.Fault(status: 400, sentence: "There is no parameter \(name); there are limit and after.")
    }
    let limit = request.parameter("limit").map { Int($0) ?? 0 } ?? Self.standardLimit
    guard (1...Self.maximumLimit).contains(limit) else {
      throw RequestForm.Fault(status: 400, sentence: "limit is a number from 1 to \(Self.maximumLimit).")
    }
    var rest = people[...]
    if let cursor = request.parameter("after") {
      let name = Base64.decode(cursor).map { String(decoding: $0, as: UTF8.self) }
      guard let index = people.firstIndex(where: { $0.name == name }) else {
        throw RequestForm.Fault(status: 400, sentence: "after is what `next` of an answer said; begin anew without it.")
      }
      rest = people[(index + 1)...]
    }
    let page = rest.prefix(limit)
    let last = page.last.map { Base64.encodeForURL(Array($0.name.utf8)) }
    self.init(items: page.map { PersonShown($0) }, next: page.count < rest.count ? last : nil)
  }
}
