/// Who speaks first in a DTLS association; SDP's `setup` attribute decides (RFC 5763 §5).
package enum DTLSRole: Hashable, Sendable {
  case client
  case server
}
