import Calls
import Cryptography
import RTP
import SIPCore
import SIPSyntax
import Wire

extension FuzzTarget {
  /// An exchange's whole day as a list of decisions: phones, visitors, agents, media and noise in any order; at its end nothing is left.
  static let exchange: Body = { octets throws(BrokenPromise) in
    var day = Day(Decisions(octets))
    try day.live()
  }
}

/// One exchange and everybody around it, moved by decisions.
private struct Day {
  private static let sip = SocketAddress(.v4(0xC000_0201), 5060)
  private static let fingerprint = Fingerprint(algorithm: .sha256, octets: [UInt8](repeating: 7, count: 32))
  private static let otherFingerprint = Fingerprint(algorithm: .sha256, octets: [UInt8](repeating: 8, count: 32))
  private static let names = ["alice", "bob"]

  private var decisions: Decisions
  private var exchange: Exchange
  private var recorder = FlightRecorder()
  private let tenant: TenantID
  private var now = Instant()
  private var challenges: [String: DigestChallenge] = [:]
  private var registrations: UInt32 = 0
  /// INVITEs that reached a phone, and the tag that it answers each with.
  private var invites: [(request: SIPRequest, flow: Flow)] = []
  private var lastDatagram: (octets: [UInt8], flow: Flow)?
  private var legs: Set<LegID> = []
  private var phoneLegs: [LegID] = []
  private var calls: [CallID: VisitorID] = [:]
  private var tokens: [CallID: String] = [:]
  private var deskTokens: [CallID: String] = [:]
  /// Four visitors; one whose connection is lost comes back under another number.
  private var visitors = (0..<4).map { VisitorID($0) }
  private var lastVisitor: UInt64 = 3
  private var lastCall = CallID("none")

  init(_ decisions: Decisions) {
    self.decisions = decisions
    var random = Randomness.seeded(1)
    tenant = TenantID(using: &random)
    let site = Exchange.Site(planes: [[SocketAddress(.loopback, 7000)]], fingerprint: Self.fingerprint)
    exchange = Exchange(site: site, randomness: .seeded(2))
    let fallback: Fallback = self.decisions.flag() ? .echo : .refuse
    _ = try? exchange.apply(.tenantAdded(tenant, name: "Test", isOpen: true, fallback: fallback))
    for name in Self.names {
      guard let agent = AgentName(name) else { continue }
      let digest = DigestSecrets(user: name, realm: tenant.description, password: "secret")
      _ = try? exchange.apply(.agentAdded(tenant, agent, digest: digest, teams: []))
    }
  }

  mutating func live() throws(BrokenPromise) {
    for _ in 0..<200 where !decisions.isAtEnd {
      try step()
      try promise(exchange.callCount == calls.count, "every call that began and did not end is there")
      try promise(exchange.deadline == nil || exchange.census != Exchange.Census(), "somebody is waited for")
    }
    try end()
  }

  private mutating func end() throws(BrokenPromise) {
    try take(exchange.shutDown(at: now))
    for session in 0..<4 { try take(exchange.sessionGone(AgentSessionID(UInt64(session)), isDeliberate: true, at: now)) }
    for leg in phoneLegs { try take(exchange.receive(.opened(leg, port: 20_000), at: now)) }
    var wakes = 0
    while let deadline = exchange.deadline {
      wakes += 1
      try promise(wakes < 20_000, "time passes")
      now = max(now, deadline)
      try take(exchange.wake(at: now))
    }
    try promise(calls.isEmpty && exchange.callCount == 0, "every call has ended")
    try promise(legs.isEmpty, "every leg was closed: \(legs.count)")
    try promise(exchange.census == Exchange.Census(), "nothing is left: \(exchange.census)")
    recorder.expire(at: now + FlightRecorder.afterlife)
    try promise(recorder.census == FlightRecorder.Census(), "the recorder lets go of what is over: \(recorder.census)")
    for record in recorder.latest(of: tenant, atMost: 1000, at: now) where record.isWhole {
      var replay = FlightReplay(record)
      let verdict = replay.run().verdict
      try promise(verdict.isSame, "a call that is run again goes the same way: \(verdict)")
    }
  }

  // MARK: What may happen

