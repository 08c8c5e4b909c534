import COpenSSL

/// The OpenSSL that this program runs with, which may be another one than it was built with.
package enum OpenSSLLibrary {
  /// Such as `3.0.17`.
  package static var version: String { OpenSSL_version(OPENSSL_VERSION_STRING).map { String(cString: $0) } ?? "unknown" }
}
