import COpenSSL

extension Identity {
  /// Certificates that a file may hold: a chain of the web's has three.
  package static let maximumChain = 10

  /// Why a certificate or key could not be used, in words for the person who named the files.
  package struct Unusable: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
  }

  /// Reads a certificate, the chain behind it, and its key, all in PEM; both may be in one file.
  package convenience init(certificateFile: String, keyFile: String) throws(Unusable) {
    let certificates = try PEMCertificates(certificateFile)
    let key = try PEMKey(keyFile)
    guard let owner = certificates.pointers.firstIndex(where: { X509_check_private_key($0, key.pointer) == 1 }) else {
      throw Unusable(
        "The key in \(keyFile) does not belong to the certificate in \(certificateFile); name the two that were made together.")
    }
    guard owner == 0 else {
      throw Unusable(
        "The key in \(keyFile) belongs to certificate \(owner + 1) in \(certificateFile); the server's own must come first.")
    }
    do throws(Unusable) {
      let chain = Array(certificates.pointers.dropFirst())
      try self.init(certificate: certificates.pointers[0], key: key.pointer, chain: chain)
    } catch {
      throw Unusable("\(certificateFile) and \(keyFile) cannot be used. \(error)")
    }
    for certificate in certificates.pointers { X509_up_ref(certificate) }
    EVP_PKEY_up_ref(key.pointer)
  }

  /// Why clients will not trust the certificate now, if its time has not come or is over.
  ///
  /// - Parameter now: seconds since 1970.
  package func caution(at now: Int64) -> String? {
    var moment = time_t(now)
    if X509_cmp_time(X509_get0_notBefore(certificate), &moment) > 0 {
      return "it is not valid before \(Self.text(X509_get0_notBefore(certificate)))"
    }
    if X509_cmp_time(X509_get0_notAfter(certificate), &moment) < 0 {
      return "it expired on \(Self.text(X509_get0_notAfter(certificate)))"
    }
    return nil
  }

  /// `2026-03-01 12:00 UTC`.
  private static func text(_ time: UnsafePointer<ASN1_TIME>?) -> String {
    var parts = tm()
    guard ASN1_TIME_to_tm(time, &parts) == 1 else { return "a date that cannot be read" }
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = "\(1900 + parts.tm_year)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    return "\(day) \(two(parts.tm_hour)):\(two(parts.tm_min)) UTC"
  }

  /// A certificate's subject, for a person: `CN = example.com`.
  static func subject(of certificate: OpaquePointer) -> String {
    guard let memory = BIO_new(BIO_s_mem()) else { return "without a name" }
    defer { BIO_free(memory) }
    X509_NAME_print_ex(memory, X509_get_subject_name(certificate), 0, shim_name_on_one_line)
    var letters = [UInt8](repeating: 0, count: 256)
    let count = BIO_read(memory, &letters, Int32(letters.count))
    return count > 0 ? String(decoding: letters.prefix(Int(count)), as: UTF8.self) : "without a name"
  }
}

/// The certificates of a file, in their order; at least one.
private final class PEMCertificates {
  private(set) var pointers: [OpaquePointer] = []

  init(_ path: String) throws(Identity.Unusable) {
    ERR_clear_error()
    guard let file = BIO_new_file(path, "r") else { throw unreadable("certificate", path) }
    defer {
      BIO_free(file)
      ERR_clear_error()
    }
    while let certificate = PEM_read_bio_X509(file, nil, nil, nil) {
      pointers.append(certificate)
      guard pointers.count <= Identity.maximumChain else {
        throw Identity.Unusable(
          "\(path) holds more than \(Identity.maximumChain) certificates; keep the server's own and its chain.")
      }
    }
    guard isEndOfPEM(ERR_peek_last_error()) else {
      throw Identity.Unusable(
        "Certificate \(pointers.count + 1) in \(path) is damaged (\(openSSLsWords())); get the file anew.")
    }
    guard !pointers.isEmpty else {
      throw Identity.Unusable("\(path) holds no certificate in PEM, a block that begins with -----BEGIN CERTIFICATE-----.")
    }
  }

  deinit {
    for certificate in pointers { X509_free(certificate) }
  }
}

/// The first private key of a file.
private final class PEMKey {
  let pointer: OpaquePointer

  init(_ path: String) throws(Identity.Unusable) {
    ERR_clear_error()
    guard let file = BIO_new_file(path, "r") else { throw unreadable("key", path) }
    defer {
      BIO_free(file)
      ERR_clear_error()
    }
    var isEncrypted = false
    // Without a callback OpenSSL would ask for a passphrase on the terminal and wait.
    let key = PEM_read_bio_PrivateKey(
      file, nil,
      { _, _, _, asked in
        asked?.storeBytes(of: true, as: Bool.self)
        return -1
      }, &isEncrypted)
    guard let key else {
      throw Identity.Unusable(
        isEncrypted
          ? "The key in \(path) is encrypted; write it without its passphrase: openssl pkey -in \(path) -out FILE."
          : "\(path) holds no private key in PEM, a block that begins with -----BEGIN PRIVATE KEY-----, or a damaged one.")
    }
    pointer = key
  }

  deinit {
    EVP_PKEY_free(pointer)
  }
}

/// Whether OpenSSL found no further block, which is how the end of a file looks.
private func isEndOfPEM(_ code: UInt) -> Bool {
  ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE
}

private func unreadable(_ kind: String, _ path: String) -> Identity.Unusable {
  // The system's own reason comes first (ENOENT, EACCES), under a library of its own.
  let code = ERR_get_error()
  let reason = ERR_GET_LIB(code) == ERR_LIB_SYS ? String(cString: strerror(ERR_GET_REASON(code))) : "no reason given"
  return Identity.Unusable("The \(kind) file \(path) cannot be read: \(reason).")
}
