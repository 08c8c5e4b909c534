import Calls
import Cryptography
import Foundation
import SIPCore
import SIPSyntax
import Testing
import Wire

/// The 49 messages of RFC 4475, each as it stands there in RFC4475/: what we read in them, and what we say to them.
@Suite("RFC 4475: torture test messages")
struct TortureTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("RFC4475")

  private func octets(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: Self.folder.appendingPathComponent("\(name).sip")))
  }

  private func request(_ name: String) throws -> SIPRequest {
    guard case .request(let request) = try SIPMessage(parsing: octets(name)) else { throw Unexpected(name: name) }
    return request
  }
  private func response(_ name: String) throws -> SIPResponse {
    guard case .response(let response) = try SIPMessage(parsing: octets(name)) else { throw Unexpected(name: name) }
    return response
  }
  private struct Unexpected: Error { let name: String }

  /// What an exchange that knows none of these domains sends back.
  private func answers(_ name: String) throws -> [String] {
    let fingerprint = Fingerprint(algorithm: .sha256, octets: Array(repeating: 1, count: 32))
    let site = Exchange.Site(planes: [[SocketAddress(.loopback, 7000)]], fingerprint: fingerprint)
    var exchange = Exchange(site: site, randomness: .seeded(4475))
    let flow = Flow(remote: SocketAddress(.v4(0xC000_02F0), 5060), local: SocketAddress(.loopback, 5060))
    return try exchange.receive(datagram: octets(name), over: flow, at: Instant()).compactMap { output in
      if case .flight = output { return nil }
      guard case .datagram(let octets, flow) = output else { throw Unexpected(name: name) }
      return String(decoding: octets, as: UTF8.self)
    }
  }

  @Test(
    "Every message has its answer, or none",
    arguments: [
      // §3.1.1 Valid: none of these domains is ours, and nobody but visitors of ours calls in, so INVITE and REGISTER find nobody.
      ("wsinv", 481), ("intmeth", 405), ("esc01", 404), ("escnull", 404), ("esc02", 405), ("lwsdisp", 200), ("longreq", 404),
      ("dblreq", 404), ("semiuri", 200), ("transports", 200), ("mpart01", 405), ("unreason", nil), ("noreason", nil),
      // §3.1.2 Invalid.
      ("badinv01", 400), ("clerr", 400), ("ncl", 400), ("scalar02", 400), ("scalarlg", nil), ("quotbal", 400),
      ("ltgtruri", 400), ("lwsruri", 400), ("lwsstart", 400), ("trws", 400), ("escruri", 400), ("baddate", 404),
      ("regbadct", 400), ("badaspec", 400), ("baddn", 200), ("badvers", 505), ("mismatch01", 400), ("mismatch02", 400),
      ("bigcode", nil),
      // §3.2 Transaction layer, §3.3 application layer, §3.4 backward compatibility.
      ("badbranch", 200), ("unkscm", 416), ("novelsc", 416), ("unksm2", 400), ("bext01", 420), ("invut", 404),
      ("regaut01", 404), ("multi01", 400), ("mcl01", 400), ("bcast", nil), ("zeromf", 200), ("cparam01", 404),
      ("cparam02", 404), ("regescrt", 404), ("sdp01", 404), ("inv2543", 404),
    ] as [(String, Int?)])
  func answers(name: String, status: Int?) throws {
    let answers = try answers(name)
    #expect(answers.map { String($0.prefix(11)) } == (status.map { ["SIP/2.0 \($0)"] } ?? []), "\(answers)")
    // What was wrong in a request is wrong in its answer too; the others we can read ourselves.
    guard let text = answers.first, case .request(let request)? = try? SIPMessage(parsing: octets(name)) else { return }
    guard case .response(let answer) = try SIPMessage(parsing: Array(text.utf8)) else { throw Unexpected(name: name) }
    #expect(try answer.headers.callID == request.headers.callID)
    #expect(try answer.headers.cseq == request.headers.cseq)
    #expect(try answer.headers.vias.count == request.headers.vias.count)
    #expect(try answer.headers.to.tag != nil)
  }

  @Test("§3.3.1 insuf: without From, To and Call-ID a 400 still finds its way, with what there is")
  func insufficient() throws {
    let text = try #require(try answers("insuf").first)
    let via = "Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf;received=192.0.2.240"
    #expect(text == "SIP/2.0 400 Bad Request\r\n\(via)\r\nCSeq: 193942 INVITE\r\nContent-Length: 0\r\n\r\n")
  }

  @Test("All 49 are here")
  func complete() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter { $0.hasSuffix(".sip") }
    #expect(names.count == 49)
  }

  @Test("What can be read survives being printed")
  func roundTrip() throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: Self.folder.path) {
      guard let message = try? SIPMessage(parsing: octets(String(name.dropLast(4)))) else { continue }
      #expect(try SIPMessage(parsing: message.serialized()) == message, "\(name)")
    }
  }

  // MARK: §3.1.1 Valid messages

  @Test("§3.1.1.1 wsinv: folds and blanks everywhere, compact and odd names")
  func wsinv() throws {
    let headers = try request("wsinv").headers
    #expect(try headers.to.tag == "1918181833n" && headers.to.uri == URI("sip:vivekg@chair-dnrc.example.com"))
    #expect(try headers.from.displayName == "J Rosenberg \\\"" && headers.from.tag == "98asjd8")
    #expect(try headers.maxForwards == 68 && headers.cseq == CSeq(9, .invite))
    let vias = try headers.vias
    #expect(vias.map(\.transport) == ["UDP", "TCP", "UDP"])
    #expect(vias.map { "\($0.sentBy)" } == ["192.0.2.2", "spindle.example.com", "192.168.255.111"])
    #expect(vias.map(\.branch) == ["390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239"])
    #expect(headers[.subject] == "")
    #expect(headers[HeaderName("NewFangledHeader") ?? .subject] == "newfangled value continued newfangled value")
    #expect(headers[HeaderName("unknownheaderwithunusualvalue") ?? .subject] == ";;,,;;,;")
    let route = try #require(try headers.routes.first?.uri.sip)
    #expect(route.isLooseRouter && route.parameters["unknownwith"] == "value")
    #expect(route.parameters.contains("unknown-no-value"))
    guard case .addresses(let contacts) = try headers.contacts else { throw Unexpected(name: "wsinv") }
    let contact = try #require(contacts.first)
    #expect(contact.displayName == "Quoted string \"\"" && contact.parameters["newparam"] == "newvalue")
    #expect(contact.parameters.contains("secondparam") && contact.parameters["q"] == "0.33")
    #expect(try request("wsinv").uri.sip?.parameters.contains("unknownparam") == true && request("wsinv").body.count == 150)
  }

  @Test("§3.1.1.2 intmeth: every character that a token, a user and a quoted string may have")
  func intmeth() throws {
    let request = try request("intmeth")
    #expect(request.method.token == "!interesting-Method0123456789_*+`.%indeed'~")
    #expect(request.uri.sip?.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*")
    #expect(request.uri.sip?.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)")
    // Escaped controls in a name are read over: nobody wants to see them.
    #expect(try request.headers.to.displayName == "BEL: NUL: DEL:")
    #expect(try request.headers.from.displayName == "token1~` token2'+_ token3*%!.-")
    #expect(try request.headers.from.parameters["fromParam''~+*_!.-%"] == "работающий")
    #expect(try request.headers.from.tag == "_token~1'+`*%!-.")
    #expect(try request.headers.callID == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{")
    #expect(request.headers[HeaderName("extensionHeader-!.%*+_`'~") ?? .to] == "\u{FEFF}大停電")
    #expect(try request.headers.topVia.branch == "z9hG4bK-.!%66*_+`'~" && request.headers.maxForwards == 255)
  }

  @Test("§3.1.1.3 to §3.1.1.5 escapes mean their characters in URIs, and nothing elsewhere")
  func escapes() throws {
    let escaped = try request("esc01")
    #expect(escaped.uri.sip?.user == "sips:user@example.com" && escaped.uri.sip?.host == Host("example.net"))
    #expect(try escaped.headers.to.uri == URI("sip:user@example.com"))
    #expect(try escaped.headers.from.uri.sip?.user == "I have spaces")
    guard case .addresses(let contacts) = try escaped.headers.contacts, let contact = contacts.first?.uri.sip else {
      throw Unexpected(name: "esc01")
    }
    #expect(contact.user == "caller" && contact.isLooseRouter && contact.parameters["name"] == "value%41")

    guard case .addresses(let nulls) = try request("escnull").headers.contacts else { throw Unexpected(name: "escnull") }
    #expect(nulls.map { $0.uri.sip?.user } == ["\0", "\0\0"] && !nulls[0].uri.isEquivalent(to: nulls[1].uri))
    #expect(try request("escnull").headers.to.uri.sip?.user == "null-\0-null")

    let plain = try request("esc02")
    #expect(plain.method != .register && plain.method.token == "RE%47IST%45R")
    #expect(try plain.headers.to.displayName == "%Z%45" && plain.headers.topVia.branch == "z9hG4bK209%fzsnel234")
    guard case .addresses(let named) = try plain.headers.contacts else { throw Unexpected(name: "esc02") }
    #expect(named.map { $0.uri.sip?.user } == ["alias1", "alias3"])
  }

  @Test("§3.1.1.6 to §3.1.1.10: no blank before <, long values, two requests in one datagram, ; in a user, transports")
  func oddities() throws {
    #expect(try request("lwsdisp").headers.from.displayName == "caller")
    let long = try request("longreq").headers
    #expect(try long.vias.count == 34 && long.from.tag?.utf8.count == 204 && long.callID.utf8.count == 141)
    #expect(try long.to.uri.sip?.parameters.count == 3 && long.to.uri.sip?.port == 6000)
    // Over UDP what follows the body is no second message (RFC 3261 §18.3).
    #expect(try request("dblreq").method == .register && request("dblreq").body.isEmpty)
    let user = try request("semiuri").uri.sip
    #expect(user?.user == "user;par=u@example.net" && user?.parameters.isEmpty == true)
    #expect(try request("transports").headers.vias.map(\.transport) == ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"])
  }

  @Test("§3.1.1.11 to §3.1.1.13: a body of bytes, a reason in Russian, no reason at all")
  func bodiesAndReasons() throws {
    let parts = try request("mpart01")
    #expect(parts.body.count == 553 && parts.headers.contentType == "multipart/mixed" && parts.body.contains(0))
    #expect(try response("unreason").reason == "= 2**3 * 5**2 но сто девяносто девять - простое")
    #expect(try response("noreason").status == .trying && response("noreason").reason == "")
  }

  // MARK: What is wrong, and where

  @Test("§3.1.2 each fault is named")
  func faults() throws {
    func fault(_ name: String) throws -> SIPSyntaxError? {
      let octets = try octets(name)
      do throws(SIPSyntaxError) {
        _ = try SIPMessage(parsing: octets)
        return nil
      } catch { return error }
    }
    for (name, header) in [
      ("badinv01", HeaderName.via), ("ncl", .contentLength), ("scalar02", .cseq), ("scalarlg", .cseq), ("quotbal", .to),
      ("badaspec", .to), ("mismatch01", .cseq), ("mismatch02", .cseq),
    ] { #expect(try fault(name)?.header == header, "\(name)") }
    #expect(try fault("clerr")?.problem == .bodyShorterThanContentLength)
    for name in ["ltgtruri", "lwsruri", "lwsstart", "escruri"] {
      guard case .value = try #require(try fault(name)).problem else { throw Unexpected(name: name) }
    }
    #expect(try fault("trws")?.problem == .startLine && fault("bigcode")?.problem == .startLine)
    #expect(try fault("badvers")?.problem == .unsupportedVersion && fault("mcl01")?.problem == .repeatedHeader)
    #expect(try fault("multi01")?.problem == .repeatedHeader && fault("insuf")?.problem == .missingHeader)
    #expect(throws: SIPSyntaxError.self) { try request("regbadct").headers.contacts }
    // What cannot be mistaken is forgiven: a comma in a name without quotation marks.
    #expect(try request("baddn").headers.from.displayName == "Bell, Alexander")
  }

  // MARK: §3.2 to §3.4

  @Test("§3.2.1 badbranch: an empty branch is none, so the dialog and the number tell transactions apart")
  func emptyBranch() throws {
    var other = try request("badbranch")
    other.headers.set(.callID, "another")
    #expect(TransactionKey(request: try request("badbranch")) != TransactionKey(request: other))
  }

  @Test("§3.3.5 bext01: what we do not support is said back as it was written")
  func unsupported() throws {
    let text = try #require(try answers("bext01").first)
    #expect(text.contains("\r\nUnsupported: nothingSupportsThis, nothingSupportsThisEither\r\n"))
  }

  @Test("§3.3.7, §3.3.12 to §3.3.14: an unknown scheme of credentials, and whose parameter is it")
  func parameters() throws {
    #expect(try request("regaut01").headers.credentials().isEmpty)
    func contact(_ name: String) throws -> NameAddress {
      guard case .addresses(let contacts) = try request(name).headers.contacts, let first = contacts.first else {
        throw Unexpected(name: name)
      }
      return first
    }
    #expect(try contact("cparam01").parameters.contains("unknownparam"))
    #expect(try contact("cparam01").uri.sip?.parameters.isEmpty == true)
    #expect(try !contact("cparam02").parameters.contains("unknownparam"))
    #expect(try contact("cparam02").uri.sip?.parameters.contains("unknownparam") == true)
    #expect(try contact("regescrt").uri == URI("sip:user@example.com?Route=%3Csip:sip.example.com%3E"))
    #expect(try contact("unksm2").uri == URI("name:John_Smith"))
  }

  @Test("§3.4.1 inv2543: no branch, no tag, no Max-Forwards, no Content-Length")
  func old() throws {
    let request = try request("inv2543")
    #expect(try request.headers.topVia.branch == nil && request.headers.from.tag == nil && request.headers.maxForwards == nil)
    #expect(request.body.count == 105 && TransactionKey(request: request) != nil)
    #expect(try request.headers.recordRoutes.first?.uri.sip?.parameters["maddr"] == "ss1.example.com")
  }
}
