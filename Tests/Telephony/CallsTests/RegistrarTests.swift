import SIPCore
import SIPSyntax
import Testing
import Wire

@testable import Calls

@Suite("The registrar among tenants, guessers and routers (RFC 3261 §10.3)")
struct RegistrarTests {
  private let home = SignallingLine.udp()
  private let elsewhere = SignallingLine.udp(.v4(0xCB00_7101))

  @Test("An unknown business, an unknown user and a wrong password hear the same")
  func enumeration() throws {
    var line = try SignallingLine()
    let answers = [
      line.register("alice", password: "guess", over: elsewhere), line.register("nobody", over: elsewhere),
      line.register("alice", domain: "99999999-9999-4999-8999-999999999999", over: elsewhere),
    ]
    for answer in answers {
      #expect(answer.challenge?.status == .unauthorized && answer.answer?.status == .unauthorized)
      #expect(answer.answer?.headers.fields.map(\.name) == answers[0].answer?.headers.fields.map(\.name))
      #expect(answer.answer?.headers.challenges().map(\.algorithm) == [.md5])
    }
    #expect(line.register("alice", domain: "no-uuid.example", over: elsewhere).answer?.status == .notFound)
  }

  @Test("Of one address's wrong passwords five are logged, and the others told in one line; another address is not held back")
  func lines() throws {
    func lines(_ outputs: [Exchange.Output]) -> [LogLine] {
      outputs.compactMap { if case .log(let line) = $0, line.level == .warning { line } else { nil } }
    }
    var line = try SignallingLine()
    var logged: [LogLine] = []
    for number in 1...12 {
      line.now += .milliseconds(10)
      logged += lines(line.register("alice", password: "guess", over: elsewhere, number: UInt32(number)).outputs)
    }
    #expect(logged.count == 5 && logged.allSatisfy { $0.tenant == line.tenant })
    logged = lines(line.register("bob", password: "guess", over: home).outputs)
    #expect(logged.count == 1)
    logged = lines(line.wait(.seconds(180)))
    #expect(logged.map(\.event) == ["Phones gave 7 more wrong passwords from one address"])
    #expect(logged.first?.personal == "203.0.113.1")
    #expect(line.exchange.passwordLines.deadline == nil)
  }

  @Test("A business may ask for SHA-256 alone, or for MD5 first and SHA-256 second; MD5 alone is what it begins with")
  func policies() throws {
    for (policy, algorithms) in [
      (DigestPolicy.md5, [DigestAlgorithm.md5]), (.sha256, [.sha256]), (.md5ThenSHA256, [.md5, .sha256]),
    ] {
      var line = try SignallingLine(policy: policy)
      for (number, algorithm) in algorithms.enumerated() {
        let (answer, challenge, _) = line.register("alice", over: home, number: UInt32(number), algorithm: algorithm)
        #expect(answer?.status == .ok, "\(policy) \(algorithm)")
        #expect(challenge?.headers.challenges().map(\.algorithm) == algorithms)
      }
    }
    #expect(try SignallingLine().exchange.tenants.values.map(\.digestPolicy) == [.md5])
  }

  @Test("Whose credentials were right decides whose phone it is, whoever else is named beside them")
  func smuggling() throws {
    var line = try SignallingLine(agents: ["alice", "mallory"])
    let tenant = line.tenant
    let forged = { (request: inout SIPRequest) in
      let challenge = DigestChallenge(realm: tenant.description, nonce: "x")
      request.headers.set(.to, "<sip:alice@\(tenant)>")
      let alice = DigestCredentials(
        answering: challenge, username: "alice", password: "?", method: .register, uri: "sip:x", clientNonce: "c")
      request.headers.append(.proxyAuthorization, alice.description)
    }
    let (answer, _, _) = line.register("mallory", over: home, forged)
    #expect(answer?.status == .forbidden)
    var both = line.request(.register, to: "mallory", over: home, number: 50)
    let challenge = try #require(responses(line.send(both.serialized(), over: home)).first?.headers.challenges().first)
    both.headers.set(.via, home.reversed.via(branch: "z9hG4bKboth").description)
    both.headers.set(.to, "<sip:alice@\(line.tenant)>")
    both.headers.append(.contact, "<sip:mallory@198.51.100.1>")
    for (user, password) in [("mallory", "secret"), ("alice", "?")] {
      let credentials = DigestCredentials(
        answering: challenge, username: user, password: password, method: .register, uri: "sip:\(line.tenant)", clientNonce: "c"
      )
      both.headers.append(.authorization, credentials.description)
    }
    #expect(responses(line.send(both.serialized(), over: home)).first?.status == .forbidden)
    #expect(line.exchange.tenant(line.tenant)?.isAnybodyThere == false)
  }

  @Test("A flood of wrong passwords is slowed with the time to wait; right ones are not even looked at until then")
  func flood() throws {
    var line = try SignallingLine()
    for number in 0..<UInt32(WrongPasswords.burst) {
      #expect(line.register("alice", password: "guess", over: elsewhere, number: number).answer?.status == .unauthorized)
    }
    let slowed = line.register("bob", over: elsewhere, number: 100).answer
    #expect(slowed?.status == .serviceUnavailable && slowed?.headers[.retryAfter] == "10")
    #expect(line.exchange.edge.guessesRefused == 1)
    #expect(line.register("alice", over: home).answer?.status == .ok, "other addresses are not concerned")
    _ = line.wait(WrongPasswords.recovery)
    #expect(line.register("bob", over: elsewhere, number: 101).answer?.status == .ok)
  }

