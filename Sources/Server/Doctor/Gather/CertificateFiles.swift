import Cryptography
import Runtime

/// The certificate of the settings, and the one that the port shows.
enum CertificateFiles {
  static func state(_ service: Service, _ names: [String]) -> CertificateCheck.State {
    guard service.tls != "off" else { return .off(isReachable: !service.hostAddress.isLoopback) }
    guard let files = service.certificateFiles else { return .made }
    do throws(Identity.Unusable) {
      return .files(try Identity(certificateFile: files.certificate, keyFile: files.key).facts(about: names))
    } catch {
      return .unusable(error.description)
    }
  }

  /// SHA-256 over the certificate that the running service shows; `nil` without one, or without TLS from files.
  static func shown(_ service: Service) -> [UInt8]? {
    guard service.isRunning, service.certificateFiles != nil else { return nil }
    return try? WebLine(connect: service.http, speaksTLS: true, within: .seconds(3)).serverCertificate
  }
}
