import SIPSyntax
import Testing
import Wire

@testable import SIPCore

private let start = Instant()
private func at(_ milliseconds: Int) -> Instant { start + .milliseconds(milliseconds) }
private let flow = Flow(remote: SocketAddress(.v4(0xC000_0201), 5060), local: SocketAddress(.v4(0xC000_0202), 5060))

func request(_ method: SIPSyntax.Method, branch: String = "z9hG4bK1", number: UInt32 = 1, toTag: String? = nil) throws
  -> SIPRequest
{
  let uri = try #require(SIPURI("sip:bob@192.0.2.1"))
  var from = NameAddress(uri)
  from.tag = "from1"
  var to = NameAddress(uri)
  to.tag = toTag
  var request = SIPRequest(method, .sip(uri))
  request.headers.append(.via, Via(sentBy: HostPort(.address(.v4(0xC000_0201)), port: 5060), branch: branch).description)
  request.headers.append(.from, from.description)
  request.headers.append(.to, to.description)
  request.headers.append(.callID, "call1")
  request.headers.append(.cseq, CSeq(number, method).description)
  request.headers.append(.contact, "<sip:alice@10.0.0.1:5070>")
  return request
}

private func sent(_ outputs: [TransactionLayer.Output]) -> [String] {
  outputs.compactMap { output in
    guard case .send(let octets, _) = output else { return nil }
    return octets.split(separator: 0x0D).first.map { String(decoding: $0, as: UTF8.self) }
  }
}

/// Wakes a layer at each of its deadlines until it wants no more, or until `end`.
private func run(_ layer: inout TransactionLayer, until end: Instant = at(1_000_000)) -> [(Int64, TransactionLayer.Output)] {
  var log: [(Int64, TransactionLayer.Output)] = []
  while let due = layer.deadline, due <= end {
    for output in layer.wake(at: due) { log.append(((due - start).milliseconds, output)) }
  }
  return log
}

@Suite("Client transactions (RFC 3261 §17.1, RFC 6026)")
struct ClientTransactionTests {
  @Test("Timer A doubles until timer B gives up (§17.1.1.2)")
  func inviteTimers() throws {
    var layer = TransactionLayer()
    let sending = layer.send(try request(.invite), over: flow, at: start)
    let begun = try #require(sending)
    #expect(sent(begun.outputs) == ["INVITE sip:bob@192.0.2.1 SIP/2.0"])
    let log = run(&layer)
    #expect(log.dropLast().map(\.0) == [500, 1500, 3500, 7500, 15_500, 31_500])
    #expect(log.last?.0 == 32_000 && log.last?.1 == .timedOut(begun.key))
    #expect(layer.count == 0)
  }

  @Test("Timer E doubles up to T2, timer F gives up (§17.1.2.2)")
  func otherTimers() throws {
    var layer = TransactionLayer()
    let sending = layer.send(try request(.options), over: flow, at: start)
    let begun = try #require(sending)
    let log = run(&layer)
    #expect(log.dropLast().map(\.0) == [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500])
    #expect(log.last?.1 == .timedOut(begun.key))
  }

  @Test("A provisional answer ends the repetition of an INVITE")
  func provisional() throws {
    var layer = TransactionLayer()
    let invite = try request(.invite)
    _ = layer.send(invite, over: flow, at: start)
    _ = layer.receive(.response(SIPResponse(to: invite, .ringing, toTag: "b")), over: flow, at: at(100))
    let log = run(&layer)
    #expect(log.map(\.0) == [100 + InviteClientTransaction.longestRinging.milliseconds])
  }

