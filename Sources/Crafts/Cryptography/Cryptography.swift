/// Who speaks first in a DTLS association; SDP's `setup` attribute decides (RFC 5763 §5).
package enum DTLSRole: Hashable, Sendable {
  case client
  case server
}

/// The digest of a certificate, as `a=fingerprint` carries it (RFC 8122 §5).
package struct Fingerprint: Hashable, Sendable {
  package enum Algorithm: String, Sendable {
    case sha1 = "sha-1"
    case sha256 = "sha-256"
    case sha384 = "sha-384"
    case sha512 = "sha-512"
  }
  package var algorithm: Algorithm
  package var octets: [UInt8]
  package init(algorithm: Algorithm, octets: [UInt8]) {
    self.algorithm = algorithm
    self.octets = octets
  }
}
