import Cryptography
import Wire

/// What a browser's offer means for a call (RFC 9429, RFC 8839, RFC 5763): one audio section, everything else declined.
package struct BrowserOffer: Hashable, Sendable {
  /// RFC 8839 §5.4: at least 4 and 22 characters, at most 256.
  package static let fragmentLength = 4...256
  package static let passwordLength = 22...256

  package let usernameFragment: String
  package let password: String
  package let fingerprints: [Fingerprint]
  /// Ours: a browser that can be both lets us wait for its hello.
  package let role: DTLSRole
  package let opus: SDPCodec
  package let telephoneEvent: SDPCodec?
  /// As the browser sees it.
  package let direction: Direction
  let session: SessionDescription
  let section: Int

  package init(_ session: SessionDescription) throws(OfferRefusal) {
    let audio = session.media.indices.filter { session.media[$0].kind == "audio" && session.media[$0].isInUse }
    guard !audio.isEmpty else { throw OfferRefusal(.noAudio) }
    guard let section = audio.first(where: { session.media[$0].isSecure }) else { throw OfferRefusal(.notEncrypted) }
    let media = session.media[section]
    guard let opus = media.codecs.first(where: \.isOpus) else { throw OfferRefusal(.noCommonCodec) }
    let attributes = media.attributes + session.attributes
    guard let fragment = attributes.value("ice-ufrag"), Self.fragmentLength.contains(fragment.utf8.count),
      let password = attributes.value("ice-pwd"), Self.passwordLength.contains(password.utf8.count)
    else { throw OfferRefusal(.noCredentials) }
    fingerprints = attributes.values("fingerprint").compactMap { Fingerprint($0) }
    guard !fingerprints.isEmpty else { throw OfferRefusal(.noFingerprint) }
    usernameFragment = fragment
    self.password = password
    role = attributes.value("setup") == "passive" ? .client : .server
    self.opus = opus
    telephoneEvent = media.codecs.telephoneEvent(besides: opus)
    direction = media.direction(in: session)
    self.session = session
    self.section = section
  }
}

extension MediaDescription {
  /// Port 0 means "not wanted", unless the section rides on another one's port (RFC 9143 §7.1).
  var isInUse: Bool { port != 0 || attributes.contains("bundle-only") }
  var isSecure: Bool { ["UDP/TLS/RTP/SAVPF", "RTP/SAVPF", "UDP/TLS/RTP/SAVP"].contains(proto) }
}
