import COpenSSL
import Wire

/// OpenSSL's TLS between two memory BIOs: what a session of either role stands on.
///
/// The BIOs are fed and emptied in pieces, because a memory BIO keeps the largest size that it ever had.
struct TLSEngine: ~Copyable {
  /// Bytes that OpenSSL gets at a time in either direction: one record's (RFC 8446 §5.1).
  static let piece = 16_384

  enum Step: Equatable {
    case done
    /// Only more of the peer's bytes lead on.
    case wantsMore
    /// The peer has said goodbye (close_notify).
    case closed
    case failed(String)
  }

  private let ssl: OpaquePointer
  private let input: OpaquePointer
  private let output: OpaquePointer

  init(_ context: TLSContext, isServer: Bool) {
    guard let ssl = SSL_new(context.handle), let input = BIO_new(BIO_s_mem()), let output = BIO_new(BIO_s_mem()) else {
      preconditionFailure("a TLS session can be made while there is memory")
    }
    (self.ssl, self.input, self.output) = (ssl, input, output)
    shim_mem_eof_means_retry(input)
    SSL_set_bio(ssl, input, output)
    if isServer { SSL_set_accept_state(ssl) } else { SSL_set_connect_state(ssl) }
  }

  deinit {
    SSL_free(ssl)
  }

  /// Takes the peer's bytes, at most a piece.
  func feed(_ octets: ArraySlice<UInt8>) {
    octets.withUnsafeBytes { _ = BIO_write(input, $0.baseAddress, Int32(clamping: $0.count)) }
  }

  func shakeHands() -> Step {
    ERR_clear_error()
    let outcome = SSL_do_handshake(ssl)
    return outcome == 1 ? .done : step(after: outcome)
  }

  /// Appends what can be read; what ends the reading is never `done`.
  func read(into plaintext: inout [UInt8]) -> Step {
    withUnsafeTemporaryAllocation(byteCount: Self.piece, alignment: 16) { buffer in
      while true {
        ERR_clear_error()
        let count = SSL_read(ssl, buffer.baseAddress, Int32(buffer.count))
        guard count > 0 else { return step(after: count) }
        plaintext += buffer[..<Int(count)]
      }
    }
  }

  /// Seals all of `plaintext`, and appends it as records.
  func write(_ plaintext: [UInt8], into records: inout [UInt8]) -> Step {
    for start in stride(from: 0, to: plaintext.count, by: Self.piece) {
      ERR_clear_error()
      let outcome = plaintext[start..<min(start + Self.piece, plaintext.count)].withUnsafeBytes {
        SSL_write(ssl, $0.baseAddress, Int32($0.count))
      }
      takeRecords(into: &records)
      guard outcome > 0 else { return step(after: outcome) }
    }
    return .done
  }

  /// Says goodbye (close_notify).
  func sayGoodbye() {
    ERR_clear_error()
    SSL_shutdown(ssl)
  }

  /// Appends what OpenSSL has for the peer.
  func takeRecords(into records: inout [UInt8]) {
    let waiting = BIO_ctrl_pending(output)
    guard waiting > 0 else { return }
    withUnsafeTemporaryAllocation(byteCount: waiting, alignment: 16) { buffer in
      let count = BIO_read(output, buffer.baseAddress, Int32(clamping: buffer.count))
      if count > 0 { records += buffer[..<Int(count)] }
    }
  }

  /// For a client, before its hello: the newest version that it speaks and the application protocols that it offers.
  func prepareHello(newest: Int32, protocols: [String]) {
    SSL_ctrl(ssl, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(newest), nil)
    let list = protocols.flatMap { [UInt8(clamping: $0.utf8.count)] + Array($0.utf8) }
    SSL_set_alpn_protos(ssl, list, UInt32(list.count))
  }

  /// For a client, before its hello: the server must show a certificate for this name or IP address (RFC 9110 §4.3.4).
  func expect(_ name: String) {
    SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    let isExpected =
      if IPAddress(name) != nil {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1
      } else {
        SSL_set1_host(ssl, name) == 1 && shim_set_server_name(ssl, name) == 1
      }
    precondition(isExpected, "OpenSSL takes a host's name or address")
  }

  /// Why the peer's certificate is not believed; `nil` if it is, or if nobody asked.
  var distrust: String? {
    let verdict = SSL_get_verify_result(ssl)
    return verdict == Int(X509_V_OK) ? nil : String(cString: X509_verify_cert_error_string(verdict))
  }

  /// `TLSv1.2` or `TLSv1.3` once hands are shaken.
  var version: String { String(cString: SSL_get_version(ssl)) }

  /// The protocol that both sides agreed on (RFC 7301), if the client offered any.
  var applicationProtocol: [UInt8] {
    var name: UnsafePointer<UInt8>?
    var length: UInt32 = 0
    SSL_get0_alpn_selected(ssl, &name, &length)
    return Array(UnsafeBufferPointer(start: name, count: Int(length)))
  }

  /// SHA-256 over each certificate that the peer sent, its own first. On the client's side.
  var peerCertificates: [[UInt8]] {
    guard let chain = SSL_get_peer_cert_chain(ssl) else { return [] }
    return (0..<OPENSSL_sk_num(chain)).compactMap { index in
      OPENSSL_sk_value(chain, index).flatMap { Identity.digest(of: OpaquePointer($0), EVP_sha256()) }
    }
  }

  private func step(after outcome: Int32) -> Step {
    switch SSL_get_error(ssl, outcome) {
    case SSL_ERROR_WANT_READ: .wantsMore
    case SSL_ERROR_ZERO_RETURN: .closed
    default: .failed(openSSLsWords())
    }
  }
}