  @Test("A phone that is registered from there is never slowed, nor is its office by one bad phone (pain 34)")
  func office() throws {
    var line = try SignallingLine(agents: ["alice", "bob", "carol"])
    #expect(line.register("alice", over: home).answer?.status == .ok)
    let desk = SignallingLine.udp(port: 6060)
    for number in 0..<UInt32(WrongPasswords.burst + 5) { _ = line.register("bob", password: "old", over: desk, number: number) }
    #expect(line.register("bob", over: desk, number: 100).answer?.status == .serviceUnavailable, "the bad phone is")
    #expect(line.register("alice", over: home, number: 2).answer?.status == .ok)
    #expect(line.register("carol", over: SignallingLine.udp(port: 7070)).answer?.status == .ok)
    for number in 3..<UInt32(WrongPasswords.burst + 9) {
      #expect(line.register("alice", password: "?", over: home, number: number).answer?.status == .unauthorized)
    }
    #expect(line.register("alice", over: home, number: 200).answer?.status == .ok)
  }

  @Test("A challenge makes no transaction, and the same REGISTER hears the same again, to the octet (RFC 3261 §8.2.7)")
  func stateless() throws {
    var line = try SignallingLine()
    let register = line.request(.register, to: "alice", over: home, number: 1).serialized()
    func answer() -> [UInt8]? {
      let outputs = line.send(register, over: home)
      return outputs.lazy.compactMap { if case .datagram(let octets, _) = $0 { octets } else { nil } }.first
    }
    let first = answer()
    #expect(first.map { String(decoding: $0, as: UTF8.self) }?.hasPrefix("SIP/2.0 401 ") == true)
    for pause in [Duration.milliseconds(500), .seconds(1), .seconds(2), .seconds(4)] {
      #expect(line.exchange.census.transactions == 0 && line.exchange.layer.heldOctets == 0)
      line.now += pause
      #expect(answer() == first)
    }
    #expect(line.register("alice", over: home, number: 9).answer?.status == .ok)
    #expect(line.exchange.census.transactions == 1, "of both its REGISTERs only the second is remembered")
  }

  @Test("A wrong password counts once, however often its REGISTER comes")
  func wrongOnce() throws {
    var line = try SignallingLine()
    var register = line.request(.register, to: "alice", over: elsewhere, number: 1)
    let challenge = try #require(
      responses(line.send(register.serialized(), over: elsewhere)).first?.headers.challenges().first)
    register.headers.set(.via, elsewhere.reversed.via(branch: "z9hG4bKwrong").description)
    let credentials = DigestCredentials(
      answering: challenge, username: "alice", password: "guess", method: .register, uri: "sip:x", clientNonce: "c")
    register.headers.append(.authorization, credentials.description)
    let first = responses(line.send(register.serialized(), over: elsewhere)).first
    #expect(first?.status == .unauthorized && line.exchange.census.transactions == 1)
    for _ in 0..<2 * WrongPasswords.burst {
      #expect(responses(line.send(register.serialized(), over: elsewhere)).first == first)
    }
    #expect(line.register("alice", over: elsewhere, number: 9).answer?.status == .ok, "nobody is slowed")
  }

  @Test("A path is kept, told back, and passed by the INVITE (RFC 3327)")
  func path() throws {
    var line = try SignallingLine()
    let (answer, _, _) = line.register("alice", over: home) {
      $0.headers.append(.path, "<sip:edge.example;lr>")
      $0.headers.append(.require, "path")
    }
    #expect(answer?.status == .ok && answer?.headers[.path] == "<sip:edge.example;lr>")
    let invite = try #require(requests(line.openLegs(line.call().outputs)).first)
    #expect(try invite.headers.routes.map(\.description) == ["<sip:edge.example;lr>"])
    #expect(invite.headers.expires == 30, "a phone that no CANCEL reaches stops by itself")
    let other = line.register("bob", over: home) { $0.headers.append(.require, "gruu") }
    #expect(other.answer?.status == .badExtension && other.answer?.headers[.unsupported] == "gruu")
  }

  @Test("Too brief says what is long enough; zero and * take phones out; nothing asked is everything told")
  func details() throws {
    var line = try SignallingLine()
    let brief = line.register("alice", over: home, number: 1, expires: 10).answer
    #expect(brief?.status == .intervalTooBrief && brief?.headers[.minExpires] == "60")
    #expect(line.register("alice", over: home, number: 2).answer?.headers[.contact]?.hasSuffix(";expires=3600") == true)
    let fetched = line.register("alice", over: elsewhere, number: 1) { $0.headers.remove(.contact) }.answer
    #expect(fetched?.status == .ok && fetched?.headers[.contact]?.contains("198.51.100.1") == true)
    let none = line.register("alice", over: home, number: 3, expires: 0).answer
    #expect(none?.status == .ok && none?.headers.contains(.contact) == false)
    _ = line.register("alice", over: home, number: 4)
    let all = line.register("alice", over: home, number: 5) {
      $0.headers.set(.contact, "*")
      $0.headers.append(.expires, "0")
    }.answer
    #expect(all?.status == .ok && all?.headers.contains(.contact) == false)
    #expect(line.exchange.deadline.map { $0 < line.now + .seconds(100) } ?? true, "no registration waits for its end")
    let options = line.request(.options, to: "alice", over: home, number: 900)
    #expect(responses(line.send(options.serialized(), over: home)).first?.headers[.allow]?.contains("INVITE") == true)
  }
}
