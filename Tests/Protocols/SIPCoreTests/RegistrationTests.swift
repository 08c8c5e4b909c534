import SIPSyntax
import Testing
import Wire

@testable import SIPCore

private let start = Instant()
private func at(_ seconds: Int64) -> Instant { start + .seconds(seconds) }
private let flow = Flow(remote: SocketAddress(.v4(0xC000_0201), 5060), local: SocketAddress(.v4(0xC000_0202), 5060))

@Suite("What a phone may ask of its registrar (RFC 3261 §10.3, RFC 3327, RFC 5626)")
struct BindingTests {
  private var bindings = Bindings()

  private mutating func register(
    _ contacts: String, _ number: UInt32 = 1, callID: String = "r1", over flow: Flow = flow, path: String? = nil,
    at now: Instant = start
  ) throws -> RegistrationAnswer {
    var register = try request(.register, number: number)
    register.headers.set(.contact, contacts)
    if contacts.isEmpty { register.headers.remove(.contact) }
    register.headers.set(.callID, callID)
    if let path { register.headers.append(.path, path) }
    return bindings.apply(register, over: flow, at: now)
  }
  private var addresses: [String] { bindings.all.map(\.contact.uri.description) }

  @Test("A phone without an instance that goes on with its Call-ID from another place has left the old one")
  mutating func moved() throws {
    #expect(try register("<sip:a@192.0.2.1:5060>") == .accepted)
    #expect(try register("<sip:a@192.0.2.1:6060>", callID: "other") == .accepted)
    #expect(try register("<sip:a@192.0.2.7:5060>", 2) == .accepted)
    #expect(addresses == ["sip:a@192.0.2.1:6060", "sip:a@192.0.2.7:5060"])
    #expect(try register("<sip:b@192.0.2.8:5060>", 3) == .accepted)
    #expect(addresses.count == 3, "another user is another contact of the phone's")
    #expect(try register("<sip:x@192.0.2.1>, <sip:x@192.0.2.2>", callID: "pair") == .accepted)
    #expect(addresses.count == 5, "what one REGISTER lists stays together")
  }

  @Test("An instance has a binding for each of its flows, and rings on the one it used last")
  mutating func flows() throws {
    let phone = "+sip.instance=\"<urn:uuid:1>\""
    #expect(try register("<sip:a@192.0.2.1>;\(phone);reg-id=1") == .accepted)
    #expect(try register("<sip:a@192.0.2.2>;\(phone);reg-id=2", 2) == .accepted)
    #expect(try register("<sip:c@192.0.2.3>;+sip.instance=\"<urn:uuid:2>\"", callID: "r2") == .accepted)
    #expect(bindings.all.count == 3)
    #expect(bindings.phones.map(\.contact.uri.description) == ["sip:a@192.0.2.2", "sip:c@192.0.2.3"])
    #expect(try register("<sip:a@192.0.2.9>;\(phone);reg-id=1", 1, callID: "after a restart") == .accepted)
    #expect(bindings.phones.last?.contact.uri.description == "sip:a@192.0.2.9")
    #expect(bindings.all.count == 3)
  }

  @Test("What a phone says it is is kept without what moves a cursor, cut to its limit and never within a character")
  mutating func userAgent() throws {
    func kept(_ text: String) throws -> String? {
      var (bindings, register) = (Bindings(), try request(.register))
      register.headers.set(.contact, "<sip:a@192.0.2.1>")
      register.headers.set(.userAgent, text)
      guard case .accepted = bindings.apply(register, over: flow, at: start) else { return "refused" }
      return bindings.all.first?.userAgent
    }
    let whole = String(repeating: "x", count: Bindings.maximumUserAgent)
    #expect(try kept(whole) == whole && kept(whole + "y") == whole)
    let odd = "x" + String(repeating: "ü", count: Bindings.maximumUserAgent / 2)
    #expect(try kept(odd)?.utf8.count == Bindings.maximumUserAgent - 1)
    #expect(try kept("Phone\u{1B}[2J 1.0") == "Phone[2J 1.0")
  }

  @Test("A program that was restarted where another instance was takes its place")
  mutating func restarted() throws {
    #expect(try register("<sip:a@192.0.2.1>;+sip.instance=\"<urn:uuid:1>\"") == .accepted)
    #expect(try register("<sip:a@192.0.2.1>;+sip.instance=\"<urn:uuid:2>\"", callID: "r2") == .accepted)
    #expect(bindings.all.count == 1)
  }

  @Test("What is reached over a connection goes with it")
  mutating func connection() throws {
    let over = Flow(remote: flow.remote, local: flow.local, transport: .tcp(ConnectionID(7)))
    #expect(try register("<sip:a@192.0.2.1;transport=tcp>", over: over) == .accepted)
    #expect(try register("<sip:a@192.0.2.1>", callID: "r2") == .accepted)
    bindings.remove(over: ConnectionID(7))
    #expect(addresses == ["sip:a@192.0.2.1"])
  }

