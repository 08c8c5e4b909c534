/// Which handler serves which method and path; `{name}` stands for one segment.
package struct Router<Handler: Sendable>: Sendable {
  package enum Match {
    case found(Handler, captures: [String: String])
    case wrongMethod(allowed: [String])
    case notFound
  }

  private struct Route: Sendable {
    var method: String
    var segments: [String]
    var handler: Handler
  }
  private var routes: [Route] = []

  package init() {}

  package mutating func add(_ method: String, _ pattern: String, _ handler: Handler) {
    routes.append(Route(method: method, segments: Self.segments(pattern), handler: handler))
  }

  private static func segments(_ path: String) -> [String] {
    path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
  }

  package func match(_ method: String, _ path: String) -> Match {
    let segments = Self.segments(path)
    var allowed: [String] = []
    for route in routes {
      guard let captures = Self.captures(route.segments, segments) else { continue }
      if route.method == method || method == "HEAD" && route.method == "GET" {
        return .found(route.handler, captures: captures)
      }
      if !allowed.contains(route.method) { allowed.append(route.method) }
    }
    return allowed.isEmpty ? .notFound : .wrongMethod(allowed: allowed)
  }

  private static func captures(_ pattern: [String], _ path: [String]) -> [String: String]? {
    guard pattern.count == path.count else { return nil }
    var captures: [String: String] = [:]
    for (expected, segment) in zip(pattern, path) {
      if expected.hasPrefix("{"), expected.hasSuffix("}") {
        guard let value = PercentCoding.decode(segment, isForm: false), !value.isEmpty else { return nil }
        captures[String(expected.dropFirst().dropLast())] = value
      } else if expected != segment {
        return nil
      }
    }
    return captures
  }
}
