import COpenSSL

/// Whose signatures make a server's certificate one that is believed.
package final class TrustedRoots: Sendable {
  let context: TLSContext

  /// Those that this machine trusts: OpenSSL's usual folder, on Debian filled by `ca-certificates`.
  package static let system = TrustedRoots(TLSContext.verifying { SSL_CTX_set_default_verify_paths($0) == 1 })

  /// These certificates and no others.
  package convenience init(_ identities: [Identity]) {
    self.init(
      TLSContext.verifying { context in
        identities.allSatisfy { X509_STORE_add_cert(SSL_CTX_get_cert_store(context), $0.certificate) == 1 }
      })
  }

  private init(_ context: TLSContext) { self.context = context }
}
