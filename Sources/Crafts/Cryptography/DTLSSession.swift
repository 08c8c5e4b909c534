import COpenSSL
import Wire

/// Why an association came to nothing.
package enum DTLSFailure: Error, Hashable, Sendable {
  /// The peer's certificate is not the one that signalling announced: somebody stands between.
  case fingerprintMismatch
  case noCertificate
  /// No common SRTP profile.
  case noProfile
  /// The peer never finished within `DTLSSession.patience`.
  case timedOut
  /// OpenSSL's own words.
  case protocolError(String)
}

/// One DTLS 1.2 association that agrees on SRTP keys (RFC 6347, RFC 5764), over datagrams that its owner carries.
///
/// A class, because OpenSSL keeps a pointer to the datagrams it writes.
package final class DTLSSession {
  package enum Output: Hashable, Sendable {
    case send([UInt8])
    case established(SRTPKeys)
    case failed(DTLSFailure)
    case closed
  }

  /// How long a handshake may take from its first datagram.
  package static let patience = Duration.seconds(30)
  /// The largest datagram that we send: it fits every path that carries a browser's media.
  package static let mtu = 1200
  /// The largest datagram that we read; a record has at most 16 KB, but no path carries one.
  package static let maximumDatagram = 2048
  /// When to look whether the peer has spoken with its keys, which it does a round trip after the handshake.
  package static let restAfter = Duration.milliseconds(500)

  private enum State {
    case idle
    case shaking(giveUpAt: Instant)
    /// The peer may still ask for our last flight again.
    case established(restAt: Instant?)
    case resting(DTLSFarewell)
    case over
  }

  /// OpenSSL's part, until the association rests.
  private(set) var ssl: OpaquePointer?
  private let input: OpaquePointer
  private let outbox = DatagramBIO.Outbox()
  private let role: DTLSRole
  private let fingerprints: [Fingerprint]
  private var state = State.idle
  private var retransmitAt: Instant?

  package init(identity: Identity, role: DTLSRole, fingerprints: [Fingerprint], mtu: Int = DTLSSession.mtu) {
    self.role = role
    self.fingerprints = fingerprints
    let context = identity.dtlsContext(role)
    guard let ssl = SSL_new(context.handle), let input = BIO_new(BIO_s_mem()), let output = DatagramBIO.make(filling: outbox)
    else { preconditionFailure("a DTLS association can be made while there is memory") }
    self.ssl = ssl
    self.input = input
    shim_mem_eof_means_retry(input)
    SSL_set_bio(ssl, input, output)
    _ = shim_set_mtu(ssl, mtu)
    // RFC 6347 §4.2.4.1 asks for one second; a lost datagram in a call's first moment should not be heard that long.
    DTLS_set_timer_cb(ssl) { _, last in last == 0 ? 100_000 : min(last * 2, 3_000_000) }
    if role == .client { SSL_set_connect_state(ssl) } else { SSL_set_accept_state(ssl) }
  }

  deinit {
    SSL_free(ssl)
  }

  /// When to call `wake`: the next retransmission, or the end of patience; then, once, when it is worth to `rest`.
  package var deadline: Instant? {
    switch state {
    case .shaking(let giveUpAt): earliest(retransmitAt, giveUpAt)
    case .established(let restAt): restAt
    case .idle, .resting, .over: nil
    }
  }

  /// Whether OpenSSL's part of the association is given back.
  package var isResting: Bool { if case .resting = state { true } else { false } }

  /// Begins: a client says hello, a server starts to wait.
  package func start(at now: Instant) -> [Output] {
    guard case .idle = state else { return [] }
    state = .shaking(giveUpAt: now + Self.patience)
    return role == .client ? shake(at: now) : []
  }

  package func receive(_ datagram: UnsafeRawBufferPointer, at now: Instant) -> [Output] {
    guard datagram.count > 0, datagram.count <= Self.maximumDatagram else { return [] }
    if case .idle = state { _ = start(at: now) }
    switch state {
    case .idle, .over: return []
    case .shaking:
      feed(datagram)
      return shake(at: now)
    case .established:
      SSL_alloc_buffers(ssl)
      defer { freeBuffers() }
      feed(datagram)
      return readAfterHandshake()
    case .resting(let farewell):
      guard farewell.isGoodbye(datagram) else { return [] }
      state = .over
      return [.closed]
    }
  }

  package func wake(at now: Instant) -> [Output] {
    if case .established(let restAt?) = state, now >= restAt { state = .established(restAt: nil) }
    guard case .shaking(let giveUpAt) = state else { return [] }
    guard now < giveUpAt else { return fail(.timedOut) }
    guard let retransmitAt, now >= retransmitAt else { return [] }
    ERR_clear_error()
    guard shim_dtls_handle_timeout(ssl) >= 0 else { return fail(.timedOut) }
    learnTimeout(at: now)
    return takeDatagrams()
  }

  /// Gives back what OpenSSL keeps, which is most of a call's memory; to be said once the peer has sealed something with its keys,
  /// as it then has our last flight and never asks for it again.
  package func rest() {
    guard case .established = state, let ssl else { return }
    guard let farewell = DTLSFarewell(of: ssl, role: role, sealing: sealGoodbye) else {
      state = .established(restAt: nil)
      return
    }
    state = .resting(farewell)
    SSL_free(ssl)
    self.ssl = nil
    outbox.datagrams = []
  }

  /// Says goodbye (close_notify).
  package func close() -> [Output] {
    switch state {
    case .idle, .shaking, .over: return []
    case .established:
      state = .over
      return sealGoodbye().map { .send($0) }
    case .resting(let farewell):
      state = .over
      return farewell.goodbye.map { .send($0) }
    }
  }

  private func sealGoodbye() -> [[UInt8]] {
    ERR_clear_error()
    SSL_alloc_buffers(ssl)
    SSL_shutdown(ssl)
    defer { outbox.datagrams.removeAll() }
    return outbox.datagrams
  }

  // MARK: Inside

  private func feed(_ datagram: UnsafeRawBufferPointer) {
    BIO_write(input, datagram.baseAddress, Int32(datagram.count))
  }

  private func shake(at now: Instant) -> [Output] {
    ERR_clear_error()
    let outcome = SSL_do_handshake(ssl)
    // What was not read of this datagram must not be read as the beginning of the next one.
    defer { drain() }
    if outcome == 1 { return finish(at: now) }
    switch SSL_get_error(ssl, outcome) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE:
      learnTimeout(at: now)
      return takeDatagrams()
    default: return takeDatagrams() + fail(.protocolError(openSSLsWords()))
    }
  }

  private func drain() {
    if BIO_ctrl_pending(input) > 0 { BIO_ctrl(input, BIO_CTRL_RESET, 0, nil) }
  }

  /// The fingerprint is judged before any key leaves OpenSSL (RFC 5763 §5, RFC 8122 §6.2).
  private func finish(at now: Instant) -> [Output] {
    guard let certificate = SSL_get1_peer_certificate(ssl) else { return refuse(.noCertificate) }
    defer { X509_free(certificate) }
    guard fingerprints.contains(where: { $0.matches(certificate) }) else { return refuse(.fingerprintMismatch) }
    guard let keys = exportKeys() else { return refuse(.noProfile) }
    state = .established(restAt: now + Self.restAfter)
    retransmitAt = nil
    freeBuffers()
    return takeDatagrams() + [.established(keys)]
  }

  /// From now on hardly anything is said: OpenSSL's two buffers, 33 KB for each call, are given back until then.
  private func freeBuffers() { SSL_free_buffers(ssl) }

  private func exportKeys() -> SRTPKeys? {
    guard let selected = SSL_get_selected_srtp_profile(ssl), let name = selected.pointee.name else { return nil }
    guard let profile = SRTPProfile.allCases.first(where: { $0.name == String(cString: name) }) else { return nil }
    var exported = [UInt8](repeating: 0, count: SRTPKeys.exportedLength(profile))
    let label = "EXTRACTOR-dtls_srtp"
    guard SSL_export_keying_material(ssl, &exported, exported.count, label, label.utf8.count, nil, 0, 0) == 1 else {
      return nil
    }
    return SRTPKeys(exported: exported, profile: profile, role: role)
  }

  private func readAfterHandshake() -> [Output] {
    var nothing = [UInt8](repeating: 0, count: 1)
    ERR_clear_error()
    let outcome = SSL_read(ssl, &nothing, 1)
    let error = SSL_get_error(ssl, outcome)
    drain()
    guard error == SSL_ERROR_ZERO_RETURN else { return takeDatagrams() }
    state = .over
    return takeDatagrams() + [.closed]
  }

  /// Tells the peer that we do not go on, and the owner why.
  private func refuse(_ failure: DTLSFailure) -> [Output] {
    SSL_shutdown(ssl)
    return takeDatagrams() + fail(failure)
  }

  private func fail(_ failure: DTLSFailure) -> [Output] {
    state = .over
    retransmitAt = nil
    return [.failed(failure)]
  }

  private func learnTimeout(at now: Instant) {
    var left = timeval()
    guard shim_dtls_timeout(ssl, &left) == 1 else {
      retransmitAt = nil
      return
    }
    // One millisecond more, so that OpenSSL's own clock has surely passed it when we come back.
    retransmitAt = now + .seconds(Int64(left.tv_sec)) + .microseconds(Int64(left.tv_usec) + 1000)
  }

  private func takeDatagrams() -> [Output] {
    defer { outbox.datagrams.removeAll() }
    return outbox.datagrams.map { .send($0) }
  }
}

extension Fingerprint {
  fileprivate func matches(_ certificate: OpaquePointer) -> Bool {
    let hash =
      switch algorithm {
      case .sha1: EVP_sha1()
      case .sha256: EVP_sha256()
      case .sha384: EVP_sha384()
      case .sha512: EVP_sha512()
      }
    return Identity.digest(of: certificate, hash).map { constantTimeEquals($0, octets) } ?? false
  }
}
