import COpenSSL
import Foundation

/// A certificate and its key, made for a test in every way that goes wrong.
final class TestCertificate {
  let certificate: OpaquePointer
  let key: OpaquePointer

  /// - Parameters:
  ///   - issuer: who signs; itself if `nil`.
  ///   - days: from when to when, counted from today.
  init(_ name: String, issuer: TestCertificate? = nil, days: ClosedRange<Int> = -1...30, rsaBits: Int? = nil) throws {
    guard let certificate = X509_new(), let key = rsaBits.map({ Self.rsa($0) }) ?? shim_generate_p256() else {
      throw CancellationError()
    }
    (self.certificate, self.key) = (certificate, key)
    X509_set_version(certificate, 2)
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), Int.random(in: 1...Int(Int32.max)))
    X509_gmtime_adj(X509_getm_notBefore(certificate), days.lowerBound * 86_400)
    X509_gmtime_adj(X509_getm_notAfter(certificate), days.upperBound * 86_400)
    let subject = X509_get_subject_name(certificate)
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, name, -1, -1, 0)
    X509_set_issuer_name(certificate, issuer.map { X509_get_subject_name($0.certificate) } ?? subject)
    X509_set_pubkey(certificate, key)
    X509_sign(certificate, issuer?.key ?? key, EVP_sha256())
  }

  deinit {
    X509_free(certificate)
    EVP_PKEY_free(key)
  }

  private static func rsa(_ bits: Int) -> OpaquePointer? {
    var key: OpaquePointer?
    let context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nil)
    defer { EVP_PKEY_CTX_free(context) }
    EVP_PKEY_keygen_init(context)
    EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits))
    EVP_PKEY_keygen(context, &key)
    return key
  }

  var certificatePEM: String { Self.text { PEM_write_bio_X509($0, certificate) } }
  var keyPEM: String { Self.text { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) } }
  func keyPEM(passphrase: String) -> String {
    Self.text { PEM_write_bio_PrivateKey($0, key, EVP_aes_128_cbc(), passphrase, Int32(passphrase.utf8.count), nil, nil) }
  }

  var fingerprint: [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    X509_digest(certificate, EVP_sha256(), &digest, nil)
    return digest
  }

  private static func text(_ write: (OpaquePointer?) -> Int32) -> String {
    let memory = BIO_new(BIO_s_mem())
    defer { BIO_free(memory) }
    _ = write(memory)
    var bytes = [UInt8](repeating: 0, count: Int(BIO_ctrl_pending(memory)))
    BIO_read(memory, &bytes, Int32(bytes.count))
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A folder that is gone after the test.
final class TestFolder {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("calldocker-\(UUID())")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  func write(_ name: String, _ text: String) throws -> String {
    try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    return path(name)
  }
}
