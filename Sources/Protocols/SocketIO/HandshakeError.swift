/// What the reference server answers, with HTTP 400, to a request that fits no session.
package enum HandshakeError: Int, Error, Hashable, Sendable {
  case unknownTransport = 0
  case unknownSession = 1
  case badMethod = 2
  case badRequest = 3
  case unsupportedVersion = 5

  package var body: String { "{\"code\":\(rawValue),\"message\":\"\(message)\"}" }

  private var message: String {
    switch self {
    case .unknownTransport: "Transport unknown"
    case .unknownSession: "Session ID unknown"
    case .badMethod: "Bad handshake method"
    case .badRequest: "Bad request"
    case .unsupportedVersion: "Unsupported protocol version"
    }
  }
}
