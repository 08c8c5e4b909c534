import Calls
import HTTP
import Runtime
import Storage
import Wire

/// The API over tenants, agents, teams and calls, for programs and for our own pages (`docs/api.md`).
package struct API: Sendable {
  /// Bytes that a body may have.
  static let maximumBody = 800_000
  static let limits = 1...200
  static let defaultLimit = 50

  let signalling: SignallingPlane
  let enrolment: Enrolment
  let reception: Reception
  let dialplans: DialplanShelf

  var ledger: Ledger { reception.ledger }

  /// In the order of the description.
  package static let operations: [Operation] =
    accessOperations + tenantOperations + agentOperations + teamOperations + callOperations + peopleOperations
    + dialplanOperations + publicOperations

  /// Who asks is judged first, so that a stranger learns nothing by what else is wrong.
  ///
  /// - Parameter source: where the request comes from.
  func answer(
    to request: HTTPRequest, _ operation: Operation, _ captures: [String: String], from source: IPAddress
  ) async -> HTTPResponse {
    guard case .tenant(let work) = operation.work, case .roles(let roles) = operation.access else {
      return .problem(500, "This operation is not the API's own")
    }
    do throws(Refused) {
      let claims = try await claims(of: request, in: captures["uuid"] ?? "", allowing: Set(roles))
      guard let tenant = await signalling.tenant(claims.tenant.description) else {
        throw Refused(.directory(.unknownTenant))
      }
      let query = try Self.query(of: request, operation.query)
      let body: JSON = if let schema = operation.body { try Self.body(of: request, schema) } else { .null }
      let ask = Ask(claims: claims, tenant: tenant, captures: captures, query: query, body: body)
      let originator = Originator(who: claims.user, role: claims.role.rawValue, source: .init(source))
      return await Originator.$current.withValue(originator) {
        do throws(Refused) { return try await work(self, ask) } catch { return error.response }
      }
    } catch {
      return error.response
    }
  }

  private func claims(
    of request: HTTPRequest, in uuid: String, allowing roles: Set<Role>
  ) async throws(Refused) -> AccessClaims {
    do throws(Denial) {
      return try await reception.claims(of: request, in: uuid, allowing: roles)
    } catch {
      throw Refused(error.problem)
    }
  }

  /// Does what may fail by a rule or by the disk.
  func enrol<Answer: Sendable>(
    _ work: (Enrolment) async throws(EnrolmentFault) -> Answer
  ) async throws(Refused) -> Answer {
    do throws(EnrolmentFault) { return try await work(enrolment) } catch { throw Refused(error) }
  }

  /// The tenant as it is now, after a change.
  func tenantNow(_ ask: Ask) async throws(Refused) -> Tenant {
    guard let tenant = await signalling.tenant(ask.uuid) else { throw Refused(.directory(.unknownTenant)) }
    return tenant
  }

  // MARK: Reading

  /// The parameters of a request's query, each known, once and of its kind.
  package static func query(of request: HTTPRequest, _ known: [Operation.Parameter]) throws(Refused) -> [String: String] {
    var values: [String: String] = [:]
    for pair in request.query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = PercentCoding.decode(parts[0], isForm: true),
        let value = PercentCoding.decode(parts.count > 1 ? parts[1] : "", isForm: true)
      else {
        throw badQuery("\(pair.prefix(shownQuery)) is no pair of UTF-8 texts, escaped as in RFC 3986.")
      }
      guard let parameter = known.first(where: { $0.name == name }) else {
        let meant = Suggestion.sentence(for: name, among: known.map(\.name))
        throw badQuery("There is no parameter \(name.prefix(shownQuery))\(meant.isEmpty ? "." : meant)")
      }
      guard values.updateValue(value, forKey: name) == nil else { throw badQuery("\(name) is given twice.") }
      if let fault = parameter.fault(in: value) { throw badQuery(fault) }
    }
    return values
  }

  /// Characters of an unknown parameter that are shown.
  private static let shownQuery = 64

  static func badQuery(_ sentence: String) -> Refused { Refused(400, "The query cannot be used", sentence) }

  package static func body(of request: HTTPRequest, _ schema: Schema) throws(Refused) -> JSON {
    let type = (request.headers["Content-Type"] ?? "application/json").prefix { $0 != ";" }.lowercased()
    guard ["application/json", "application/merge-patch+json"].contains(String(type).trimmedAtEnd) else {
      throw Refused(415, "The body cannot be used", "The body must be application/json.")
    }
    guard request.body.count <= maximumBody else {
      throw Refused(413, "The body cannot be used", "The body has \(request.body.count) bytes, and may have \(maximumBody).")
    }
    guard let body = JSON(parsing: request.body), case .object = body else {
      let names = (schema.object?.fields ?? []).map(\.name).joined(separator: ", ")
      throw Refused(
        400, "The body cannot be used", "The body must be a JSON object (RFC 8259), each name in it once, with \(names).")
    }
    if let fault = schema.fault(in: body, called: "") { throw Refused(422, "The body cannot be used", fault) }
    return body
  }

  // MARK: Answering

  static func json(_ status: Int, _ value: JSON, location: String? = nil) -> HTTPResponse {
    var response = HTTPResponse(
      status, headers: [("Content-Type", "application/json"), ("Cache-Control", "no-store")], body: Array(value.text.utf8))
    if let location { response.headers.append("Location", location) }
    return response
  }

  /// An address below the tenant's.
  static func path(_ ask: Ask, _ collection: String, _ name: String) -> String {
    "/api/tenants/\(ask.uuid)/\(collection)/\(PercentCoding.encode(name))"
  }

  /// Methods that an address of the API serves; empty for what is none.
  static func methods(at path: String) -> [String] {
    guard case .wrongMethod(let methods) = router.match("OPTIONS", path) else { return [] }
    return allowed(methods)
  }

  /// What is served where these methods are: with a GET its HEAD, and OPTIONS everywhere.
  static func allowed(_ methods: [String]) -> [String] {
    (methods.contains("GET") ? methods + ["HEAD"] : methods) + ["OPTIONS"]
  }

  private static let router: Router<Int> = {
    var router = Router<Int>()
    for (index, operation) in operations.enumerated() { router.add(operation.method, operation.path, index) }
    return router
  }()
}

extension Operation.Parameter {
  fileprivate func fault(in value: String) -> String? {
    switch schema {
    case .integer:
      guard let integer = Int64(value) else { return schema.fault(in: .string(value), called: name) }
      return schema.fault(in: .integer(integer), called: name)
    case .text(_, format: "date-time") where WallTime(rfc3339: value) == nil:
      return "\(name) must be a time as in RFC 3339, such as 2026-11-24T13:47:52.123Z; a + in it is written %2B."
    default: return schema.fault(in: .string(value), called: name)
    }
  }
}
