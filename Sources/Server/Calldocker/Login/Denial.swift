import HTTP

/// Why somebody does not get what it asks for.
package enum Denial: Error, Hashable, Sendable {
  /// Nothing was shown that could prove who asks.
  case noToken
  /// What was shown is none of ours, has ended, or was ended.
  case badToken
  case wrongPassword
  /// It is known who asks, and it may not.
  case forbidden
  /// There is no such tenant, or it is not the one of who asks: nothing tells them apart.
  case unknownTenant
  /// Wrong passwords came too fast; seconds to wait.
  case tooManyTries(Int64)
  /// Too many passwords are being looked at.
  case busy
  /// Too many tokens of this person were ended already.
  case tooManyRevoked
  case notKept(EnrolmentFault)

  /// RFC 9457, with the header fields that RFC 6750 §3 and RFC 9110 §10.2.3 ask for.
  package var problem: HTTPResponse {
    switch self {
    case .noToken: .problem(401, "Log in first", detail: Self.advice, [("WWW-Authenticate", "Bearer")])
    case .badToken:
      .problem(
        401, "Log in again", detail: "This token is not ours, has expired or was revoked. \(Self.advice)",
        [("WWW-Authenticate", "Bearer error=\"invalid_token\"")])
    case .wrongPassword:
      .problem(
        401, "Nobody can log in with this", detail: "The business, the user or the password is not right.",
        [("WWW-Authenticate", "Bearer")])
    case .forbidden: .problem(403, "Not for you", detail: "Your role in this business may not do this.")
    case .unknownTenant: EnrolmentFault.directory(.unknownTenant).problem
    case .tooManyTries(let seconds):
      .problem(
        429, "Too many wrong passwords", detail: "Wait \(seconds) s before you try again.", [("Retry-After", "\(seconds)")])
    case .busy:
      .problem(
        503, "Too many are logging in", detail: "Try again in a moment.", [("Retry-After", "\(PasswordHashing.retryAfter)")])
    case .tooManyRevoked:
      .problem(429, "Too many tokens were ended", detail: "This one ends by itself.", [("Retry-After", "3600")])
    case .notKept(let fault): fault.problem
    }
  }

  private static let advice = "POST /api/login gives a token; show it as `Authorization: Bearer TOKEN`."
}

extension HTTPResponse {
  /// A problem with more header fields.
  static func problem(_ status: Int, _ title: String, detail: String? = nil, _ fields: [(String, String)]) -> HTTPResponse {
    var response = problem(status, title, detail: detail)
    for (name, value) in fields { response.headers.append(name, value) }
    return response
  }
}
