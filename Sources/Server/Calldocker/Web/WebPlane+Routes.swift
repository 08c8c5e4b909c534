import Calls
import Foundation
import HTTP
import Runtime
import SIPSyntax
import Wire

/// What the web is asked for besides Socket.IO.
extension WebPlane {
  private enum Place: Sendable {
    case health
    case metrics
    case demo
    case access(AccessPlace)
    case everybody(PublicPlace)
    case tenant(Operation)
  }

  private static let router: Router<Place> = {
    var router = Router<Place>()
    router.add("GET", "/healthz", .health)
    router.add("GET", "/metrics", .metrics)
    router.add("GET", "/demo.json", .demo)
    for (method, path, place) in AccessPlace.all { router.add(method, path, .access(place)) }
    for (method, path, place) in PublicPlace.all { router.add(method, path, .everybody(place)) }
    for operation in API.operations where operation.isOfTenant {
      router.add(operation.method, operation.path, .tenant(operation))
    }
    return router
  }()

  func serve(_ request: HTTPRequest, _ number: HTTPConnection.RequestNumber, _ client: WebClient) {
    if request.path == "/socket.io/" || request.path == "/socket.io" { return serveSocketIO(request, number, client) }
    if request.method == "OPTIONS" { return answer(client, number, Self.preflight(request.path)) }
    if let response = files.answer(to: request) { return answer(client, number, response) }
    switch Self.router.match(request.method, request.path) {
    case .notFound: answer(client, number, .problem(404, "There is nothing at this address"))
    case .wrongMethod(let methods):
      let allowed = API.allowed(methods)
      var response = HTTPResponse.problem(405, "This address is for \(allowed.joined(separator: ", "))")
      response.headers.append("Allow", allowed.joined(separator: ", "))
      answer(client, number, response)
    case .found(let place, let captures):
      Task { await self.serve(place, captures, request, number, client.number) }
    }
  }

  private func serve(
    _ place: Place, _ captures: [String: String], _ request: HTTPRequest, _ number: HTTPConnection.RequestNumber,
    _ client: UInt64
  ) async {
    let response: HTTPResponse =
      switch place {
      case .health: health(request)
      case .metrics: await metrics(request, from: clients[client])
      case .demo: await describeDemo(request)
      case .access(let place): await answer(place, request, number, client)
      case .everybody(.register): await register(request, from: clients[client])
      case .everybody(.status): await status(captures["uuid"] ?? "")
      case .everybody(.description): API.description
      case .tenant(let operation):
        await api.answer(to: request, operation, captures, from: source(of: request, from: clients[client]))
      }
    if let client = clients[client] { answer(client, number, response) }
  }

  private nonisolated var api: API {
    API(signalling: signalling, enrolment: enrolment, reception: reception, dialplans: dialplans)
  }

  private func status(_ uuid: String) async -> HTTPResponse {
    guard let tenant = await signalling.tenant(uuid) else { return .problem(404, "No business has this UUID") }
    let isThere = tenant.isAnybodyThere
    return HTTPResponse(200, type: "application/json", "{\"online\":\(isThere),\"open\":true,\"queueLength\":0}")
  }

  /// Readiness; with `?live` whether the process lives, which it says of itself by answering.
  private func health(_ request: HTTPRequest) -> HTTPResponse {
    let isReady = !isDraining || request.parameter("live") != nil
    // Where the disk fails calls go on: no reason to send anybody away.
    let status = isDraining ? "draining" : signalling.disk.isFailing ? "degraded" : "ok"
    return HTTPResponse(isReady ? 200 : 503, type: "application/json", "{\"status\":\"\(status)\"}")
  }

  private func describeDemo(_ request: HTTPRequest) async -> HTTPResponse {
    guard let demo, let tenant = await signalling.tenant(demo.tenant.description) else {
      return .problem(404, "There is nothing at this address")
    }
    return demo.answer(to: request, registered: Set(tenant.agents.values.filter(\.isReachable).map(\.name)))
  }

  // MARK: Sign-up

  private struct SignUp: Decodable {
    var companyName: String
    var email: String
    var password: String?
  }

  private struct Welcome: Encodable {
    struct Owner: Encodable {
      var user: String
      var password: String?
    }
    var uuid: String
    var sipDomain: String
    var widgetScript: String
    var owner: Owner
    var token: String
  }

  /// The origin that this client's browser would write for us.
  private func origin(for request: HTTPRequest, from client: WebClient?) -> String {
    guard let stream = client?.stream, let authority = request.authority else { return publicAddress }
    // A proxy on this machine, or one that is trusted, tells how its own client came; nobody else is believed.
    let isTrusted = stream.remote.ip.isLoopback || proxies.addresses.contains(stream.remote.ip)
    let isBehindTLS = isTrusted && request.headers["X-Forwarded-Proto"] == "https"
    return "\(stream.isSecure || isBehindTLS ? "https" : "http")://\(authority)"
  }

  private func signUp(
    _ form: SignUp, password: String?, from source: IPAddress
  ) async throws(EnrolmentFault) -> Enrolment.NewTenant {
    let originator = Originator(who: "sign-up", role: Role.owner.rawValue, source: .init(source))
    let outcome = await Originator.$current.withValue(originator) { () -> Result<Enrolment.NewTenant, EnrolmentFault> in
      do throws(EnrolmentFault) {
        return .success(try await enrolment.addTenant(form.companyName, owner: form.email, ownerPassword: password))
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  private func register(_ request: HTTPRequest, from client: WebClient?) async -> HTTPResponse {
    let origin = origin(for: request, from: client)
    guard signUps.admit(source(of: request, from: client), isDemo: isDemo, at: SystemClock.now) else {
      var response = HTTPResponse.problem(429, "Too many sign-ups from your address; please try again in an hour")
      response.headers.append("Retry-After", "3600")
      return response
    }
    guard let form = try? JSONDecoder().decode(SignUp.self, from: Data(request.body)) else {
      return .problem(400, "The body must be JSON with companyName and email")
    }
    // Whatever type curl says that it has: the contract's clients sign up as they like, and a slip of theirs is named.
    guard let body = JSON(parsing: request.body) else {
      return .problem(400, "The body cannot be used", detail: "Each name may stand in it once.")
    }
    if let fault = API.signUp.fault(in: body, called: "") { return .problem(422, "The body cannot be used", detail: fault) }
    guard form.email.utf8.count <= 254, form.email.split(separator: "@").count == 2 else {
      return .problem(422, "email must be an address")
    }
    let made = form.password == nil ? randomness.token(16) : nil
    let tenant: TenantID
    let token: String
    do throws(EnrolmentFault) {
      let new = try await signUp(form, password: form.password ?? made, from: source(of: request, from: client))
      (tenant, token) = (new.id, new.token)
    } catch {
      return error.problem
    }
    let script = "<script src=\"\(origin)/widget.js\" data-uuid=\"\(tenant)\" async></script>"
    let welcome = Welcome(
      uuid: tenant.description, sipDomain: tenant.description, widgetScript: script,
      owner: .init(user: form.email, password: made), token: token)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let body = try? encoder.encode(welcome) else { return .problem(500, "The answer could not be written") }
    return HTTPResponse(201, headers: [("Content-Type", "application/json")], body: Array(body))
  }
}
