/// How SRTP seals its packets, as DTLS agrees on it (RFC 5764 §4.1.2, RFC 7714 §14.2).
package enum SRTPProfile: Hashable, Sendable, CaseIterable {
  case aes128CMSHA180
  case aeadAES128GCM

  /// The protection profile's name in OpenSSL.
  package var name: String {
    switch self {
    case .aes128CMSHA180: "SRTP_AES128_CM_SHA1_80"
    case .aeadAES128GCM: "SRTP_AEAD_AES_128_GCM"
    }
  }

  package var keyLength: Int { 16 }
  package var saltLength: Int {
    switch self {
    case .aes128CMSHA180: 14
    case .aeadAES128GCM: 12
    }
  }
}

/// Master keys and salts of both directions, each key followed by its salt, as libsrtp and RFC 4568 write them.
package struct SRTPKeys: Hashable, Sendable {
  package let profile: SRTPProfile
  /// For what we send.
  package let local: [UInt8]
  /// For what the peer sends.
  package let remote: [UInt8]

  package init(profile: SRTPProfile, local: [UInt8], remote: [UInt8]) {
    self.profile = profile
    self.local = local
    self.remote = remote
  }

  /// The bytes that a DTLS association exports: client key, server key, client salt, server salt (RFC 5764 §4.2).
  package init?(exported: [UInt8], profile: SRTPProfile, role: DTLSRole) {
    let (key, salt) = (profile.keyLength, profile.saltLength)
    guard exported.count == 2 * (key + salt) else { return nil }
    let client = exported[..<key] + exported[(2 * key)..<(2 * key + salt)]
    let server = exported[key..<(2 * key)] + exported[(2 * key + salt)...]
    self.init(
      profile: profile, local: Array(role == .client ? client : server), remote: Array(role == .client ? server : client))
  }

  /// How many bytes to export for `profile`.
  static func exportedLength(_ profile: SRTPProfile) -> Int { 2 * (profile.keyLength + profile.saltLength) }
}
