import Cryptography
import Runtime
import Wire

/// How the HTTP port speaks TLS, as `--tls` says.
package enum TLSChoice: Hashable, Sendable, CustomStringConvertible {
  case off
  /// A certificate made at the start, which browsers warn of.
  case selfSigned
  case files(certificate: String, key: String)

  /// `off`, `self` or `CERT.pem,KEY.pem`.
  package init?(_ text: String) {
    switch text {
    case "off": self = .off
    case "self": self = .selfSigned
    default:
      let files = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard files.count == 2, files.allSatisfy({ !$0.isEmpty }) else { return nil }
      self = .files(certificate: files[0], key: files[1])
    }
  }

  package var description: String {
    switch self {
    case .off: "off"
    case .selfSigned: "self"
    case .files(let certificate, let key): "\(certificate),\(key)"
    }
  }

  /// Days that a certificate of our own making is valid: browsers take none for longer than 398.
  static let days = 397

  /// Who we are under TLS; `nil` if it is off. Says so in the log if clients will not trust the certificate.
  ///
  /// - Parameter advertised: the address that the world sees.
  func identity(advertised: IPAddress?, log: Log) throws(Identity.Unusable) -> Identity? {
    let now = SystemClock.wallNanoseconds / 1_000_000_000
    switch self {
    case .off: return nil
    case .selfSigned:
      let addresses = Interfaces.addresses() + (advertised.map { [$0] } ?? [])
      let names = ["localhost"] + (Interfaces.hostName.map { [$0] } ?? []) + addresses.map(\.description)
      return Identity.selfSigned(names: names, now: now, days: Self.days)
    case .files(let certificate, let key):
      let identity = try Identity(certificateFile: certificate, keyFile: key)
      if let caution = identity.caution(at: now) {
        log.write(.warning, "Browsers will refuse the certificate in \(certificate): \(caution)")
      }
      return identity
    }
  }
}
