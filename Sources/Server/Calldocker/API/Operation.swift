import Calls
import HTTP

/// One method at one address of the API. The table of them (`API.operations`) is the router and the description in one: what is not in it
/// is neither served nor described.
package struct Operation: Sendable {
  package enum Access: Sendable, Equatable {
    case everybody
    /// Whoever shows a token of the tenant in the path with one of these roles.
    case roles([Role])
    /// Whoever shows a token, of whichever tenant.
    case anyToken
  }

  package struct Parameter: Sendable {
    let name: String
    let schema: Schema
    let note: String
  }

  package struct Answer: Sendable {
    let status: Int
    let note: String
    /// `nil` for no body.
    let schema: Schema?
    /// Whether `Location` says where it is.
    let hasLocation: Bool

    init(_ status: Int, _ note: String, _ schema: Schema?, hasLocation: Bool = false) {
      self.status = status
      self.note = note
      self.schema = schema
      self.hasLocation = hasLocation
    }
  }

  enum Work: Sendable {
    /// With a token of the tenant in the path.
    case tenant(@Sendable (API, Ask) async throws(Refused) -> HTTPResponse)
    /// The web plane does it (`AccessPlace`, `PublicPlace`).
    case web
  }

  package let method: String
  /// `{name}` stands for one segment.
  package let path: String
  /// The name that generated clients give it.
  package let name: String
  package let summary: String
  package let access: Access
  package var query: [Parameter] = []
  package var body: Schema?
  package let answers: [Answer]
  /// Errors of its own, besides those that follow from its access, query and body.
  package var errors: [Int] = []
  let work: Work

  var isOfTenant: Bool { if case .tenant = work { true } else { false } }

  /// Every error that it may answer with, in order.
  package var allErrors: [Int] {
    var errors = Set(self.errors)
    switch access {
    case .everybody: break
    case .anyToken: errors.insert(401)
    case .roles:
      // 403 is for roles that may not, and for pages whose origin the business does not allow.
      errors.formUnion([400, 401, 403, 404])
    }
    if body != nil { errors.formUnion([400, 413, 415, 422]) }
    // What is to be durable may find the disk full, or busy.
    if method != "GET" { errors.formUnion([500, 503]) }
    return errors.sorted()
  }
}

/// What an operation on a tenant is asked: who asks, for which tenant, and what, all of it judged already.
struct Ask: Sendable {
  let claims: AccessClaims
  let tenant: Tenant
  let captures: [String: String]
  let query: [String: String]
  let body: JSON

  var uuid: String { tenant.id.description }

  /// Whether nothing of what the tenant does is hidden from who asks.
  var seesAll: Bool { claims.role != .agent }
}

/// An answer that ends the work on a request.
package struct Refused: Error {
  package let response: HTTPResponse

  init(_ response: HTTPResponse) { self.response = response }

  init(_ status: Int, _ title: String, _ sentence: String) {
    response = .problem(status, title, detail: sentence)
  }

  init(_ fault: EnrolmentFault) { response = fault.problem }
}
