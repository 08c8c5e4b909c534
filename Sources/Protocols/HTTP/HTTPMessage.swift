/// A request as its client sent it (RFC 9110), target split at the question mark.
package struct HTTPRequest: Hashable, Sendable {
  package var method: String
  /// Percent-encoded, as received.
  package var path: String
  package var query: String
  package var headers: HTTPHeaders
  package var body: [UInt8]

  package init(method: String, path: String, query: String = "", headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
  }

  /// The decoded value of a parameter in the query.
  package func parameter(_ name: String) -> String? {
    for pair in query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.first.flatMap({ PercentCoding.decode($0, isForm: true) }) == name {
        return parts.count > 1 ? PercentCoding.decode(parts[1], isForm: true) : ""
      }
    }
    return nil
  }
}

package struct HTTPResponse: Hashable, Sendable {
  package var status: Int
  package var headers: HTTPHeaders
  package var body: [UInt8]

  package init(_ status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  package init(_ status: Int, type: String, _ text: String) {
    self.init(status, headers: [("Content-Type", type)], body: Array(text.utf8))
  }

  /// An error in the form of RFC 9457, for programs and people alike.
  package static func problem(_ status: Int, _ title: String, detail: String? = nil) -> HTTPResponse {
    var members = ["\"status\":\(status)", "\"title\":\(JSONText.quote(title))"]
    if let detail { members.append("\"detail\":\(JSONText.quote(detail))") }
    return HTTPResponse(status, type: "application/problem+json", "{\(members.joined(separator: ","))}")
  }

  package static func reason(_ status: Int) -> String {
    [
      101: "Switching Protocols", 200: "OK", 201: "Created", 204: "No Content", 304: "Not Modified",
      308: "Permanent Redirect", 400: "Bad Request",
      401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
      409: "Conflict",
      413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type", 417: "Expectation Failed",
      422: "Unprocessable Content", 426: "Upgrade Required", 429: "Too Many Requests", 431: "Request Header Fields Too Large",
      500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable", 505: "HTTP Version Not Supported",
    ][status] ?? "Status \(status)"
  }
}

/// Header fields in their order; names compare without case.
package struct HTTPHeaders: Hashable, Sendable, ExpressibleByArrayLiteral {
  package struct Field: Hashable, Sendable {
    package var name: String
    package var value: String
  }
  package private(set) var fields: [Field] = []

  package init() {}
  package init(arrayLiteral elements: (String, String)...) {
    for (name, value) in elements { append(name, value) }
  }

  /// All values of that name, joined as RFC 9110 §5.3 allows.
  package subscript(name: String) -> String? {
    let values = fields.filter { $0.name.equalsIgnoringCase(name) }.map(\.value)
    return values.isEmpty ? nil : values.joined(separator: ", ")
  }

  package func values(_ name: String) -> [String] { fields.filter { $0.name.equalsIgnoringCase(name) }.map(\.value) }

  /// Whether a list header holds a token, in any case.
  package func contains(_ name: String, token: String) -> Bool {
    (self[name] ?? "").split(separator: ",").contains { word in
      String(word.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        .equalsIgnoringCase(token)
    }
  }

  /// Adds a field; whatever `value` holds, it stays one line.
  package mutating func append(_ name: String, _ value: String) {
    let line = value.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F || $0.value == 0x09 }
    fields.append(Field(name: name, value: String(String.UnicodeScalarView(line))))
  }
}

extension String {
  func equalsIgnoringCase(_ other: String) -> Bool {
    utf8.count == other.utf8.count && zip(utf8, other.utf8).allSatisfy { Self.lower($0) == Self.lower($1) }
  }
  private static func lower(_ octet: UInt8) -> UInt8 { (0x41...0x5A).contains(octet) ? octet | 0x20 : octet }
}
