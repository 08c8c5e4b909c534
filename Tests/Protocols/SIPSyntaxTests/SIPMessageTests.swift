import Testing
import Wire

@testable import SIPSyntax

func parse(_ text: String) throws -> SIPMessage {
  try SIPMessage(parsing: Array(text.replacing("\n", with: "\r\n").utf8))
}

private let invite = """
  INVITE sip:bob@biloxi.example;transport=udp SIP/2.0
  Via: SIP/2.0/UDP pc33.atlanta.example;branch=z9hG4bKnashds8;rport, SIP/2.0/TCP [2001:db8::1]:5061;branch=z9hG4bKold
  Max-Forwards: 70
  t: Bob <sip:bob@biloxi.example>
  f: "Alice \\"A\\" Smith" <sip:alice@atlanta.example>;tag=1928301774
  i: a84b4c76e66710@pc33
  CSeq: 314159 INVITE
  m: <sip:alice@pc33.atlanta.example>;expires=60;+sip.instance="<urn:uuid:1>"
  Subject: folded
    and unfolded
  Supported: timer, 100rel
  l: 4

  v=0
  and more
  """

@Suite("SIP messages (RFC 3261 §7)")
struct SIPMessageTests {
  @Test("A request is read as the RFC's grammar says, compact names, folds, lists and all")
  func request() throws {
    guard case .request(let request) = try parse(invite) else { return #expect(Bool(false), "no request") }
    #expect(request.method == .invite)
    #expect(request.uri.sip?.user == "bob" && request.uri.sip?.transport == "udp")
    let vias = try request.headers.vias
    #expect(vias.map(\.branch) == ["z9hG4bKnashds8", "z9hG4bKold"])
    #expect(vias[0].asksForPort && vias[0].sentBy.description == "pc33.atlanta.example")
    #expect(vias[1].sentBy.port == 5061 && vias[1].sentBy.host.address == IPAddress("2001:db8::1"))
    let from = try request.headers.from
    #expect(from.displayName == "Alice \"A\" Smith" && from.tag == "1928301774")
    #expect(try request.headers.to.displayName == "Bob")
    #expect(try request.headers.cseq == CSeq(314_159, .invite))
    #expect(try request.headers.callID == "a84b4c76e66710@pc33")
    #expect(try request.headers.maxForwards == 70)
    #expect(request.headers[.subject] == "folded and unfolded")
    #expect(request.headers.tokens(.supported) == ["timer", "100rel"])
    guard case .addresses(let contacts) = try request.headers.contacts else { return #expect(Bool(false), "no contacts") }
    #expect(contacts[0].expires == 60 && contacts[0].instance == "<urn:uuid:1>")
    #expect(request.body == Array("v=0\r".utf8))
  }

  @Test("Printed and read again, a message is the same")
  func roundTrip() throws {
    let message = try parse(invite)
    #expect(try SIPMessage(parsing: message.serialized()) == message)
  }

  @Test("A response copies what its request asks it to (§8.2.6.2), and goes back where it came from (§18.2.1, RFC 3581)")
  func response() throws {
    guard case .request(var request) = try parse(invite) else { return #expect(Bool(false), "no request") }
    try request.stampSource(SocketAddress(.v4(0xC000_0201), 9988))
    let response = SIPResponse(to: request, .ringing, toTag: "tag7")
    let via = try response.headers.topVia
    #expect(via.received == .v4(0xC000_0201) && via.receivedPort == 9988)
    #expect(try response.headers.vias.count == 2)
    #expect(try response.headers.to.tag == "tag7")
    #expect(try response.headers.cseq == CSeq(314_159, .invite))
    #expect(try SIPMessage(parsing: response.serialized()) == .response(response))
    #expect(try SIPResponse(to: request, .trying, toTag: "x").headers.to.tag == nil)
  }

  @Test("What outsiders say can never end a line of ours")
  func injection() throws {
    let name = "Eve\r\nVia: evil\r\n\r\n\"\\"
    var from = NameAddress(SIPURI(user: "e\r\nv;e@x", host: .address(.loopback)), displayName: name)
    from.tag = "a\r\nb;c"
    var request = SIPRequest(.options, .sip(SIPURI(user: "a\nb", host: .address(.loopback))))
    request.headers.append(.from, from.description)
    request.headers.append(.subject, "hi\r\nX: y")
    let lines = String(decoding: request.serialized(), as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
    #expect(lines.count == 6, "\(lines)")
    #expect(lines.allSatisfy { !$0.contains("\n") && !$0.contains("\r") })
    #expect(try request.headers.from.uri.sip?.user == "e\r\nv;e@x")
  }

  @Test(
    "A malformed request is answered as far as it can be read",
    arguments: [
      ("CSeq: 314159 INVITE", "CSeq: 314159 BYE", StatusCode.badRequest),
      ("CSeq: 314159 INVITE", "CSeq: 99999999999999 INVITE", .badRequest), ("l: 4", "l: 400", .badRequest),
      ("l: 4", "l: -1", .badRequest), ("Max-Forwards: 70", "Max-Forwards 70", .badRequest),
      ("Supported: timer", "f: <sip:other@x>\nSupported: timer", .badRequest),
    ])
  func malformed(old: String, new: String, status: StatusCode) {
    let text = invite.replacing(old, with: new)
    do {
      _ = try parse(text)
      #expect(Bool(false), "\(new) was accepted")
    } catch let error as SIPSyntaxError {
      #expect(error.status == status)
      if !new.hasPrefix("CSeq: 9999") && !new.hasPrefix("f:") { #expect(error.answerableRequest != nil, "\(error)") }
    } catch { #expect(Bool(false), "\(error)") }
  }

  @Test("Keep-alives, other versions and noise are told apart")
  func noise() {
    func problem(_ text: String) -> SIPSyntaxError.Problem? {
      do {
        _ = try parse(text)
        return nil
      } catch { return (error as? SIPSyntaxError)?.problem }
    }
    #expect(problem("\n\n") == .keepAlive)
    #expect(problem("") == .keepAlive)
    #expect(problem("INVITE sip:a@b SIP/3.0\n\n") == .unsupportedVersion)
    #expect(problem("GET / HTTP/1.1\n\n") == .startLine || problem("GET / HTTP/1.1\n\n") == .value(.uri))
    #expect(problem("SIP/2.0 99 Low\n\n") == .startLine)
    #expect(problem("OPTIONS sip:a@b SIP/2.0\nVia: SIP/2.0/UDP a;branch=z9hG4bK1") == .endsEarly)
  }

  @Test("Every limit holds one short of it and breaks one past it")
  func limits() throws {
    func message(_ extra: String) -> String { invite.replacing("Subject: folded\n  and unfolded", with: extra) }
    let headersThere = 9
    let many = SIPLimit.headers.maximum - headersThere
    #expect(throws: Never.self) { try parse(message((0..<many).map { "X-\($0): y" }.joined(separator: "\n"))) }
    #expect(throws: SIPSyntaxError.self) { try parse(message((0...many).map { "X-\($0): y" }.joined(separator: "\n"))) }
    let long = SIPLimit.headerBytes.maximum - "X: ".count
    #expect(throws: Never.self) { try parse(message("X: " + String(repeating: "y", count: long))) }
    #expect(throws: SIPSyntaxError.self) { try parse(message("X: " + String(repeating: "y", count: long + 1))) }
    #expect(throws: SIPSyntaxError.self) {
      try SIPMessage(parsing: [UInt8](repeating: 0x20, count: SIPLimit.messageBytes.maximum + 1))
    }
    let uri = String(repeating: "a", count: SIPLimit.uriBytes.maximum)
    #expect(throws: SIPSyntaxError.self) {
      try parse(invite.replacing("sip:bob@biloxi.example;transport=udp", with: "sip:\(uri)@b"))
    }
    var parameters = "<sip:a@b>"
    for index in 0..<SIPLimit.parameters.maximum { parameters += ";p\(index)" }
    var headers = Headers()
    headers.append(.from, parameters)
    #expect(throws: Never.self) { try headers.from }
    headers.set(.from, parameters + ";q")
    #expect(throws: SIPSyntaxError.self) { try headers.from }
  }

  @Test("Bent messages are values, never traps", arguments: 0..<400 as Range<UInt64>)
  func bent(seed: UInt64) {
    var random = Randomness.seeded(seed)
    var octets = Array(invite.replacing("\n", with: "\r\n").utf8)
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let index = Int.random(in: 0..<octets.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: octets[index] = UInt8.random(in: .min ... .max, using: &random)
      case 1: octets.remove(at: index)
      default: octets.insert(octets[Int.random(in: 0..<octets.count, using: &random)], at: index)
      }
    }
    guard let message = try? SIPMessage(parsing: octets) else { return }
    let again = try? SIPMessage(parsing: message.serialized())
    #expect(again == message, "seed \(seed): \(String(decoding: message.serialized(), as: UTF8.self).debugDescription)")
  }
}

@Suite("Digest authentication (RFC 7616)")
struct DigestTests {
  @Test(
    "The RFC's own example verifies, with MD5 and with SHA-256 (§3.9.1)",
    arguments: [
      (DigestAlgorithm.md5, "8ca523f5e9506fed4657c9700eebdbec"),
      (.sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ])
  func example(algorithm: DigestAlgorithm, response: String) throws {
    var headers = Headers()
    headers.append(
      .authorization,
      """
      Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=\(algorithm.rawValue), \
      nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", \
      qop=auth, response="\(response)", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
      """)
    let credentials = try #require(headers.credentials().first)
    let get = try #require(Method("GET"))
    let secret = algorithm.secret(user: "Mufasa", realm: "http-auth@example.org", password: "Circle of Life")
    #expect(credentials.isAnswer(method: get, secret: secret))
    #expect(!credentials.isAnswer(method: .register, secret: secret))
    #expect(!credentials.isAnswer(method: get, secret: algorithm.secret(user: "Mufasa", realm: "x", password: "y")))
  }

  @Test("Challenge and answer travel as text")
  func roundTrip() throws {
    var headers = Headers()
    let challenge = DigestChallenge(realm: "a \"b\"", nonce: "n/=", isStale: true)
    headers.append(.wwwAuthenticate, challenge.description)
    #expect(headers.challenges() == [challenge])
    let answer = DigestCredentials(
      answering: challenge, username: "alice", password: "secret", method: .register, uri: "sip:x", clientNonce: "c")
    headers.append(.authorization, answer.description)
    #expect(headers.credentials() == [answer])
    #expect(
      answer.isAnswer(
        method: .register, secret: DigestAlgorithm.md5.secret(user: "alice", realm: "a \"b\"", password: "secret")))
  }

  @Test(
    "Other schemes and broken lists are no credentials",
    arguments: [
      "Basic YTpi", "Digest", "Digest username", "Digest username=\"a", "Digest username=\"a\", realm=\"b\"",
      "Digest username=\"a\",realm=\"b\",nonce=\"c\",uri=\"d\",response=\"e\",qop=auth",
      "Digest username=\"a\",realm=\"b\",nonce=\"c\",uri=\"d\",response=\"e\",algorithm=MD4",
    ])
  func broken(text: String) {
    var headers = Headers()
    headers.append(.authorization, text)
    #expect(headers.credentials().isEmpty)
  }
}
