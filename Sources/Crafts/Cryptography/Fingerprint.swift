import Wire

/// The digest of a certificate, as `a=fingerprint` carries it (RFC 8122 §5).
package struct Fingerprint: Hashable, Sendable {
  package enum Algorithm: String, Sendable, CaseIterable {
    case sha1 = "sha-1"
    case sha256 = "sha-256"
    case sha384 = "sha-384"
    case sha512 = "sha-512"

    /// Bytes of the digest.
    package var length: Int {
      switch self {
      case .sha1: 20
      case .sha256: 32
      case .sha384: 48
      case .sha512: 64
      }
    }
  }

  package let algorithm: Algorithm
  package let octets: [UInt8]

  package init(algorithm: Algorithm, octets: [UInt8]) {
    self.algorithm = algorithm
    self.octets = octets
  }

  /// Reads `sha-256 4A:AD:…`; `nil` for an unknown hash function or a digest of the wrong length.
  package init?(_ text: some StringProtocol) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 2, let algorithm = Algorithm(rawValue: words[0].lowercased()) else { return nil }
    var octets: [UInt8] = []
    for pair in words[1].split(separator: ":", omittingEmptySubsequences: false) {
      guard pair.utf8.count == 2, let octet = Hex.decode(pair)?.first else { return nil }
      octets.append(octet)
    }
    guard octets.count == algorithm.length else { return nil }
    self.init(algorithm: algorithm, octets: octets)
  }
}

extension Fingerprint: CustomStringConvertible {
  package var description: String {
    "\(algorithm.rawValue) " + octets.map { Hex.encode([$0]).uppercased() }.joined(separator: ":")
  }
}
