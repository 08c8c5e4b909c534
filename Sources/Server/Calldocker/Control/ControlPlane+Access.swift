import Calls
import HTTP
import Storage

/// What commands about users and settings ask for: whoever may open the socket may do everything.
enum ControlAccess: Sendable {
  case addUser
  case listUsers
  case removeUser
  case showSettings
  case changeSettings
  case makeToken
  case revokeToken
  case audit

  static let all: [(method: String, path: String, place: ControlAccess)] = [
    ("POST", "/tenants/{uuid}/users", .addUser), ("GET", "/tenants/{uuid}/users", .listUsers),
    ("DELETE", "/tenants/{uuid}/users/{user}", .removeUser), ("GET", "/tenants/{uuid}/settings", .showSettings),
    ("PATCH", "/tenants/{uuid}/settings", .changeSettings), ("POST", "/tenants/{uuid}/token", .makeToken),
    ("DELETE", "/tenants/{uuid}/token", .revokeToken), ("GET", "/tenants/{uuid}/audit", .audit),
  ]
}

struct UserWish: Codable, Sendable {
  var user: String
  var role: String
  var password: String
}

struct SettingsWish: Codable, Sendable {
  var name: String?
  var allowedOrigins: [String]?
  var digest: String?
}

extension ControlPlane {
  func answer(_ place: ControlAccess, _ tenant: TenantID, _ user: String, _ request: HTTPRequest) async -> HTTPResponse {
    do {
      return try await perform(place, tenant, user, request)
    } catch let fault as AccessFault {
      return .problem(422, "This cannot be done", detail: fault.sentence)
    } catch let fault as EnrolmentFault {
      return fault.problem
    } catch let denial as Denial {
      return denial.problem
    } catch {
      return .problem(500, "Something failed inside")
    }
  }

  private func perform(
    _ place: ControlAccess, _ tenant: TenantID, _ user: String, _ request: HTTPRequest
  ) async throws -> HTTPResponse {
    switch place {
    case .addUser:
      guard let wish = Self.read(UserWish.self, request) else { return Self.unreadable }
      guard let role = Role(rawValue: wish.role) else { throw AccessFault.role(wish.role) }
      let person = try await reception.addPerson(wish.user, role: role, password: wish.password, to: tenant)
      return Self.json(201, PersonShown(person))
    case .listUsers:
      return Self.json(200, PersonList(items: await reception.people(of: tenant).map { PersonShown($0) }))
    case .removeUser: return Self.json(200, PersonShown(try await reception.removePerson(user, of: tenant)))
    case .showSettings: return Self.json(200, SettingsShown(try await reception.settings(of: tenant)))
    case .changeSettings:
      guard let wish = Self.read(SettingsWish.self, request) else { return Self.unreadable }
      let change = Reception.SettingsWish(name: wish.name, allowedOrigins: wish.allowedOrigins, digest: wish.digest)
      return Self.json(200, SettingsShown(try await reception.change(change, of: tenant)))
    case .makeToken:
      let made = try await reception.makeOwnerToken(of: tenant)
      return Self.json(201, TokenShown(token: made.token, expiresAt: made.expiresAt.rfc3339))
    case .revokeToken:
      try await reception.revokeOwnerToken(of: tenant)
      return Self.json(200, TokenShown())
    case .audit: return try await audit(of: tenant, request)
    }
  }

  /// - Parameter tenant: `nil` for what was done to the service as a whole.
  func audit(of tenant: TenantID?, _ request: HTTPRequest) async throws(EnrolmentFault) -> HTTPResponse {
    let rows: [AuditRow]
    do throws(StorageFailure) {
      rows = try await reception.ledger.audit(
        of: tenant, before: request.parameter("before").flatMap { Int64($0) }, atMost: AuditRow.maximumPage)
    } catch {
      throw .notKept(error)
    }
    let next = rows.count == AuditRow.maximumPage ? rows.last?.number : nil
    return Self.json(200, AuditShown(entries: rows.map(AuditShown.Entry.init), next: next))
  }
}
