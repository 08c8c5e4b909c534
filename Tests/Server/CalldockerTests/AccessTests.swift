import Calls
import Dispatch
import HTTP
import SIPSyntax
import Storage
import Testing
import Wire

@testable import Calldocker

@Suite("Who asks, through proxies (X-Forwarded-For)")
struct TrustedProxiesTests {
  private let proxies = TrustedProxies(addresses: Set(["127.0.0.1", "10.0.0.2", "2001:db8::2"].compactMap { IPAddress($0) }))

  private func source(_ fields: [String], from peer: String = "127.0.0.1") -> String? {
    var request = HTTPRequest(method: "GET", path: "/")
    for field in fields { request.headers.append("X-Forwarded-For", field) }
    return IPAddress(peer).map { proxies.source(of: request, from: $0).description }
  }

  @Test("The last address that is no trusted proxy's; what stands before it was written by strangers")
  func last() {
    #expect(source([]) == "127.0.0.1")
    #expect(source(["192.0.2.1"]) == "192.0.2.1")
    #expect(source(["198.51.100.9, 192.0.2.1 ,10.0.0.2"]) == "192.0.2.1")
    #expect(source(["198.51.100.9", "192.0.2.1", "10.0.0.2"]) == "192.0.2.1")
    #expect(source(["2001:db8::7, 2001:db8::2"]) == "2001:db8::7")
    #expect(source(["192.0.2.1:4711"]) == "192.0.2.1" && source(["[2001:db8::7]:4711"]) == "2001:db8::7")
    #expect(source(["10.0.0.2, 127.0.0.1"]) == "10.0.0.2", "all are proxies: the first of them")
  }

  @Test("Nobody else is believed, and what cannot be read ends the way back")
  func strangers() {
    #expect(source(["192.0.2.1"], from: "192.0.2.200") == "192.0.2.200")
    #expect(source(["192.0.2.1, unknown"]) == "127.0.0.1" && source(["192.0.2.1, _secret, 10.0.0.2"]) == "10.0.0.2")
    #expect(source(["192.0.2.1,"]) == "192.0.2.1" && source([","]) == "127.0.0.1")
  }
}

@Suite("Tokens that were ended")
struct RevokedTokensTests {
  private func person(_ number: Int) -> RevokedTokens.Person {
    var random = Randomness.seeded(1)
    return RevokedTokens.Person(tenant: TenantID(using: &random), role: .agent, user: "a\(number)")
  }

  @Test("One person may end so many, and everybody together; what has ended by itself makes room")
  func limits() {
    var revoked = RevokedTokens()
    for number in 0..<RevokedTokens.maximumOfOne { revoked.insert("a\(number)", expiresAt: 100, of: person(0)) }
    revoked.insert("a0", expiresAt: 100, of: person(0))
    #expect(!revoked.hasRoom(for: person(0)) && revoked.hasRoom(for: person(1)))
    for number in revoked.count..<RevokedTokens.maximum { revoked.insert("b\(number)", expiresAt: 200) }
    #expect(!revoked.hasRoom(for: person(1)))
    revoked.sweep(now: 99)
    #expect(revoked.count == RevokedTokens.maximum)
    revoked.sweep(now: 100)
    #expect(!revoked.contains("a0") && revoked.contains("b600"))
    #expect(revoked.hasRoom(for: person(0)) && revoked.hasRoom(for: person(1)))
    revoked.sweep(now: 200)
    #expect(revoked.count == 0)
  }
}

@Suite("A tenant's settings as a row keeps them")
struct TenantSettingsTests {
  @Test("A change leaves what it does not name, and what another version wrote")
  func change() {
    var change = TenantSettings.Change(allowedOrigins: HTTPOrigin("https://shop.example").map { [$0] }, digest: nil)
    var text = TenantSettings.text(#"{"colour":"red"}"#, changedBy: change)
    #expect(text == #"{"allowedOrigins":["https://shop.example"],"colour":"red"}"#)
    change = TenantSettings.Change(allowedOrigins: nil, digest: .md5ThenSHA256)
    text = TenantSettings.text(text, changedBy: change)
    let settings = TenantSettings(kept: text)
    #expect(settings.allowedOrigins.map(\.description) == ["https://shop.example"] && settings.digest == .md5ThenSHA256)
    #expect(text.contains("colour"))
  }

  @Test(
    "What cannot be read is as if it had never been set", arguments: ["", "{", "[]", #"{"digest":7,"allowedOrigins":"x"}"#])
  func garbage(text: String) { #expect(TenantSettings(kept: text) == TenantSettings()) }
}

@Suite("Passwords' slow digests")
struct PasswordHashingTests {
  @Test("One past the limit is refused at once, and there is room again when they are done")
  func limit() async {
    let secret = Accounts.Secret(password: "x", salt: [1])
    let door = DispatchSemaphore(value: 0)
    let hashing = PasswordHashing { _, _ in
      door.wait()
      door.signal()
      return secret
    }
    let made = await withTaskGroup(of: Accounts.Secret?.self) { group in
      for _ in 0..<PasswordHashing.maximumUnderWay { group.addTask { await hashing.secret("x", salt: [1]) } }
      while hashing.hasRoom { await Task.yield() }
      #expect(await hashing.secret("one more", salt: [1]) == nil)
      door.signal()
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(made.count == PasswordHashing.maximumUnderWay && made.allSatisfy { $0 == secret })
    #expect(hashing.hasRoom)
  }

  @Test("What is kept is made again from the same password and salt, and from no other")
  func digests() async {
    let hashing = PasswordHashing()
    let kept = await hashing.secret("x", salt: [1])
    #expect(await hashing.secret("x", salt: [1]) == kept && kept != nil)
    #expect(await hashing.secret("y", salt: [1])?.digest != kept?.digest)
    #expect(await hashing.secret("x", salt: [2])?.digest != kept?.digest)
  }
}

@Suite("What the API says of time (RFC 3339)")
struct WallTimeTextTests {
  @Test(
    "UTC with milliseconds, always",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (1_795_528_072_123, "2026-11-24T13:47:52.123Z"), (-1, "1969-12-31T23:59:59.999Z"),
    ])
  func text(milliseconds: Int64, text: String) { #expect(WallTime(milliseconds: milliseconds).rfc3339 == text) }
}