  @Test("A failure is acknowledged, and again when it is repeated; its ACK is of the same branch (§17.1.1.3)")
  func failure() throws {
    var layer = TransactionLayer()
    let invite = try request(.invite)
    _ = layer.send(invite, over: flow, at: start)
    let busy = SIPResponse(to: invite, .busyHere, toTag: "b")
    let first = layer.receive(.response(busy), over: flow, at: at(100))
    #expect(sent(first) == ["ACK sip:bob@192.0.2.1 SIP/2.0"])
    #expect(first.contains { if case .response(busy, _, _) = $0 { true } else { false } })
    let again = layer.receive(.response(busy), over: flow, at: at(200))
    #expect(again.count == 1 && again == Array(first.prefix(1)))
    guard case .send(let octets, _) = first[0], case .request(let ack) = try SIPMessage(parsing: octets) else {
      return #expect(Bool(false))
    }
    #expect(try ack.headers.topVia.branch == "z9hG4bK1")
    #expect(try ack.headers.to.tag == "b")
    #expect(run(&layer).isEmpty && layer.count == 0)
  }

  @Test("Every 2xx reaches the caller: repeated, forked and late ones (RFC 6026 §7.2)")
  func success() throws {
    var layer = TransactionLayer()
    let invite = try request(.invite)
    _ = layer.send(invite, over: flow, at: start)
    for (tag, moment) in [("b", 100), ("b", 600), ("c", 700), ("d", 200_000)] {
      if moment > 100_000 { _ = run(&layer) }
      let outputs = layer.receive(.response(SIPResponse(to: invite, .ok, toTag: tag)), over: flow, at: at(moment))
      #expect(outputs.count == 1 && sent(outputs).isEmpty, "\(tag)")
    }
  }

  @Test("A CANCEL waits for the first sign of life and goes out once (§9.1)")
  func cancel() throws {
    var layer = TransactionLayer()
    let invite = try request(.invite)
    let sending = layer.send(invite, over: flow, at: start)
    let begun = try #require(sending)
    #expect(layer.cancel(begun.key, reason: Reason(cause: 200, text: "Call completed elsewhere"), at: at(10)).isEmpty)
    let outputs = layer.receive(.response(SIPResponse(to: invite, .ringing, toTag: "b")), over: flow, at: at(100))
    #expect(sent(outputs) == ["CANCEL sip:bob@192.0.2.1 SIP/2.0"])
    #expect(layer.cancel(begun.key, reason: nil, at: at(110)).isEmpty)
    // A 2xx that crossed the CANCEL still reaches the caller, who must hang up.
    let crossing = layer.receive(.response(SIPResponse(to: invite, .ok, toTag: "b")), over: flow, at: at(120))
    #expect(crossing.contains { if case .response = $0 { true } else { false } })
  }
}

@Suite("Server transactions (RFC 3261 §17.2, RFC 6026)")
struct ServerTransactionTests {
  private func begin(_ layer: inout TransactionLayer, _ request: SIPRequest) throws -> TransactionKey {
    let outputs = layer.receive(.request(request), over: flow, at: start)
    guard case .request(_, let key, _)? = outputs.first else { throw Missing() }
    return key
  }
  private struct Missing: Error {}

  @Test("A slow user is spoken for with a 100 after 200 ms (§17.2.1)")
  func trying() throws {
    var layer = TransactionLayer()
    _ = try begin(&layer, try request(.invite))
    let log = run(&layer, until: at(1000))
    #expect(log.map(\.0) == [200])
    #expect(sent(log.map(\.1)) == ["SIP/2.0 100 Trying"])
  }

  @Test("A failure is repeated until its ACK, or until timer H (§17.2.1)")
  func failure() throws {
    var layer = TransactionLayer()
    let invite = try request(.invite)
    let key = try begin(&layer, invite)
    #expect(sent(layer.respond(key, SIPResponse(to: invite, .busyHere, toTag: "t"), at: start)) == ["SIP/2.0 486 Busy Here"])
    #expect(run(&layer, until: at(4000)).map(\.0) == [500, 1500, 3500])
    #expect(layer.receive(.request(try request(.ack)), over: flow, at: at(4000)).isEmpty)
    #expect(run(&layer).isEmpty)
    #expect(layer.count == 0)

    let other = try begin(&layer, try request(.invite, branch: "z9hG4bK2"))
    _ = layer.respond(other, SIPResponse(to: invite, .busyHere, toTag: "t"), at: start)
    #expect(run(&layer).last?.1 == .unacknowledged(other))
  }

