import COpenSSL
import Wire

/// A certificate with its private key: who we are, to browsers over DTLS and to everybody over TLS.
package final class Identity: @unchecked Sendable {
  // Unchecked: all are counted by OpenSSL and never changed after the initialiser.
  let certificate: OpaquePointer
  let key: OpaquePointer
  /// Certificates between ours and a root, in the order in which they are sent.
  let chain: [OpaquePointer]
  /// SHA-256 over the certificate.
  package let fingerprint: Fingerprint
  let tlsContext: TLSContext
  private let contexts: (client: DTLSContext, server: DTLSContext)

  /// Takes what it is given over, unless it throws.
  init(certificate: OpaquePointer, key: OpaquePointer, chain: [OpaquePointer]) throws(Unusable) {
    // First, because it says in words what OpenSSL will not take.
    tlsContext = try TLSContext.server(certificate: certificate, key: key, chain: chain)
    self.certificate = certificate
    self.key = key
    self.chain = chain
    fingerprint = Fingerprint(algorithm: .sha256, octets: Self.digest(of: certificate, EVP_sha256()) ?? [])
    let profiles: [SRTPProfile] = [.aeadAES128GCM, .aes128CMSHA180]
    contexts = (
      client: DTLSContext(certificate: certificate, key: key, role: .client, profiles: profiles),
      server: DTLSContext(certificate: certificate, key: key, role: .server, profiles: profiles)
    )
  }

  func dtlsContext(_ role: DTLSRole) -> DTLSContext {
    role == .client ? contexts.client : contexts.server
  }

  deinit {
    X509_free(certificate)
    EVP_PKEY_free(key)
    for link in chain { X509_free(link) }
  }

  /// Makes a P-256 key and a certificate that it signs itself.
  ///
  /// - Parameters:
  ///   - names: DNS names and IP addresses for the certificate's subjectAltName; the first is its common name.
  ///   - now: seconds since 1970; the certificate begins a day before.
  package static func selfSigned(names: [String], now: Int64, days: Int) -> Identity {
    guard let key = shim_generate_p256(), let certificate = X509_new() else {
      preconditionFailure("a key and a certificate can always be made while there is memory")
    }
    X509_set_version(certificate, 2)
    setSerial(of: certificate)
    var from = time_t(now - 86_400)
    var until = time_t(now + Int64(days) * 86_400)
    ASN1_TIME_set(X509_getm_notBefore(certificate), from)
    ASN1_TIME_set(X509_getm_notAfter(certificate), until)
    (from, until) = (0, 0)
    let subject = X509_get_subject_name(certificate)
    let commonName = Array((names.first ?? "calldocker").utf8.prefix(64))
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, commonName, Int32(commonName.count), -1, 0)
    X509_set_issuer_name(certificate, subject)
    X509_set_pubkey(certificate, key)
    addExtension(NID_basic_constraints, "critical,CA:FALSE", to: certificate)
    addExtension(NID_key_usage, "critical,digitalSignature", to: certificate)
    addExtension(NID_ext_key_usage, "serverAuth,clientAuth", to: certificate)
    addExtension(NID_subject_alt_name, alternativeNames(names), to: certificate)
    X509_sign(certificate, key, EVP_sha256())
    do {
      return try Identity(certificate: certificate, key: key, chain: [])
    } catch {
      preconditionFailure("what we made ourselves is usable: \(error)")
    }
  }

  private static func setSerial(of certificate: OpaquePointer) {
    var serial = [UInt8](repeating: 0, count: 16)
    RAND_bytes(&serial, Int32(serial.count))
    serial[0] &= 0x7F
    let number = BN_bin2bn(serial, Int32(serial.count), nil)
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate))
    BN_free(number)
  }

  /// Names in OpenSSL's little language: each is checked before, because a comma would begin another one.
  private static func alternativeNames(_ names: [String]) -> String {
    let entries = names.compactMap { name -> String? in
      if IPAddress(name) != nil { return "IP:\(name)" }
      let isHost = !name.isEmpty && name.utf8.allSatisfy { $0 == 0x2D || $0 == 0x2E || $0 == 0x2A || Self.isAlphanumeric($0) }
      return isHost ? "DNS:\(name)" : nil
    }
    return entries.joined(separator: ",")
  }

  private static func addExtension(_ kind: Int32, _ text: String, to certificate: OpaquePointer) {
    guard !text.isEmpty, let made = X509V3_EXT_conf_nid(nil, nil, kind, text) else { return }
    X509_add_ext(certificate, made, -1)
    X509_EXTENSION_free(made)
  }

  private static func isAlphanumeric(_ octet: UInt8) -> Bool {
    (0x30...0x39).contains(octet) || (0x41...0x5A).contains(octet) || (0x61...0x7A).contains(octet)
  }

  /// A digest over a certificate's DER form.
  static func digest(of certificate: OpaquePointer, _ hash: OpaquePointer?) -> [UInt8]? {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    guard X509_digest(certificate, hash, &digest, &length) == 1 else { return nil }
    return Array(digest.prefix(Int(length)))
  }
}
