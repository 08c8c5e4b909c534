import Calls
import Cryptography
import Foundation
import Wire

/// What somebody may do in a tenant.
package enum Role: String, Codable, Hashable, Sendable, CaseIterable {
  /// Everything, the tenant's settings and people included.
  case owner
  /// Sees and guides all agents and calls.
  case supervisor
  /// Answers calls; sees colleagues and the history of all calls.
  case agent
}

/// Who asks: what a token proves, and all that it proves.
package struct AccessClaims: Hashable, Sendable {
  package var tenant: TenantID
  /// An agent's name, or the name under which an owner or supervisor logs in.
  package var user: String
  package var role: Role
  /// Seconds since 1970.
  package var issuedAt: Int64
  package var expiresAt: Int64
  /// Names this one token, so that it can be revoked.
  package var id: String
  /// Tells with which password it was got, and nothing else of it: another password ends the token.
  package var credential: String

  package init(
    tenant: TenantID, user: String, role: Role, issuedAt: Int64, lifetime: Duration, id: String, credential: String
  ) {
    self.tenant = tenant
    self.user = user
    self.role = role
    self.credential = credential
    self.issuedAt = issuedAt
    expiresAt = issuedAt + lifetime.milliseconds / 1000
    self.id = id
  }
}

/// Makes and reads tokens: JSON Web Tokens with one fixed algorithm, HS256 (RFC 7519, RFC 8725 §3.1).
package struct TokenSeal: Sendable {
  package static let audience = "calldocker"
  /// Longer than any token of ours; what is longer is not looked at.
  package static let maximumBytes = 2048

  package enum Fault: Error, Hashable, Sendable {
    case malformed
    case forged
    case expired
  }

  private struct Body: Codable {
    var iss: String
    var aud: String
    var sub: String
    var tenant: String
    var role: Role
    var iat: Int64
    var exp: Int64
    var jti: String
    var cred: String
  }

  /// The one header that we write and accept: what names no algorithm can confuse none.
  private static let header = Base64.encodeForURL(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))

  private let key: [UInt8]

  /// - Parameter key: 32 bytes that only this service knows.
  package init(key: [UInt8]) {
    precondition(key.count >= 32, "a key shorter than its hash weakens it (RFC 7518 §3.2)")
    self.key = key
  }

  package func sign(_ claims: AccessClaims) -> String {
    let body = Body(
      iss: Self.audience, aud: Self.audience, sub: claims.user, tenant: claims.tenant.description, role: claims.role,
      iat: claims.issuedAt, exp: claims.expiresAt, jti: claims.id, cred: claims.credential)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let json = try? encoder.encode(body) else { preconditionFailure("claims can always be written as JSON") }
    let signed = Self.header + "." + Base64.encodeForURL(Array(json))
    return signed + "." + Base64.encodeForURL(seal(signed))
  }

  /// - Parameter now: seconds since 1970.
  package func read(_ token: String, now: Int64) throws(Fault) -> AccessClaims {
    guard token.utf8.count <= Self.maximumBytes else { throw .malformed }
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == Self.header, let claimed = Base64.decode(parts[2]) else { throw .malformed }
    // The seal is judged before anything behind it is read.
    guard constantTimeEquals(claimed, seal("\(parts[0]).\(parts[1])")) else { throw .forged }
    guard let json = Base64.decode(parts[1]), let body = try? JSONDecoder().decode(Body.self, from: Data(json)),
      body.iss == Self.audience, body.aud == Self.audience, let tenant = TenantID(body.tenant), body.exp >= body.iat
    else { throw .malformed }
    // One that was made later than now is of before the clock was set back: nobody else can seal it, and it is good to its end.
    guard now < body.exp else { throw .expired }
    return AccessClaims(
      tenant: tenant, user: body.sub, role: body.role, issuedAt: body.iat, lifetime: .seconds(body.exp - body.iat),
      id: body.jti, credential: body.cred)
  }

  /// What stands in a token for the secret that is kept of a password: who reads it learns nothing that could be tried.
  func credential(of secret: [UInt8]) -> String {
    Base64.encodeForURL(Array(HMACSHA256.authenticate(Array("credential\0".utf8) + secret, key: key).prefix(12)))
  }

  private func seal(_ text: String) -> [UInt8] { HMACSHA256.authenticate(Array(text.utf8), key: key) }
}
