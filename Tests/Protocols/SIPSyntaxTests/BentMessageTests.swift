import SIPSyntax
import Testing
import Wire

/// What a fuzzer or RFC 4475 found in the reading of messages, each in its smallest form.
@Suite("SIP messages bent a little")
struct BentMessageTests {
  private func message(_ top: String = "OPTIONS sip:a@b SIP/2.0", _ extra: String = "") -> [UInt8] {
    Array(
      """
      \(top)\r
      Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r
      From: <sip:a@b>;tag=1\r
      To: <sip:c@d>\r
      Call-ID: e\r
      CSeq: 1 OPTIONS\r
      \(extra)\r

      """.utf8)
  }
  private func fault(_ octets: [UInt8]) -> SIPSyntaxError? {
    do throws(SIPSyntaxError) {
      _ = try SIPMessage(parsing: octets)
      return nil
    } catch { return error }
  }

  @Test(
    "A value is the same however it is folded, at its ends too (§7.3.1)",
    arguments: [
      "Subject: a b\r\n", "Subject:\r\n a b\r\n", "Subject:\r\n a\r\n\t b \r\n  \r\n", "Subject: \r\n \r\n a\r\n b\r\n",
    ])
  func folds(line: String) throws {
    let parsed = try SIPMessage(parsing: message("OPTIONS sip:a@b SIP/2.0", line))
    #expect(parsed.headers[.subject] == "a b")
    #expect(try SIPMessage(parsing: parsed.serialized()) == parsed)
  }

  @Test("Control characters in a name or a reason are read over, so that both survive being printed")
  func controls() throws {
    let name = try SIPMessage(parsing: message("OPTIONS sip:a@b SIP/2.0", "Contact: A\u{1}l\tice <sip:a@b>\r\n"))
    guard case .addresses(let contacts) = try name.headers.contacts else { return #expect(Bool(false), "no contact") }
    #expect(contacts.first?.displayName == "Al ice")
    guard case .response(let response) = try SIPMessage(parsing: message("SIP/2.0 200 O\rK\u{1}")) else {
      return #expect(Bool(false), "no response")
    }
    #expect(response.reason == "OK")
  }

  @Test("Bytes that are no text stay themselves in a URI of another scheme, escaped")
  func opaqueBytes() throws {
    var bent = Array(message("OPTIONS sip:a@b SIP/2.0", "Contact: <x:a").dropLast(2))
    bent += [0xFF, 0x20, 0xC3] + Array(">\r\n\r\n".utf8)
    guard case .addresses(let contacts) = try SIPMessage(parsing: bent).headers.contacts else {
      return #expect(Bool(false), "no contact")
    }
    #expect(contacts.first?.uri.description == "x:a%FF%20%C3")
  }

  @Test("A parameter that stands twice counts where it stands first, for both sides of a comparison (§19.1.4)")
  func twice() throws {
    let twice = try #require(SIPURI("sip:a@b;transport=udp;transport=tcp"))
    #expect(twice.isEquivalent(to: twice))
    let (udp, tcp) = (try #require(SIPURI("sip:a@b;transport=UDP")), try #require(SIPURI("sip:a@b;transport=tcp")))
    #expect(twice.isEquivalent(to: udp) && udp.isEquivalent(to: twice))
    #expect(!twice.isEquivalent(to: tcp) && !tcp.isEquivalent(to: twice))
  }

  @Test(
    "A request line broken behind its method is refused, not dropped (RFC 4475 §3.1.2)",
    arguments: [
      ("OPTIONS <sip:a@b> SIP/2.0", StatusCode.badRequest), ("OPTIONS  sip:a@b  SIP/2.0", .badRequest),
      ("OPTIONS sip:a@b SIP/2.0 ", .badRequest), ("OPTIONS sip:a@b; lr SIP/2.0", .badRequest),
      ("OPTIONS sip:a@b?Route=x SIP/2.0", .badRequest), ("OPTIONS sip:a@b SIP/7.0", .versionNotSupported),
      ("OPTIONS nonsense SIP/2.0", .badRequest),
      ("OPTIONS sip:\(String(repeating: "a", count: SIPLimit.uriBytes.maximum)) SIP/2.0", .requestURITooLong),
    ])
  func requestLines(top: String, status: StatusCode) throws {
    let error = try #require(fault(message(top)))
    #expect(error.status == status && error.answerableRequest?.method == .options)
  }

  @Test("What has no method, no Via or no CSeq is answered by nobody; an ACK never is")
  func unanswerable() throws {
    let noVia = Array("OPTIONS sip:a@b SIP/2.0\r\nCSeq: 1 OPTIONS\r\n\r\n".utf8)
    let noCSeq = Array("OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\n".utf8)
    for octets in [message("(): sip:a@b SIP/2.0"), message("OPTIONS"), noVia, noCSeq, message("ACK sip:a@b; SIP/2.0")] {
      #expect(try #require(fault(octets)).answerableRequest == nil)
    }
  }

  @Test("A hop of another version is a hop; one more than the limit are too many, and a broken one is a broken message")
  func hops() throws {
    let other = try SIPMessage(parsing: message("OPTIONS sip:a@b SIP/2.0", "Via: SIP/7.0/X h;branch=y\r\n"))
    #expect(try other.headers.vias.map(\.version) == ["2.0", "7.0"])
    let many = SIPLimit.vias.maximum - 1
    func hops(_ count: Int) -> [UInt8] {
      message("OPTIONS sip:a@b SIP/2.0", String(repeating: "Via: SIP/2.0/UDP h;branch=z9hG4bKy\r\n", count: count))
    }
    #expect(fault(hops(many)) == nil)
    #expect(fault(hops(many + 1))?.status == .messageTooLarge)
    #expect(fault(message("OPTIONS sip:a@b SIP/2.0", "Via: SIP/2.0/UDP h,,\r\n"))?.status == .badRequest)
  }

  @Test("An answer copies one From, one Call-ID and one CSeq, however many there were")
  func doubles() throws {
    let doubled = "From: <sip:x@y>;tag=2\r\nCall-ID: f\r\nCSeq: 2 OPTIONS\r\nTo: <sip:z>\r\n"
    let request = try #require(fault(message("OPTIONS sip:a@b SIP/2.0", doubled))?.answerableRequest)
    let answer = SIPResponse(to: request, .badRequest, toTag: "t")
    for name in [HeaderName.from, .to, .callID, .cseq] { #expect(answer.headers.fields.filter { $0.name == name }.count == 1) }
  }
}