  @Test("A 2xx is repeated until its ACK, which reaches the user")
  func success() throws {
    var layer = TransactionLayer()
    let invite = try request(.invite)
    let key = try begin(&layer, invite)
    _ = layer.respond(key, SIPResponse(to: invite, .ok, toTag: "t"), at: start)
    #expect(run(&layer, until: at(2000)).map(\.0) == [500, 1500])
    let ack = try request(.ack, branch: "z9hG4bKother", toTag: "t")
    #expect(
      layer.receive(.request(ack), over: flow, at: at(2000)).contains { if case .acknowledged = $0 { true } else { false } })
    layer.acknowledged(key)
    #expect(run(&layer).isEmpty, "what was acknowledged is neither repeated nor complained about")
    #expect(layer.count == 0)
  }

  @Test("A repeated request gets the same answer and is not new (§17.2.2)")
  func repetition() throws {
    var layer = TransactionLayer()
    let options = try request(.options)
    let key = try begin(&layer, options)
    #expect(layer.receive(.request(options), over: flow, at: at(10)).isEmpty)
    let answer = layer.respond(key, SIPResponse(to: options, .ok, toTag: "t"), at: at(20))
    #expect(layer.receive(.request(options), over: flow, at: at(500)) == answer)
    #expect(layer.respond(key, SIPResponse(to: options, .notFound, toTag: "t"), at: at(600)).isEmpty)
    #expect(run(&layer).isEmpty && layer.count == 0)
  }

  @Test("An answer that need not be remembered leaves nothing behind; its request is new when it comes again (§8.2.7)")
  func stateless() throws {
    var layer = TransactionLayer()
    let register = try request(.register)
    for moment in [0, 500, 1500] {
      let key = try begin(&layer, register)
      #expect(layer.heldOctets > 0)
      let answer = SIPResponse(to: register, .unauthorized, toTag: "t")
      #expect(sent(layer.respondStatelessly(key, answer)) == ["SIP/2.0 401 Unauthorized"], "after \(moment) ms")
      #expect(layer.count == 0 && layer.heldOctets == 0 && layer.deadline == nil)
      #expect(layer.respondStatelessly(key, answer).isEmpty && layer.respond(key, answer, at: start).isEmpty)
    }
    let key = try begin(&layer, register)
    _ = layer.respond(key, SIPResponse(to: register, .ok, toTag: "t"), at: start)
    #expect(layer.respondStatelessly(key, SIPResponse(to: register, .unauthorized)).isEmpty, "it has its answer")
    #expect(layer.count == 1)
  }

  @Test("CANCEL is answered at once and told to its INVITE; without one it is 481 (§9.2)")
  func cancel() throws {
    var layer = TransactionLayer()
    let key = try begin(&layer, try request(.invite))
    let outputs = layer.receive(.request(try request(.cancel)), over: flow, at: at(50))
    #expect(sent(outputs) == ["SIP/2.0 200 OK"])
    guard case .cancelled(let invite, key, by: _)? = outputs.last else {
      Issue.record("the INVITE does not hear of its CANCEL: \(outputs)")
      return
    }
    #expect(invite.method == .invite)
    let stray = layer.receive(.request(try request(.cancel, branch: "z9hG4bK9")), over: flow, at: at(60))
    #expect(sent(stray) == ["SIP/2.0 481 Call/Transaction Does Not Exist"])
  }

  @Test("Requests of RFC 2543 without a branch are told apart by dialog and number (§17.2.3)")
  func oldBranches() throws {
    var layer = TransactionLayer()
    let first = try request(.options, branch: "1", number: 1)
    #expect(layer.receive(.request(first), over: flow, at: start).count == 1)
    #expect(layer.receive(.request(first), over: flow, at: at(1)).isEmpty)
    #expect(layer.receive(.request(try request(.options, branch: "1", number: 2)), over: flow, at: at(2)).count == 1)
  }
}

