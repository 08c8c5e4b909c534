/// The bounds of what a message may hold; a message one past any of them is refused, never cut.
package enum SIPLimit: Hashable, Sendable {
  case messageBytes
  /// Of a message on a stream: its top line and headers.
  case headBytes
  /// Of a message on a stream.
  case bodyBytes
  case headers
  case headerBytes
  case uriBytes
  case parameters
  case vias

  package var maximum: Int {
    switch self {
    case .messageBytes: 65_535
    case .headBytes: 32_768
    case .bodyBytes: 32_767
    case .headers: 256
    case .headerBytes: 8192
    case .uriBytes: 2048
    case .parameters: 64
    case .vias: 70
    }
  }
}
