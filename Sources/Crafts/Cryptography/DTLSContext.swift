import COpenSSL

/// What all DTLS associations of one identity and role share.
final class DTLSContext: @unchecked Sendable {
  // Unchecked: OpenSSL counts references to the context, and nothing changes it after the initialiser.
  let handle: OpaquePointer

  init(certificate: OpaquePointer, key: OpaquePointer, role: DTLSRole, profiles: [SRTPProfile]) {
    let method = role == .client ? DTLS_client_method() : DTLS_server_method()
    guard let handle = SSL_CTX_new(method) else { preconditionFailure("a DTLS context can be made while there is memory") }
    self.handle = handle
    _ = shim_set_min_version(handle, DTLS1_2_VERSION)
    _ = shim_set_max_version(handle, DTLS1_2_VERSION)
    SSL_CTX_set_options(handle, shim_op_no_query_mtu | shim_op_no_renegotiation | shim_op_no_ticket)
    shim_set_mode(handle, shim_mode_release_buffers)
    SSL_CTX_ctrl(handle, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
    _ = shim_set_groups(handle, "X25519:P-256")
    SSL_CTX_set_cipher_list(
      handle, "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA"
    )
    // Success is 0 here, unlike everywhere else in OpenSSL.
    let names = profiles.map(\.name).joined(separator: ":")
    precondition(SSL_CTX_set_tlsext_use_srtp(handle, names) == 0, "OpenSSL knows the SRTP profiles \(names)")
    precondition(SSL_CTX_use_certificate(handle, certificate) == 1, "the certificate fits OpenSSL")
    precondition(SSL_CTX_use_PrivateKey(handle, key) == 1, "the key fits its certificate")
    // Certificates are self-signed by design: the fingerprint from signalling decides, after the handshake (RFC 5763 §5).
    SSL_CTX_set_verify(handle, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT) { _, _ in 1 }
  }

  deinit {
    SSL_CTX_free(handle)
  }
}
