/// Who may speak, as the maker of a description sees it (RFC 3264 §5.1).
package enum Direction: String, Hashable, Sendable {
  case sendrecv
  case sendonly
  case recvonly
  case inactive

  /// The same seen from the other side: the most that an answer may say.
  package var mirrored: Direction {
    switch self {
    case .sendonly: .recvonly
    case .recvonly: .sendonly
    case .sendrecv, .inactive: self
    }
  }

  package var sends: Bool { self == .sendrecv || self == .sendonly }
  package var receives: Bool { self == .sendrecv || self == .recvonly }
}

extension MediaDescription {
  /// The section's own word, else the session's, else both ways (RFC 8866 §6.7).
  func direction(in session: SessionDescription) -> Direction {
    let named = (attributes + session.attributes).lazy.compactMap { $0.value == nil ? Direction(rawValue: $0.name) : nil }
    return named.first ?? .sendrecv
  }
}
