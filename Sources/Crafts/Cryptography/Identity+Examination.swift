import COpenSSL
import Wire

/// What a certificate says of itself, and whether clients of this machine would believe it.
package struct CertificateFacts: Hashable, Sendable {
  package enum Trust: Hashable, Sendable {
    case trusted
    /// It vouches for itself.
    case selfSigned
    /// OpenSSL's words.
    case untrusted(String)
  }

  package var subject: String
  /// Seconds since 1970.
  package var notBefore: Int64
  package var notAfter: Int64
  package var trust: Trust
  /// Of the names that were asked about, those that the certificate is for.
  package var matching: Set<String>
  /// SHA-256 over the certificate.
  package var digest: [UInt8]

  package init(
    subject: String, notBefore: Int64, notAfter: Int64, trust: Trust, matching: Set<String>, digest: [UInt8]
  ) {
    self.subject = subject
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.trust = trust
    self.matching = matching
    self.digest = digest
  }
}

extension Identity {
  /// - Parameter names: host names and IP addresses by which clients might come.
  package func facts(about names: [String]) -> CertificateFacts {
    CertificateFacts(
      subject: Self.subject(of: certificate), notBefore: Self.seconds(X509_get0_notBefore(certificate)),
      notAfter: Self.seconds(X509_get0_notAfter(certificate)), trust: trust,
      matching: Set(names.filter(isFor)), digest: fingerprint.octets)
  }

  private func isFor(_ name: String) -> Bool {
    if IPAddress(name) != nil { return X509_check_ip_asc(certificate, name, 0) == 1 }
    return X509_check_host(certificate, name, name.utf8.count, 0, nil) == 1
  }

  /// Seconds since 1970; the beginning of time for a date that cannot be read.
  private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
    var (days, seconds): (Int32, Int32) = (0, 0)
    let epoch = ASN1_TIME_set(nil, 0)
    defer { ASN1_TIME_free(epoch) }
    guard ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return .min }
    return Int64(days) * 86_400 + Int64(seconds)
  }

  /// By the roots that this machine trusts, whatever the date: that is judged by itself.
  private var trust: CertificateFacts.Trust {
    guard let store = X509_STORE_new(), let context = X509_STORE_CTX_new(), let links = OPENSSL_sk_new_null() else {
      return .untrusted("out of memory")
    }
    defer {
      X509_STORE_CTX_free(context)
      X509_STORE_free(store)
      OPENSSL_sk_free(links)
      ERR_clear_error()
    }
    X509_STORE_set_default_paths(store)
    X509_STORE_set_flags(store, UInt(X509_V_FLAG_NO_CHECK_TIME))
    for link in chain { OPENSSL_sk_push(links, UnsafeRawPointer(link)) }
    guard X509_STORE_CTX_init(context, store, certificate, links) == 1 else { return .untrusted("out of memory") }
    if X509_verify_cert(context) == 1 { return .trusted }
    let code = X509_STORE_CTX_get_error(context)
    if code == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT { return .selfSigned }
    return .untrusted(X509_verify_cert_error_string(Int(code)).map { String(cString: $0) } ?? "error \(code)")
  }
}
