import Cryptography

/// What browsers will make of the certificate on the HTTP port.
struct CertificateCheck: Check {
  enum State: Hashable, Sendable {
    /// - isReachable: whether other machines reach the port.
    case off(isReachable: Bool)
    /// One that the service made for itself at its start.
    case made
    case files(CertificateFacts)
    /// The files cannot be used: why, in words that end with a full stop.
    case unusable(String)
  }
  static let name = "certificate"
  /// Days before its end from which on it is high time.
  static let warningDays: Int64 = 21

  var state: State
  /// Names by which browsers come, as far as they are known.
  var names: [String]
  /// SHA-256 of the one that the running service shows; `nil` if nobody could be asked.
  var shown: [UInt8]?
  /// Seconds since 1970.
  var now: Int64

  var summary: String {
    switch state {
    case .off: "TLS is off: the port speaks plain HTTP"
    case .made: "made by the service for itself (--tls self)"
    case .unusable: "the files of --tls cannot be used"
    case .files(let facts): "\(facts.subject), \(Self.days(facts.notAfter - now))"
    }
  }

  private static func days(_ seconds: Int64) -> String {
    let days = seconds / 86_400
    return seconds < 0 ? "expired" : days == 1 ? "valid for 1 more day" : "valid for \(days) more days"
  }

  private static let microphone =
    "Browsers give a microphone to pages that come by https, and to this machine's own (localhost), to no others."

  var findings: [Finding] {
    switch state {
    case .off(isReachable: false): []
    case .off(isReachable: true):
      [
        .warning(
          Self.microphone, "Give --tls a certificate, or let a proxy speak TLS in front and listen with --host 127.0.0.1.")
      ]
    case .made:
      [
        .warning(
          "Browsers refuse a certificate that vouches for itself until their user has confirmed it, and a widget on another site "
            + "asks nobody.",
          "For more than a trial give --tls a certificate of a public authority (docs/tls.md).")
      ]
    case .unusable(let why):
      [.failed(why, "The service does not start with it. docs/tls.md says which files it wants.")]
    case .files(let facts): judge(facts)
    }
  }

  private func judge(_ facts: CertificateFacts) -> [Finding] {
    var findings: [Finding] = []
    let left = facts.notAfter - now
    let renewal = "Renew it, and tell the running service with SIGHUP."
    if left < 0 {
      findings.append(.failed("The certificate expired \(-left / 86_400) days ago: browsers refuse it.", renewal))
    } else if facts.notBefore > now {
      findings.append(
        .failed("The certificate is not valid yet: browsers refuse it.", "Set this machine's clock right, or wait for its day.")
      )
    } else if left < Self.warningDays * 86_400 {
      findings.append(.warning("The certificate expires in \(left / 86_400) days.", renewal))
    }
    switch facts.trust {
    case .trusted: break
    case .selfSigned:
      findings.append(
        .warning("The certificate vouches for itself: browsers refuse it.", "Get one of a public authority (docs/tls.md)."))
    case .untrusted(let words):
      findings.append(
        .warning(
          "This machine does not trust the certificate: \(words).",
          "Put the certificates between it and its authority behind it in the same file (often fullchain.pem); an authority of "
            + "your own must be known to every browser."))
    }
    for name in names where !facts.matching.contains(name) {
      findings.append(.failed("The certificate is not for \(name).", "Get one whose subjectAltName has \(name)."))
    }
    if let shown, shown != facts.digest {
      findings.append(
        .warning(
          "The running service shows another certificate than the one in the file.",
          "Send it SIGHUP, so that it reads the file again."))
    }
    return findings
  }
}
