/// Why we cannot talk on what was offered, in words for the person who offered it.
package struct OfferRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Reason: Hashable, Sendable {
    case noAudio
    case noCommonCodec
    case notEncrypted
    case noCredentials
    case noFingerprint
    case noAddress
  }
  package let reason: Reason

  init(_ reason: Reason) { self.reason = reason }

  package var description: String {
    switch reason {
    case .noAudio: "The offer has no audio section that is in use."
    case .noCommonCodec: "The offer has no codec that we speak: browsers need Opus, phones Opus, PCMU or PCMA."
    case .notEncrypted: "The audio section is not encrypted by DTLS (UDP/TLS/RTP/SAVPF)."
    case .noCredentials: "The offer has no ICE user name fragment and password (a=ice-ufrag, a=ice-pwd)."
    case .noFingerprint: "The offer has no certificate fingerprint that we can check (a=fingerprint)."
    case .noAddress: "The description names no address that packets could be sent to (c=)."
    }
  }
}
