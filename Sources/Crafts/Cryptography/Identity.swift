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
  private let contexts: (client: DTLSContext, server: DTLSContext)

  private init(certificate: OpaquePointer, key: OpaquePointer, chain: [OpaquePointer]) {
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
    addAlternativeNames(names, to: certificate)
    X509_sign(certificate, key, EVP_sha256())
    return Identity(certificate: certificate, key: key, chain: [])
  }

  private static func setSerial(of certificate: OpaquePointer) {
    var serial = [UInt8](repeating: 0, count: 16)
    RAND_bytes(&serial, Int32(serial.count))
    serial[0] &= 0x7F
    let number = BN_bin2bn(serial, Int32(serial.count), nil)
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate))
    BN_free(number)
  }

  private static func addAlternativeNames(_ names: [String], to certificate: OpaquePointer) {
    // Each name is checked before it is written in OpenSSL's little language, where a comma would begin another one.
    let entries = names.compactMap { name -> String? in
      if IPAddress(name) != nil { return "IP:\(name)" }
      let isHost = !name.isEmpty && name.utf8.allSatisfy { $0 == 0x2D || $0 == 0x2E || $0 == 0x2A || Self.isAlphanumeric($0) }
      return isHost ? "DNS:\(name)" : nil
    }
    guard !entries.isEmpty,
      let text = X509V3_EXT_conf_nid(nil, nil, NID_subject_alt_name, entries.joined(separator: ","))
    else { return }
    X509_add_ext(certificate, text, -1)
    X509_EXTENSION_free(text)
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

extension Identity {
  /// Why a certificate or key could not be used, in words for the person who named the files.
  package struct Unusable: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
  }

  /// Reads a certificate chain and a key in PEM.
  package convenience init(certificateFile: String, keyFile: String) throws(Unusable) {
    var chain = try Self.certificates(in: certificateFile)
    guard !chain.isEmpty else { throw Unusable(description: "\(certificateFile) holds no certificate in PEM") }
    guard let file = BIO_new_file(keyFile, "r") else { throw Unusable(description: "the key file \(keyFile) cannot be read") }
    defer { BIO_free(file) }
    guard let key = PEM_read_bio_PrivateKey(file, nil, nil, nil) else {
      throw Unusable(description: "\(keyFile) holds no unencrypted private key in PEM")
    }
    guard X509_check_private_key(chain[0], key) == 1 else {
      throw Unusable(description: "the key in \(keyFile) does not belong to the certificate in \(certificateFile)")
    }
    let leaf = chain.removeFirst()
    self.init(certificate: leaf, key: key, chain: chain)
  }

  private static func certificates(in path: String) throws(Unusable) -> [OpaquePointer] {
    guard let file = BIO_new_file(path, "r") else {
      throw Unusable(description: "the certificate file \(path) cannot be read")
    }
    defer {
      BIO_free(file)
      ERR_clear_error()
    }
    var found: [OpaquePointer] = []
    while let certificate = PEM_read_bio_X509(file, nil, nil, nil) { found.append(certificate) }
    return found
  }
}
