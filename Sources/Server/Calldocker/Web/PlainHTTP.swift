import HTTP
import Wire

/// What becomes of plain HTTP on a port that speaks TLS: this machine is served, everybody else is sent to https.
///
/// A browser gives its microphone to secure contexts only, and a page from a loopback address is one; reverse proxies and health
/// checks live there, too.
enum PlainHTTP {
  /// The answer that sends a client on; `nil` if it is to be served.
  static func redirect(_ request: HTTPRequest, from source: IPAddress) -> HTTPResponse? {
    guard !source.isLoopback else { return nil }
    guard let authority = request.authority else {
      return .problem(400, "This port speaks HTTPS, and the Host of the request cannot be read; ask again with https://")
    }
    // The port on which the client came speaks TLS as well. A Host without one came on HTTP's own, which https would not assume.
    let secure = HTTPAuthority(authority.host, port: authority.port ?? 80)
    let path = request.path == "*" ? "/" : request.path
    let location = "https://\(secure)\(path)" + (request.query.isEmpty ? "" : "?\(request.query)")
    return HTTPResponse(308, headers: [("Location", location)])
  }
}
