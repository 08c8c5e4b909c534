import COpenSSL

/// What all TLS connections of one identity and role share.
final class TLSContext: @unchecked Sendable {
  // Unchecked: OpenSSL counts references to the context, and nothing changes it after it was made.
  let handle: OpaquePointer

  private init(_ handle: OpaquePointer) { self.handle = handle }

  deinit {
    SSL_CTX_free(handle)
  }

  /// The only application protocol that is spoken here (RFC 7301 §6).
  static let applicationProtocol = Array("http/1.1".utf8)

  /// Ciphers of TLS 1.2 that keep their secrets when a key is lost, sealed as RFC 5288 and RFC 7905 do; TLS 1.3 has no others.
  private static let ciphers = ["ECDSA", "RSA"].flatMap { signature in
    ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"].map { "ECDHE-\(signature)-\($0)" }
  }

  /// The server's side, which shows its certificate with the whole chain.
  static func server(
    certificate: OpaquePointer, key: OpaquePointer, chain: [OpaquePointer]
  ) throws(Identity.Unusable) -> TLSContext {
    let context = make(TLS_server_method())
    for link in [certificate] + chain {
      let isTaken =
        link == certificate
        ? SSL_CTX_use_certificate(context.handle, link) : shim_add_chain_certificate(context.handle, link)
      guard isTaken == 1 else {
        throw Identity.Unusable("OpenSSL refuses the certificate \(Identity.subject(of: link)): \(openSSLsWords())")
      }
    }
    guard SSL_CTX_use_PrivateKey(context.handle, key) == 1 else {
      throw Identity.Unusable("OpenSSL refuses the key: \(openSSLsWords())")
    }
    SSL_CTX_set_alpn_select_cb(
      context.handle,
      { _, chosen, length, offered, count, _ in
        guard let chosen, let length, let offered else { return SSL_TLSEXT_ERR_NOACK }
        guard let found = TLSContext.find(in: UnsafeBufferPointer(start: offered, count: Int(count))) else {
          return SSL_TLSEXT_ERR_ALERT_FATAL
        }
        chosen.pointee = found.baseAddress
        length.pointee = UInt8(found.count)
        return SSL_TLSEXT_ERR_OK
      }, nil)
    return context
  }

  /// The client's side, for those who look at the certificate themselves.
  static let client: TLSContext = {
    let context = make(TLS_client_method())
    SSL_CTX_set_verify(context.handle, SSL_VERIFY_NONE, nil)
    return context
  }()

  /// The client's side that goes on only with a server whose certificate is signed by somebody trusted.
  static func verifying(_ trust: (OpaquePointer) -> Bool) -> TLSContext {
    let context = make(TLS_client_method())
    SSL_CTX_set_verify(context.handle, SSL_VERIFY_PEER, nil)
    // Without roots nobody is believed, and each connection says so.
    if !trust(context.handle) { ERR_clear_error() }
    return context
  }

  private static func make(_ method: OpaquePointer?) -> TLSContext {
    guard let handle = SSL_CTX_new(method) else { preconditionFailure("a TLS context can be made while there is memory") }
    ERR_clear_error()
    _ = shim_set_min_version(handle, TLS1_2_VERSION)
    _ = shim_set_max_version(handle, TLS1_3_VERSION)
    SSL_CTX_set_options(handle, shim_op_no_renegotiation | shim_op_no_ticket)
    // A session that is taken up again would save half a millisecond, and cost a key to guard and to change.
    SSL_CTX_set_num_tickets(handle, 0)
    SSL_CTX_ctrl(handle, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
    shim_set_mode(handle, shim_mode_release_buffers | shim_mode_no_auto_chain)
    _ = shim_set_groups(handle, "X25519:P-256")
    precondition(SSL_CTX_set_cipher_list(handle, ciphers.joined(separator: ":")) == 1, "OpenSSL knows these ciphers")
    return TLSContext(handle)
  }

  /// Our protocol in a client's list, where each name stands behind its length (RFC 7301 §3.1).
  private static func find(in list: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
    var position = 0
    while position < list.count {
      let end = position + 1 + Int(list[position])
      guard end <= list.count else { return nil }
      let name = UnsafeBufferPointer(rebasing: list[(position + 1)..<end])
      if name.elementsEqual(applicationProtocol) { return name }
      position = end
    }
    return nil
  }
}

/// The first thing that OpenSSL has to say about a call that failed.
func openSSLsWords() -> String {
  let code = ERR_get_error()
  guard code != 0, let reason = ERR_reason_error_string(code) else { return "no reason given" }
  return String(cString: reason)
}