@Suite("Dialogs (RFC 3261 §12)")
struct DialogTests {
  @Test("The callee's BYE goes to the Contact with swapped ends, the next number, and routes in order")
  func callee() throws {
    var invite = try request(.invite, number: 7)
    invite.headers.append(.recordRoute, "<sip:p1;lr>, <sip:p2;lr>")
    var dialog = try #require(Dialog(callee: invite, tag: "mine"))
    let bye = dialog.request(.bye, via: Via(sentBy: HostPort(flow.local), branch: "z9hG4bKb"))
    #expect(bye.uri.description == "sip:alice@10.0.0.1:5070")
    #expect(try bye.headers.from.tag == "mine" && bye.headers.to.tag == "from1")
    #expect(try bye.headers.cseq == CSeq(1, .bye))
    #expect(try bye.headers.routes.map(\.uri.description) == ["sip:p1;lr", "sip:p2;lr"])
    #expect(dialog.receive(try request(.bye, number: 6, toTag: "mine")) == .outOfOrder)
    #expect(dialog.receive(try request(.bye, number: 8, toTag: "mine")) == .inOrder)
  }

  @Test("The caller's routes are reversed, its ACK has the INVITE's number (§12.1.2, §13.2.2.4)")
  func caller() throws {
    let invite = try request(.invite, number: 3)
    var response = SIPResponse(to: invite, .ok, toTag: "theirs")
    response.headers.append(.recordRoute, "<sip:p1;lr>, <sip:p2;lr>")
    response.headers.append(.contact, "<sip:phone@10.1.1.1>")
    let dialog = try #require(Dialog(caller: invite, response))
    #expect(dialog.id == DialogID(callID: "call1", localTag: "from1", remoteTag: "theirs"))
    let ack = dialog.acknowledgement(number: 3, via: Via(sentBy: HostPort(flow.local), branch: "z9hG4bKa"))
    #expect(try ack.headers.cseq == CSeq(3, .ack))
    #expect(ack.uri.description == "sip:phone@10.1.1.1")
    #expect(try ack.headers.routes.map(\.uri.description) == ["sip:p2;lr", "sip:p1;lr"])
  }
}

@Suite("Registration (RFC 3261 §10.3)")
struct RegistrationTests {
  private func register(_ contact: String, number: UInt32, callID: String = "r1", expires: String? = nil) throws -> SIPRequest {
    var register = try request(.register, number: number)
    register.headers.set(.contact, contact)
    register.headers.set(.callID, callID)
    if let expires { register.headers.append(.expires, expires) }
    return register
  }