  @Test("Behind a router a phone is believed for two minutes over UDP, and for an hour over its connection")
  mutating func behindRouter() throws {
    #expect(try register("<sip:a@10.0.0.1>") == .accepted)
    #expect(bindings.deadline == at(120))
    let over = Flow(remote: flow.remote, local: flow.local, transport: .tcp(ConnectionID(7)))
    #expect(try register("<sip:a@10.0.0.1>", 2, over: over) == .accepted)
    #expect(bindings.deadline == at(3600))
    #expect(try register("<sip:a@phone.example>", callID: "r2") == .accepted, "a name says nothing of routers")
    #expect(bindings.all.last?.expiresAt == at(3600))
  }

  @Test("Asking without a Contact tells what there is and changes nothing")
  mutating func fetch() throws {
    #expect(try register("<sip:a@192.0.2.1>;expires=100") == .accepted)
    let before = bindings
    #expect(try register("", 9) == .accepted)
    #expect(bindings == before)
    #expect(bindings.contactValues(at: at(1)) == ["<sip:a@192.0.2.1>;expires=99"])
  }

  @Test("Contacts and hops of a path have their limits, and one more changes nothing")
  mutating func limits() throws {
    let contacts = { (count: Int) in (0..<count).map { "<sip:a\($0)@192.0.2.1>" }.joined(separator: ",") }
    #expect(try register(contacts(Bindings.maximumContacts)) == .accepted)
    let before = bindings
    #expect(try register(contacts(Bindings.maximumContacts + 1), 2) == .tooMany)
    #expect(bindings == before)
    let path = { (count: Int) in (0..<count).map { "<sip:p\($0);lr>" }.joined(separator: ",") }
    #expect(try register("<sip:a0@192.0.2.1>", 3, path: path(Bindings.maximumPath + 1)) == .tooMany)
    #expect(try register("<sip:a0@192.0.2.1>", 3, path: path(Bindings.maximumPath)) == .accepted)
    #expect(bindings.all.last?.path.first == "<sip:p0;lr>" && bindings.all.last?.path.count == Bindings.maximumPath)
    #expect(try register("<sip:a0@192.0.2.1>", 4, path: "nonsense") == .malformed)
  }

  @Test("A list with one overtaken contact changes nothing at all")
  mutating func wholly() throws {
    #expect(try register("<sip:a@192.0.2.1>", 5) == .accepted)
    let before = bindings
    #expect(try register("<sip:b@192.0.2.1>, <sip:a@192.0.2.1>", 5) == .outOfOrder)
    #expect(bindings == before)
  }
}

@Suite("Which digest is asked for, and who is slowed (RFC 7616, RFC 8760)")
struct AuthenticatorTests {
  private var authenticator: DigestAuthenticator
  private let secrets = DigestSecrets(user: "alice", realm: "r", password: "pw")
  private let home = IPAddress.v4(0xC633_6401)

  init() {
    var random = Randomness.seeded(1)
    authenticator = DigestAuthenticator(using: &random)
  }

  private mutating func judge(
    _ policy: DigestPolicy, _ credentials: [String] = [], from source: IPAddress? = nil, at now: Instant = start
  ) throws -> DigestAuthenticator.Verdict {
    var register = try request(.register)
    for line in credentials { register.headers.append(.authorization, line) }
    let secrets = secrets
    return authenticator.judge(
      register, realm: "r", algorithms: policy.algorithms, from: source ?? home,
      secrets: { $0 == "alice" ? secrets : nil }, at: now)
  }
  private mutating func challenges(_ policy: DigestPolicy, at now: Instant = start) throws -> [DigestChallenge] {
    guard case .challenge(let challenges) = try judge(policy, at: now) else { return [] }
    return challenges
  }
  private func answer(_ challenge: DigestChallenge, count: UInt32 = 1, user: String = "alice", password: String = "pw")
    -> String
  {
    DigestCredentials(
      answering: challenge, username: user, password: password, method: .register, uri: "sip:r", clientNonce: "c", count: count
    ).description
  }

  @Test("The policy says which algorithms are asked for, in which order; each of them proves the password")
  mutating func policies() throws {
    #expect(try challenges(.md5).map(\.algorithm) == [.md5])
    #expect(try challenges(.sha256).map(\.algorithm) == [.sha256])
    let both = try challenges(.md5ThenSHA256)
    #expect(both.map(\.algorithm) == [.md5, .sha256])
    #expect(try judge(.md5ThenSHA256, [answer(both[0])]) == .accepted(user: "alice"))
    #expect(try judge(.md5ThenSHA256, [answer(both[1], count: 2)]) == .accepted(user: "alice"))
    let strong = try challenges(.sha256)[0]
    #expect(try judge(.sha256, [answer(strong)]) == .accepted(user: "alice"))
    var weak = strong
    weak.algorithm = .md5
    guard case .challenge = try judge(.sha256, [answer(weak, count: 2)]) else {
      Issue.record("a weaker algorithm than was asked for proves nothing")
      return
    }
  }

