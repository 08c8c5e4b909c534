import Calls
import Cryptography
import SIPCore
import Testing
import Wire

@testable import Calldocker

@Suite("Tokens (RFC 7519, RFC 8725)")
struct AccessTokenTests {
  private let seal = TokenSeal(key: Array(repeating: 7, count: 32))
  private let claims: AccessClaims

  init() throws {
    let tenant = try #require(TenantID("6ba7b810-9dad-41d1-80b4-00c04fd430c8"))
    claims = AccessClaims(
      tenant: tenant, user: "alice", role: .agent, issuedAt: 1_000_000, lifetime: .seconds(3600), id: "j1", credential: "c")
  }

  @Test("What was signed is read again until it expires")
  func roundTrip() throws {
    let token = seal.sign(claims)
    #expect(try seal.read(token, now: 1_000_000) == claims)
    #expect(try seal.read(token, now: 1_003_599) == claims)
    #expect(throws: TokenSeal.Fault.expired) { try seal.read(token, now: 1_003_600) }
    // Its maker's clock was set back since: nobody is sent away for that.
    #expect(throws: Never.self) { try seal.read(token, now: 999_000) }
    #expect(try seal.read(token, now: 999_950) == claims, "clocks differ a little")
  }

  @Test("No algorithm but ours: none, another case, RS256, a header with more in it (RFC 8725 §3.1)")
  func algorithms() {
    let body = seal.sign(claims).split(separator: ".")[1]
    let headers = [
      #"{"alg":"none"}"#, #"{"alg":"HS256"}"#, #"{"alg":"RS256","typ":"JWT"}"#, #"{"alg":"hs256","typ":"JWT"}"#, "",
    ]
    for header in headers {
      let text = Base64.encodeForURL(Array(header.utf8)) + "." + body
      let code = HMACSHA256.authenticate(Array(text.utf8), key: Array(repeating: 7, count: 32))
      let sealed = text + "." + Base64.encodeForURL(code)
      #expect(throws: TokenSeal.Fault.malformed, "\(header)") { try seal.read(sealed, now: 1_000_000) }
      #expect(throws: TokenSeal.Fault.self) { try seal.read(text + ".", now: 1_000_000) }
    }
  }

  @Test("One changed character anywhere, another key, a part too few: nothing is believed")
  func forgeries() {
    let token = Array(seal.sign(claims).utf8)
    for index in token.indices {
      var forged = token
      forged[index] = forged[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      // The last character of base 64 carries bits that mean nothing: those are refused or change nothing.
      let read = try? seal.read(String(decoding: forged, as: UTF8.self), now: 1_000_000)
      #expect(read == nil || (read == claims && index == token.count - 1), "\(index)")
    }
    let other = TokenSeal(key: Array(repeating: 8, count: 32)).sign(claims)
    #expect(throws: TokenSeal.Fault.forged) { try seal.read(other, now: 1_000_000) }
    for text in ["", ".", "..", "a.b", String(repeating: "a", count: 3000)] {
      #expect(throws: TokenSeal.Fault.malformed) { try seal.read(text, now: 1_000_000) }
    }
  }
}

@Suite("Whoever guesses passwords waits longer and longer")
struct LoginAttemptsTests {
  private let guesser = guesser("u")

  private static func guesser(_ user: String) -> LoginAttempts.Guesser {
    var random = Randomness.seeded(1)
    return LoginAttempts.Guesser(network: SourceNetwork(.loopback), tenant: TenantID(using: &random), user: user)
  }

  @Test("Five wrong answers are free; then 1, 2, 4 … seconds, at most a quarter of an hour")
  func waits() {
    var attempts = LoginAttempts()
    var now = Instant()
    var waits: [Int64] = []
    for _ in 0..<20 {
      attempts.failed(guesser, at: now)
      let wait = attempts.wait(guesser, at: now)
      waits.append((wait?.milliseconds ?? 0) / 1000)
      now += wait ?? .zero
    }
    #expect(waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 512, 512, 512, 512, 512])
    #expect(attempts.wait(Self.guesser("other"), at: now) == nil)
    attempts.succeeded(guesser)
    attempts.failed(guesser, at: now)
    #expect(attempts.wait(guesser, at: now) == nil)
  }

  @Test("One pair past the limit takes the place of the one that was quiet longest")
  func limit() {
    var attempts = LoginAttempts()
    for number in 0...LoginAttempts.maximum {
      let other = Self.guesser("u\(number)")
      for _ in 0..<6 { attempts.failed(other, at: Instant(nanoseconds: Int64(number))) }
    }
    let now = Instant(nanoseconds: Int64(LoginAttempts.maximum))
    #expect(attempts.wait(Self.guesser("u0"), at: now) == nil)
    #expect(attempts.wait(Self.guesser("u1"), at: now) != nil)
  }
}