  private mutating func step() throws(BrokenPromise) {
    switch decisions.below(16) {
    case 0: try pass(.milliseconds(Int64(decisions.octet()) * 20))
    case 1: try pass(.seconds(Int64(decisions.octet())))
    case 2, 3: try register()
    case 4: try take(exchange.receive(datagram: decisions.block(), over: flow(decisions.below(4)), at: now))
    case 5: try call()
    case 6: try visitorActs()
    case 7: try agentActs()
    case 8: try mediaReports()
    case 9, 10, 11: try answer()
    case 12: try requestInDialog()
    case 13: try repeatLast()
    case 14: try openNext()
    default: if decisions.octet() == 0xFF { try take(exchange.shutDown(at: now)) }
    }
  }

  private mutating func pass(_ duration: Duration) throws(BrokenPromise) {
    let end = now + duration
    while let deadline = exchange.deadline, deadline <= end {
      now = max(now, deadline)
      try take(exchange.wake(at: now))
    }
    now = end
    try take(exchange.wake(at: now))
  }

  private func flow(_ number: Int) -> Flow {
    Flow(remote: SocketAddress(.v4(0xC633_6401 + UInt32(number)), 5060), local: Self.sip)
  }

  private mutating func register() throws(BrokenPromise) {
    let (phone, name) = (decisions.below(4), Self.names[decisions.below(Self.names.count)])
    guard let uri = SIPURI("sip:\(tenant)") else { return }
    registrations += 1
    let me = NameAddress(SIPURI(user: name, host: uri.host))
    var request = SIPRequest(.register, .sip(uri))
    request.headers.append(.via, via(phone).description)
    request.headers.append(.from, me.description + ";tag=reg")
    request.headers.append(.to, me.description)
    request.headers.append(.callID, "reg-\(phone)")
    request.headers.append(.cseq, CSeq(registrations, .register).description)
    request.headers.append(.contact, NameAddress(SIPURI(user: name, at: flow(phone).remote)).description)
    request.headers.append(.expires, ["0", "30", "60", "3600", "x"][decisions.below(5)])
    if let challenge = challenges[name] {
      let credentials = DigestCredentials(
        answering: challenge, username: name, password: "secret", method: .register, uri: uri.description, clientNonce: "c",
        count: registrations)
      request.headers.append(.authorization, credentials.description)
    }
    let outputs = exchange.receive(datagram: request.serialized(), over: flow(phone), at: now)
    for case .datagram(let octets, _) in outputs {
      guard case .response(let response)? = try? SIPMessage(parsing: octets) else { continue }
      if let challenge = response.headers.challenges().first { challenges[name] = challenge }
    }
    try take(outputs)
  }

  private func via(_ phone: Int) -> Via {
    Via(sentBy: HostPort(flow(phone).remote), branch: "\(Via.cookie)\(registrations)-\(now.nanoseconds)")
  }

  // MARK: Visitors and agents

  private mutating func call() throws(BrokenPromise) {
    let visitor = visitors[decisions.below(4)]
    let choice = decisions.octet()
    let uuid = choice & 0x30 == 0x30 ? "nobody" : tenant.description
    let offer = choice & 3 == 0 ? nil : choice & 3 == 1 ? String(decoding: decisions.block(), as: UTF8.self) : Self.offer
    let request = CallRequest(
      tenant: uuid, offer: offer, extensionDialled: choice & 4 == 0 ? nil : "echo", name: choice & 8 == 0 ? nil : "Vera")
    let (result, outputs) = exchange.callRequest(visitor, request, at: now)
    if case .success(let routed) = result {
      try promise(calls[routed.call] == nil && !calls.values.contains(visitor), "a visitor has one call")
      calls[routed.call] = visitor
      tokens[routed.call] = routed.resumeToken
      lastCall = routed.call
      try promise((routed.answer != nil) == (offer != nil), "an offer is answered")
    } else {
      try promise(outputs.allSatisfy(\.isRecording), "what is refused has no consequence but its record")
    }
    try take(outputs)
  }