  @Test("Credentials for another realm and qop=auth-int are passed over, as if they were not there")
  mutating func foreign() throws {
    let challenge = try challenges(.md5)[0]
    var other = challenge
    other.realm = "elsewhere"
    #expect(try judge(.md5, [answer(other), answer(challenge)]) == .accepted(user: "alice"))
    let whole = answer(challenge, count: 2).replacing("qop=auth", with: "qop=auth-int")
    guard case .challenge(let again) = try judge(.md5, [whole]) else {
      Issue.record("auth-int was judged")
      return
    }
    #expect(!again[0].isStale)
  }

  @Test("A nonce is good for the address it was given to, and once for a phone that does not count")
  mutating func nonces() throws {
    let challenge = try challenges(.md5)[0]
    guard case .challenge(let stale) = try judge(.md5, [answer(challenge)], from: .v4(1)) else {
      Issue.record("a nonce was taken elsewhere")
      return
    }
    #expect(stale[0].isStale)
    // RFC 2069: H(H(user:realm:password):nonce:H(method:uri)), each of three parts between colons.
    let request = DigestAlgorithm.md5.secret(user: "REGISTER", realm: "sip", password: "r")
    let response = DigestAlgorithm.md5.secret(user: secrets.md5, realm: challenge.nonce, password: request)
    let plain = "Digest username=\"alice\", realm=\"r\", nonce=\"\(challenge.nonce)\", uri=\"sip:r\", response=\"\(response)\""
    #expect(try judge(.md5, [plain]) == .accepted(user: "alice"))
    guard case .challenge(let used) = try judge(.md5, [plain]) else {
      Issue.record("replayed")
      return
    }
    #expect(used[0].isStale)
  }

  @Test("Past the limit of counted nonces the older ones are stale, never believed anew")
  mutating func forgotten() throws {
    let first = try challenges(.md5)[0]
    #expect(try judge(.md5, [answer(first)]) == .accepted(user: "alice"))
    for number in 1...DigestAuthenticator.maximumCounted {
      let now = start + .milliseconds(Int64(number))
      let challenge = try challenges(.md5, at: now)[0]
      #expect(try judge(.md5, [answer(challenge)], at: now) == .accepted(user: "alice"))
    }
    guard case .challenge(let again) = try judge(.md5, [answer(first)], at: at(21)) else {
      Issue.record("a replay was believed once its count was forgotten")
      return
    }
    #expect(again[0].isStale)
  }

  @Test("The same request is given the same nonce for as long as it is said again; another one is given another")
  mutating func recent() throws {
    let secrets = secrets
    func nonce(_ branch: Int, _ moment: Int) throws -> String? {
      let register = try request(.register, branch: "z9hG4bK\(branch)")
      let verdict = authenticator.judge(
        register, of: TransactionKey(request: register), realm: "r", algorithms: [.md5], from: home, secrets: { _ in secrets },
        at: start + .milliseconds(Int64(moment)))
      guard case .challenge(let challenges) = verdict else { return nil }
      return challenges.first?.nonce
    }
    let first = try nonce(0, 0)
    #expect(try first != nil && nonce(0, 500) == first && nonce(0, 31_999) == first)
    #expect(try nonce(1, 31_999) != first)
    #expect(try nonce(0, 32_000) != first, "nobody says it again after timer F")
  }

  @Test("Past the limit of remembered nonces a newer one takes an older one's place, and is remembered itself")
  func recentLimit() {
    var recent = RecentNonces(ChanceKey(1, 2))
    for number in 0...RecentNonces.maximumRemembered {
      let key = TransactionKey(client: "z9hG4bK\(number)", method: .register)
      #expect(recent[key, start] == nil)
      let nonce = DigestAuthenticator.Nonce(made: start, number: UInt64(number))
      recent.note(nonce, for: key)
      #expect(recent[key, start] == nonce)
    }
  }

  @Test("A source may be wrong so often at once, and then once in a while")
  func slowed() {
    var wrong = WrongPasswords()
    let source = WrongPasswords.Source(SourceNetwork(home))
    for _ in 0..<WrongPasswords.burst {
      #expect(wrong.wait(source, at: start) == nil)
      wrong.note(source, at: start)
    }
    #expect(wrong.wait(source, at: start) == WrongPasswords.recovery)
    #expect(wrong.wait(WrongPasswords.Source(SourceNetwork(.v4(1))), at: start) == nil)
    #expect(wrong.wait(source, at: at(10)) == nil)
    wrong.note(source, at: at(10))
    #expect(wrong.wait(source, at: at(10)) == WrongPasswords.recovery)
    #expect(wrong.wait(source, at: at(1000)) == nil)
    wrong.note(WrongPasswords.Source(SourceNetwork(.v4(2))), at: at(1000))
    #expect(wrong.count == 1, "who has recovered is forgotten")
  }

  @Test("One source past the limit takes the place of the one nearest to having recovered")
  func limit() {
    var wrong = WrongPasswords()
    for number in 0...WrongPasswords.maximumSources {
      wrong.note(WrongPasswords.Source(SourceNetwork(.v4(UInt32(number)))), at: start + .nanoseconds(Int64(number)))
    }
    #expect(wrong.count == WrongPasswords.maximumSources)
  }
}