  @Test("Phones are kept until they expire, leave, or come back as the same instance")
  func life() throws {
    var bindings = Bindings()
    #expect(bindings.apply(try register("<sip:a@192.0.2.1>", number: 1), over: flow, at: start) == .accepted)
    #expect(
      bindings.apply(try register("<sip:a@10.0.0.2>;expires=100", number: 1, callID: "r2"), over: flow, at: start) == .accepted)
    #expect(bindings.all.count == 2)
    #expect(bindings.contactValues(at: at(10_000)).contains { $0.contains("expires=90") })
    bindings.expire(at: at(100_000))
    #expect(bindings.all.count == 1 && bindings.deadline == at(3_600_000))
    #expect(bindings.apply(try register("<sip:a@192.0.2.1>;expires=0", number: 2), over: flow, at: at(1)) == .accepted)
    #expect(bindings.all.isEmpty)
    for (number, address) in [(1, "10.0.0.1"), (2, "10.9.9.9")] as [(UInt32, String)] {
      let contact = "<sip:a@\(address)>;+sip.instance=\"<urn:uuid:7>\""
      #expect(bindings.apply(try register(contact, number: number), over: flow, at: at(2)) == .accepted)
    }
    #expect(bindings.all.map(\.contact.uri.description) == ["sip:a@10.9.9.9"])
    #expect(bindings.apply(try register("*", number: 3, expires: "0"), over: flow, at: at(3)) == .accepted)
    #expect(bindings.all.isEmpty)
  }

  @Test("Too brief, overtaken and malformed registrations change nothing")
  func refusals() throws {
    var bindings = Bindings()
    #expect(bindings.apply(try register("<sip:a@10.0.0.1>", number: 5), over: flow, at: start) == .accepted)
    let before = bindings
    #expect(bindings.apply(try register("<sip:a@10.0.0.1>;expires=59", number: 6), over: flow, at: start) == .tooBrief)
    #expect(bindings.apply(try register("<sip:a@10.0.0.1>", number: 5), over: flow, at: start) == .outOfOrder)
    #expect(bindings.apply(try register("*", number: 9), over: flow, at: start) == .malformed)
    #expect(
      bindings.apply(try register("<sip:b@x>;expires=90, <sip:a@10.0.0.1>;expires=1", number: 7), over: flow, at: start)
        == .tooBrief)
    #expect(bindings == before)
  }

  @Test("One phone past the limit takes the place of the oldest")
  func limit() throws {
    var bindings = Bindings()
    for index in 0...Bindings.maximumContacts {
      #expect(
        bindings.apply(try register("<sip:a@10.0.0.\(index)>", number: 1, callID: "c\(index)"), over: flow, at: at(index))
          == .accepted)
    }
    #expect(bindings.all.count == Bindings.maximumContacts)
    #expect(!bindings.all.contains { $0.contact.uri.description == "sip:a@10.0.0.0" })
  }

  @Test("Digest: the right password once per count; stale, foreign, wrong and unknown are challenged alike")
  func digest() throws {
    var random = Randomness.seeded(1)
    var authenticator = DigestAuthenticator(using: &random)
    let secrets = DigestSecrets(user: "alice", realm: "r", password: "pw")
    func verdict(
      _ challenge: DigestChallenge?, user: String = "alice", password: String = "pw", count: UInt32 = 1, _ moment: Int
    ) throws -> DigestAuthenticator.Verdict {
      var register = try register("<sip:a@x>", number: 1)
      if let challenge {
        let answer = DigestCredentials(
          answering: challenge, username: user, password: password, method: .register, uri: "sip:r", clientNonce: "c",
          count: count)
        register.headers.append(.authorization, answer.description)
      }
      return authenticator.judge(
        register, realm: "r", algorithms: [.md5], from: .loopback, secrets: { $0 == "alice" ? secrets : nil }, at: at(moment))
    }
    guard case .challenge(let challenges) = try verdict(nil, 0) else { return #expect(Bool(false)) }
    let challenge = try #require(challenges.first)
    #expect(try verdict(challenge, 10) == .accepted(user: "alice"))
    guard case .challenge(let replayed) = try verdict(challenge, 20) else { return #expect(Bool(false)) }
    #expect(replayed.map(\.isStale) == [true])
    #expect(try verdict(challenge, count: 2, 30) == .accepted(user: "alice"))
    guard case .refused = try verdict(challenge, password: "no", count: 3, 40) else { return #expect(Bool(false)) }
    guard case .refused = try verdict(challenge, user: "mallory", count: 4, 50) else { return #expect(Bool(false)) }
    guard case .challenge(let stale) = try verdict(challenge, count: 5, 400_000) else { return #expect(Bool(false)) }
    #expect(stale.map(\.isStale) == [true])
    var forged = challenge
    forged.nonce = forged.nonce.dropLast(4) + "AAAA"
    guard case .challenge = try verdict(forged, count: 6, 60) else { return #expect(Bool(false)) }
  }
}