  private mutating func visitorActs() throws(BrokenPromise) {
    let visitor = calls[lastCall] ?? visitors[decisions.below(4)]
    switch decisions.below(6) {
    case 0: try take(exchange.callOffer(visitor, lastCall, Self.offer, at: now).1)
    case 1: try take(exchange.sendDigits(visitor, lastCall, "12#x"))
    case 2: try take(exchange.hangUp(visitor, lastCall, at: now))
    case 3: try resume()
    default:
      lastVisitor += 1
      if let seat = visitors.firstIndex(of: visitor) { visitors[seat] = VisitorID(lastVisitor) }
      try take(exchange.visitorGone(visitor, isDeliberate: decisions.flag(), at: now))
    }
  }

  /// Somebody wants back into the last call, with its token or with a guess.
  private mutating func resume() throws(BrokenPromise) {
    let (visitor, isGuess) = (visitors[decisions.below(4)], decisions.flag())
    let offer = decisions.flag() ? Self.offer : nil
    let (result, outputs) = exchange.resume(
      visitor, tenant: tenant.description, lastCall, token: isGuess ? "guess" : tokens[lastCall] ?? "", offer: offer, at: now)
    if case .success(let resumed) = result {
      try promise(!isGuess && calls[lastCall] != nil, "only who knows the token comes back, and only into a call")
      try promise((resumed.answer != nil) == (offer != nil), "an offer is answered")
      calls[lastCall] = visitor
      tokens[lastCall] = resumed.resumeToken
    } else {
      try promise(outputs.isEmpty, "what is refused has no consequence")
    }
    try take(outputs)
  }

  private mutating func agentActs() throws(BrokenPromise) {
    let session = AgentSessionID(UInt64(decisions.below(4)))
    switch decisions.below(8) {
    case 0: try registerAgent(session)
    case 1:
      let status: AgentStatus = decisions.flag() ? .available : .paused(reason: "lunch")
      try take(exchange.setStatus(session, status, at: now).1)
    case 2:
      let (result, outputs) = exchange.accept(session, lastCall, offer: Self.offer, at: now)
      if case .success(let accepted) = result { deskTokens[lastCall] = accepted.resumeToken }
      try take(outputs)
    case 3: try take(exchange.reject(session, lastCall, at: now))
    case 4: try take(exchange.hangUp(session, lastCall, at: now))
    case 5: try take(exchange.sessionGone(session, isDeliberate: session.number == 0, at: now))
    case 6: try take(exchange.callOffer(session, lastCall, decisions.flag() ? Self.offer : Self.otherOffer, at: now).1)
    default: try resume(session)
    }
  }

  /// A desk wants back into the last call, with its token or with a guess.
  private mutating func resume(_ session: AgentSessionID) throws(BrokenPromise) {
    let (isGuess, offer) = (decisions.flag(), [nil, Self.offer, Self.otherOffer][decisions.below(3)])
    let token = isGuess ? "guess" : deskTokens[lastCall] ?? ""
    let (result, outputs) = exchange.resume(
      session, tenant: tenant.description, lastCall, token: token, offer: offer, at: now)
    if case .success(let resumed) = result {
      try promise(!isGuess && calls[lastCall] != nil, "only who knows the token comes back, and only into a call")
      try promise((resumed.answer != nil) == (offer != nil), "an offer is answered")
      deskTokens[lastCall] = resumed.resumeToken
    } else {
      try promise(outputs.isEmpty, "what is refused has no consequence")
    }
    try take(outputs)
  }

  private mutating func registerAgent(_ session: AgentSessionID) throws(BrokenPromise) {
    let status: AgentStatus? = session.number == 3 ? .paused(reason: nil) : nil
    let (result, outputs) = exchange.registerAgent(
      session, tenant: tenant.description, agent: "alice", isAuthorised: false, status: status, at: now)
    if case .success(let desk) = result {
      try promise(desk.agents == exchange.tenant(tenant)?.presences(), "a desk hears of everybody as they are")
    } else {
      try promise(outputs.isEmpty, "what is refused has no consequence")
    }
    try take(outputs)
  }

  // MARK: Media

  private mutating func openNext() throws(BrokenPromise) {
    guard !phoneLegs.isEmpty else { return }
    try take(exchange.receive(.opened(phoneLegs.removeFirst(), port: 20_000), at: now))
  }

