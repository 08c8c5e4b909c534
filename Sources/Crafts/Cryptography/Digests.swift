import COpenSSL

/// MD5 (RFC 1321): for the digest authentication that every phone knows, and for nothing else.
package enum MD5 {
  package static func hash(_ message: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(MD5_DIGEST_LENGTH))
    _ = COpenSSL.MD5(message, message.count, &digest)
    return digest
  }
}

/// SHA-1 (RFC 3174): for WebSocket's handshake and STUN's integrity, where the protocols fix it.
package enum SHA1 {
  package static func hash(_ message: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
    _ = COpenSSL.SHA1(message, message.count, &digest)
    return digest
  }
}

/// SHA-256 (RFC 6234).
package enum SHA256 {
  package static func hash(_ message: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    _ = COpenSSL.SHA256(message, message.count, &digest)
    return digest
  }
}

/// HMAC-SHA1 (RFC 2104, RFC 2202): STUN's message integrity.
package enum HMACSHA1 {
  package static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    authenticationCode(EVP_sha1(), message, key, length: Int(SHA_DIGEST_LENGTH))
  }
}

/// HMAC-SHA256 (RFC 2104, RFC 4231): nonces and tokens.
package enum HMACSHA256 {
  package static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    authenticationCode(EVP_sha256(), message, key, length: Int(SHA256_DIGEST_LENGTH))
  }
}

/// PBKDF2 with HMAC-SHA256 (RFC 8018 §5.2): slow on purpose, for passwords.
package enum PBKDF2 {
  package static func derive(password: [UInt8], salt: [UInt8], iterations: Int, length: Int) -> [UInt8] {
    var key = [UInt8](repeating: 0, count: length)
    let outcome = password.withUnsafeBufferPointer { characters in
      characters.withMemoryRebound(to: CChar.self) {
        PKCS5_PBKDF2_HMAC(
          $0.baseAddress, Int32($0.count), salt, Int32(salt.count), Int32(iterations), EVP_sha256(), Int32(length), &key)
      }
    }
    precondition(outcome == 1, "PBKDF2 fails only when memory is gone")
    return key
  }
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
package func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}

/// HMAC (RFC 2104) with a hash whose digests have `length` bytes.
func authenticationCode(_ hash: OpaquePointer?, _ message: [UInt8], _ key: [UInt8], length: Int) -> [UInt8] {
  var code = [UInt8](repeating: 0, count: length)
  var written: UInt32 = 0
  // An empty key still needs an address: OpenSSL reads none as "the key of last time".
  let address = key.isEmpty ? [0] : key
  _ = HMAC(hash, address, Int32(key.count), message, message.count, &code, &written)
  return code
}
