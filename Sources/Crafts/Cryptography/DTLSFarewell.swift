import COpenSSL

/// What is kept of a DTLS association once the peer is known to have its keys: our goodbye, sealed beforehand, and the key that opens
/// the peer's (RFC 6347 §4.1, RFC 5246 §6.3 and §7.2.1).
///
/// OpenSSL keeps 42 KB for an association, half of which for a handshake that might have to be said again; this is 300 bytes.
struct DTLSFarewell {
  /// The close_notify to send at the end.
  let goodbye: [[UInt8]]
  private let suite: Suite
  private let key: [UInt8]
  private let salt: [UInt8]

  /// How records are sealed: what all browsers agree on, each with authentication built in (RFC 5289, RFC 7905).
  private enum Suite: UInt16 {
    case aes128GCM = 0xC02B
    case aes256GCM = 0xC02C
    case chaCha20Poly1305 = 0xCCA9

    var cipher: OpaquePointer? {
      switch self {
      case .aes128GCM: EVP_aes_128_gcm()
      case .aes256GCM: EVP_aes_256_gcm()
      case .chaCha20Poly1305: EVP_chacha20_poly1305()
      }
    }
    var hash: (function: OpaquePointer?, length: Int) {
      switch self {
      case .aes128GCM, .chaCha20Poly1305: (EVP_sha256(), Int(SHA256_DIGEST_LENGTH))
      case .aes256GCM: (EVP_sha384(), Int(SHA384_DIGEST_LENGTH))
      }
    }
    var keyLength: Int {
      switch self {
      case .aes128GCM: 16
      case .aes256GCM, .chaCha20Poly1305: 32
      }
    }
    /// What of a nonce is secret; the rest comes with the record or is its number.
    var saltLength: Int {
      switch self {
      case .aes128GCM, .aes256GCM: 4
      case .chaCha20Poly1305: 12
      }
    }
    /// What of a nonce a record brings along.
    var explicitLength: Int {
      switch self {
      case .aes128GCM, .aes256GCM: 8
      case .chaCha20Poly1305: 0
      }
    }
  }

  private static let tagLength = 16
  private static let headerLength = 13
  private static let alert: UInt8 = 21
  private static let closeNotify: UInt8 = 0
  private static let randomLength = 32
  private static let masterLength = 48

  /// - Parameter seal: writes our close_notify.
  /// - Returns: `nil` where the association agreed on a cipher without authentication of its own, which no browser does.
  init?(of ssl: OpaquePointer, role: DTLSRole, sealing seal: () -> [[UInt8]]) {
    guard let cipher = SSL_get_current_cipher(ssl), let suite = Suite(rawValue: SSL_CIPHER_get_protocol_id(cipher)),
      let session = SSL_get_session(ssl)
    else { return nil }
    var master = [UInt8](repeating: 0, count: Self.masterLength)
    var (client, server) = (
      [UInt8](repeating: 0, count: Self.randomLength), [UInt8](repeating: 0, count: Self.randomLength)
    )
    guard SSL_SESSION_get_master_key(session, &master, master.count) == master.count,
      SSL_get_client_random(ssl, &client, client.count) == client.count,
      SSL_get_server_random(ssl, &server, server.count) == server.count
    else { return nil }
    let (keys, salts) = (suite.keyLength, suite.saltLength)
    let block = Self.expand(master, Array("key expansion".utf8) + server + client, suite, length: 2 * (keys + salts))
    // Both keys, then both salts, the client's before the server's; we read what the other end wrote.
    let isPeerClient = role == .server
    key = Array(block.dropFirst(isPeerClient ? 0 : keys).prefix(keys))
    salt = Array(block.dropFirst(2 * keys + (isPeerClient ? 0 : salts)).prefix(salts))
    self.suite = suite
    goodbye = seal()
  }

  /// The pseudorandom function of TLS 1.2 (RFC 5246 §5).
  private static func expand(_ secret: [UInt8], _ seed: [UInt8], _ suite: Suite, length: Int) -> [UInt8] {
    let hash = suite.hash
    func code(_ message: [UInt8]) -> [UInt8] { authenticationCode(hash.function, message, secret, length: hash.length) }
    var (step, block) = (seed, [UInt8]())
    while block.count < length {
      step = code(step)
      block += code(step + seed)
    }
    return Array(block.prefix(length))
  }

  /// Whether the peer says goodbye in one of a datagram's records; what is not sealed with its key says nothing.
  func isGoodbye(_ datagram: UnsafeRawBufferPointer) -> Bool {
    var rest = datagram[...]
    while rest.count > Self.headerLength {
      let header = Array(rest.prefix(Self.headerLength))
      let length = Int(header[11]) << 8 | Int(header[12])
      rest = rest.dropFirst(Self.headerLength)
      guard length <= rest.count else { return false }
      if header[0] == Self.alert, let alert = open(header, Array(rest.prefix(length))), alert.last == Self.closeNotify {
        return true
      }
      rest = rest.dropFirst(length)
    }
    return false
  }

  /// The two bytes of an alert of the only epoch that has a key.
  private func open(_ header: [UInt8], _ body: [UInt8]) -> [UInt8]? {
    let explicit = suite.explicitLength
    guard header[3...4].elementsEqual([0, 1]), body.count == explicit + 2 + Self.tagLength,
      let context = EVP_CIPHER_CTX_new()
    else { return nil }
    defer { EVP_CIPHER_CTX_free(context) }
    let number = Array(header[3..<11])
    var nonce = salt + body.prefix(explicit)
    // RFC 7905 §2: the number of the record, mixed into the end of what is secret.
    if explicit == 0 { for index in number.indices { nonce[nonce.count - number.count + index] ^= number[index] } }
    let associated = number + header[0...2] + [0, 2]
    var tag = Array(body.suffix(Self.tagLength))
    var (alert, count) = ([UInt8](repeating: 0, count: 2), Int32(0))
    guard EVP_DecryptInit_ex(context, suite.cipher, nil, key, nonce) == 1,
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1,
      EVP_DecryptUpdate(context, nil, &count, associated, Int32(associated.count)) == 1,
      EVP_DecryptUpdate(context, &alert, &count, Array(body.dropFirst(explicit).prefix(2)), 2) == 1, count == 2
    else { return nil }
    var end: [UInt8] = [0, 0]
    return EVP_DecryptFinal_ex(context, &end, &count) == 1 ? alert : nil
  }
}