  private mutating func mediaReports() throws(BrokenPromise) {
    let choice = decisions.below(13)
    // Legs that are there, that are gone and that never were.
    let leg = LegID(UInt64(decisions.octet()))
    switch choice {
    case 0: try take(exchange.receive(.connected(leg), at: now))
    case 1: try take(exchange.receive(.played(leg), at: now))
    case 2: try take(exchange.receive(.consentLost(leg), at: now))
    case 3:
      // The engine frees a leg that could not be opened, and nothing asks for its end.
      guard phoneLegs.contains(leg) else { return }
      phoneLegs.removeAll { $0 == leg }
      legs.remove(leg)
      try take(exchange.receive(.failed(leg, .noFreePort), at: now))
    case 4 where leg.number == 255: try take(exchange.receive(.strained(leg.plane), at: now))
    case 4 where leg.number == 254: try take(exchange.receive(.relaxed(leg.plane), at: now))
    case 4: try take(exchange.receive(.failed(leg, .handshakeFailed), at: now))
    case 5: try take(exchange.receive(.fellSilent(leg), at: now))
    case 6: try take(exchange.receive(.heardAgain(leg), at: now))
    case 7:
      let levels: [SoundReport.Level] = [.unknown, .digitalSilence, .decibels(-20)]
      var report = SoundReport(packets: decisions.below(3), level: levels[decisions.below(3)])
      (report.isReporting, report.hasSpoken) = (decisions.flag(), decisions.flag())
      if decisions.flag() { report.foreign = PayloadType(decisions.octet()) }
      try take(exchange.receive(.heard(leg, report), at: now))
    case 8: try take(exchange.receive(.gone(leg), at: now))
    case 9: try take(exchange.receive(.unreached(leg, isCertain: decisions.flag()), at: now))
    case 10: try take(exchange.receive(.reachedAgain(leg), at: now))
    case 11: try take(exchange.receive(.speaks(leg, .pcma), at: now))
    default: try take(exchange.receive(.closed(leg, LegReport()), at: now))
    }
  }

  // MARK: Phones

  private mutating func answer() throws(BrokenPromise) {
    guard !invites.isEmpty else { return }
    let (request, flow) = invites[decisions.below(invites.count)]
    let codes = [100, 180, 183, 200, 200, 302, 404, 486, 487, 503, 603]
    guard let status = StatusCode(codes[decisions.below(codes.count)]) else { return }
    let choice = decisions.octet()
    var response = SIPResponse(to: request, status, toTag: "phone\(choice & 1)")
    if choice & 2 == 0 { response.headers.append(.contact, "<sip:phone@198.51.100.1:5060>") }
    if choice & 4 == 0 {
      response.headers.append(.contentType, "application/sdp")
      response.body = Array(Self.description.utf8)
    }
    if choice & 8 != 0 { response.headers.set(.cseq, CSeq(1, .cancel).description) }
    try take(exchange.receive(datagram: response.serialized(), over: flow, at: now))
  }

  private mutating func requestInDialog() throws(BrokenPromise) {
    guard !invites.isEmpty else { return }
    let (invite, flow) = invites[decisions.below(invites.count)]
    let method = [Method.bye, .invite, .options, .cancel, .ack, .info][decisions.below(6)]
    let choice = decisions.octet()
    registrations += 1
    var request = SIPRequest(method, invite.uri)
    request.headers.append(.via, via(0).description)
    request.headers.append(.from, (invite.headers[.to] ?? "") + ";tag=phone\(choice & 1)")
    request.headers.append(.to, invite.headers[.from] ?? "")
    request.headers.append(.callID, invite.headers[.callID] ?? "")
    request.headers.append(.cseq, CSeq(UInt32(choice >> 4), method).description)
    request.headers.append(.contact, "<sip:phone@198.51.100.1:5060>")
    if choice & 2 != 0 { request.headers.append(.require, "100rel") }
    if choice & 4 != 0 { request.body = Array(Self.description.utf8) }
    try take(exchange.receive(datagram: request.serialized(), over: flow, at: now))
  }

  /// Our own last datagram comes back, or one with a byte changed.
  private mutating func repeatLast() throws(BrokenPromise) {
    guard let (last, flow) = lastDatagram, !last.isEmpty else { return }
    var octets = last
    octets[Int(decisions.uint16()) % octets.count] ^= decisions.octet()
    try take(exchange.receive(datagram: octets, over: flow, at: now))
  }

