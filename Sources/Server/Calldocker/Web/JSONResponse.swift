import Foundation
import HTTP

extension HTTPResponse {
  /// An answer of the API: its fields in the order of their names, and not to be kept by anything on the way.
  static func json(_ status: Int, _ answer: some Encodable, _ fields: [(String, String)] = []) -> HTTPResponse {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let body = try? encoder.encode(answer) else { return .problem(500, "The answer could not be written") }
    var response = HTTPResponse(
      status, headers: [("Content-Type", "application/json"), ("Cache-Control", "no-store")], body: Array(body))
    for (name, value) in fields { response.headers.append(name, value) }
    return response
  }
}
