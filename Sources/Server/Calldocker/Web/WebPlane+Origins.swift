import HTTP
import SIPCore
import Wire

/// What a browser is told about whether the page that asks may read the answer (Fetch standard, CORS).
enum OriginPermission: Sendable {
  /// Nothing here depends on cookies, so pages of any origin may ask for what is nobody's in particular.
  case everybody
  case granted(String)
  case withheld

  /// Pages of other origins cannot read more than this of the header.
  private static let exposed = "Location, Retry-After, WWW-Authenticate"

  func write(to response: inout HTTPResponse) {
    switch self {
    case .everybody:
      // Except for what says of itself that it is for our own.
      guard response.headers["Cross-Origin-Resource-Policy"] != "same-origin" else { return }
      response.headers.append("Access-Control-Allow-Origin", "*")
    case .granted(let origin):
      response.headers.append("Access-Control-Allow-Origin", origin)
      response.headers.append("Access-Control-Expose-Headers", Self.exposed)
      response.headers.append("Vary", "Origin")
    case .withheld: response.headers.append("Vary", "Origin")
    }
  }
}

/// Which pages may ask. A client without an `Origin` is no browser's page, and is not judged by it.
extension WebPlane {
  /// How long a browser may remember that it may ask: a tenant's list may change, what is everybody's may not.
  private static let judgedMaximumAge = "600"
  private static let maximumAge = "86400"

  /// What a browser asks before a page of another origin may do more than read (Fetch standard §3.2.2).
  static func preflight(_ path: String) -> HTTPResponse {
    let methods = API.methods(at: path)
    let allowed = (methods.isEmpty ? ["GET", "POST", "OPTIONS"] : methods).joined(separator: ", ")
    var response = HTTPResponse(
      204,
      headers: [
        ("Access-Control-Allow-Methods", allowed), ("Access-Control-Allow-Headers", "Content-Type, Authorization"),
        ("Access-Control-Max-Age", ownedTenant(path) == nil ? maximumAge : judgedMaximumAge),
      ])
    if !methods.isEmpty { response.headers.append("Allow", allowed) }
    return response
  }

  /// Serves a request, unless it is a tenant's matter and comes from a page where the tenant does not want to be asked.
  func serveIfWelcome(_ request: HTTPRequest, _ number: HTTPConnection.RequestNumber, _ client: WebClient) {
    guard let uuid = Self.ownedTenant(request.path) else { return serve(request, number, client) }
    Task { [client = client.number] in
      let isWelcome = await isWelcome(request, number, client, in: uuid)
      guard let client = clients[client] else { return }
      // What a call button asks is no secret: such a page may not read the answer, and nothing more.
      guard isWelcome || request.path.hasPrefix("/api/widget/") && request.method == "GET" else {
        return answer(client, number, Self.originRefused)
      }
      serve(request, number, client)
    }
  }

  static let originRefused = HTTPResponse.problem(
    403, "Not from this page", detail: "origin-refused: this business does not allow pages of this origin.")

  /// Whether the page that asks is one of the tenant's; and the answer will say so.
  func isWelcome(
    _ request: HTTPRequest, _ number: HTTPConnection.RequestNumber, _ client: UInt64, in uuid: String
  ) async -> Bool {
    guard let origin = request.headers["Origin"] else {
      clients[client]?.permissions[number] = .withheld
      return true
    }
    let isForeign = Self.foreignOrigin(of: request) != nil
    let isAllowed = isForeign ? await reception.allows(origin, in: uuid) : true
    clients[client]?.permissions[number] = isAllowed ? .granted(origin) : .withheld
    return isAllowed
  }

  /// The origin of the page that asks, unless it is our own.
  static func foreignOrigin(of request: HTTPRequest) -> String? {
    guard let text = request.headers["Origin"] else { return nil }
    guard let origin = HTTPOrigin(text), let host = request.authority, origin.isAt(host) else { return text }
    return nil
  }

  /// The tenant that a path is about: `/api/tenants/{uuid}…` and `/api/widget/{uuid}/status`.
  private static func ownedTenant(_ path: String) -> String? {
    let segments = path.split(separator: "/", maxSplits: 4, omittingEmptySubsequences: true)
    guard segments.count >= 3, segments[0] == "api" else { return nil }
    switch segments[1] {
    case "tenants": return PercentCoding.decode(segments[2], isForm: false)
    case "widget" where segments.count == 4 && segments[3] == "status":
      return PercentCoding.decode(segments[2], isForm: false)
    default: return nil
    }
  }

  /// The network whose limits a request counts for; `nil` for this machine and for proxies that name nobody: they stand for everybody.
  func network(of request: HTTPRequest, from client: WebClient?) -> SourceNetwork? {
    limited(source(of: request, from: client))
  }

  func limited(_ address: IPAddress) -> SourceNetwork? {
    address.isLoopback || proxies.addresses.contains(address) ? nil : SourceNetwork(address)
  }

  /// Where a request comes from, by the word of a proxy only if it is trusted.
  func source(of request: HTTPRequest, from client: WebClient?) -> IPAddress {
    client.map { proxies.source(of: request, from: $0.stream.remote.ip) } ?? .any
  }
}