  // MARK: What comes of it

  private mutating func take(_ outputs: [Exchange.Output]) throws(BrokenPromise) {
    recorder.take(outputs, at: now)
    for output in outputs {
      switch output {
      case .datagram(let octets, let flow): try send(octets, flow)
      case .media(let command): try perform(command)
      case .visitor(let visitor, .ended(let call, _, let seconds)):
        try promise(calls.removeValue(forKey: call) == visitor && seconds >= 0, "a call ends once, for its visitor")
      case .stream, .close: throw BrokenPromise(description: "nothing was opened that could be written to or closed")
      case .desks(let sessions, let event): try heard(event, sessions)
      case .record(let record): exchange.recordWritten(record.call, of: record.tenant, at: now)
      case .keep(let phones):
        guard let ticket = phones.ticket else { continue }
        // A disk that fails now and then, and not by chance: the same bytes do the same again.
        try take(phones.phones.count % 3 == 2 ? exchange.keepFailed(ticket, at: now) : exchange.kept(ticket, at: now))
      case .keepStatus(let status):
        if status.pausedSince == nil { exchange.statusNotKept(status, at: now) } else { exchange.statusKept(status) }
      case .visitor, .agent, .dismissed, .attendant, .flight, .log: break
      }
    }
  }

  private func heard(_ event: DeskEvent, _ sessions: [AgentSessionID]) throws(BrokenPromise) {
    let tenant = exchange.tenant(tenant)
    try promise(!sessions.isEmpty, "somebody is told")
    for session in sessions {
      try promise(tenant?.agents.values.contains { $0.sessions.contains(session) } == true, "only desks are told")
    }
    guard case .agentState(let told) = event else { return }
    try promise(tenant?.agents[told.agent].map { tenant?.presence(of: $0) } == told, "a desk is told what is")
  }

  private mutating func send(_ octets: [UInt8], _ flow: Flow) throws(BrokenPromise) {
    let message = try? SIPMessage(parsing: octets)
    lastDatagram = (octets, flow)
    guard case .request(let request)? = message else {
      // An answer to noise repeats the noise's headers, which need not be readable.
      return
    }
    try promise((try? request.headers.topVia.branch) != nil, "a request of ours has a branch")
    if request.method == .invite, invites.count < 16 { invites.append((request, flow)) }
  }

  private mutating func perform(_ command: MediaCommand) throws(BrokenPromise) {
    switch command {
    case .openBrowser(let leg, _): try promise(legs.insert(leg).inserted, "a leg is opened once")
    case .openPhone(let leg):
      try promise(legs.insert(leg).inserted, "a leg is opened once")
      phoneLegs.append(leg)
    case .close(let leg):
      legs.remove(leg)
    case .connectPhone(let leg, _), .echo(let leg), .play(let leg, _), .quiet(let leg), .sendDigits(let leg, _):
      try promise(legs.contains(leg), "a wish is about a leg that is there")
    case .bridge(let one, let other):
      try promise(legs.contains(one) && legs.contains(other) && one != other, "two legs that are there meet")
    case .restart(let leg, _, _): try promise(legs.contains(leg), "a leg that restarts is there")
    }
  }

  private static let offer = """
    v=0
    o=- 1 1 IN IP4 127.0.0.1
    s=-
    t=0 0
    m=audio 9 UDP/TLS/RTP/SAVPF 111 110
    a=ice-ufrag:abcd
    a=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa
    a=fingerprint:\(fingerprint)
    a=setup:actpass
    a=mid:0
    a=rtpmap:111 opus/48000/2
    a=rtpmap:110 telephone-event/48000
    """

  /// The same browser's page, loaded anew.
  private static let otherOffer = offer.replacing("\(fingerprint)", with: "\(otherFingerprint)")

  private static let description = """
    v=0
    o=- 1 1 IN IP4 198.51.100.1
    s=-
    c=IN IP4 198.51.100.1
    t=0 0
    m=audio 6000 RTP/AVP 0 101
    a=rtpmap:101 telephone-event/8000

    """
}

extension Exchange.Output {
  /// Whether it only tells the flight recorder.
  fileprivate var isRecording: Bool { if case .flight = self { true } else { false } }
}
