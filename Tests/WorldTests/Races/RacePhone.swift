import SIPCore
import SIPSyntax
import Wire

/// A phone that does what its plan says, well or badly, and knows in the end whether it was left ringing or talking to nobody.
final class RacePhone {
  /// What a phone does with one INVITE.
  struct Plan {
    enum Final {
      case answer(after: Duration)
      case refuse(StatusCode, after: Duration)
      case never
    }
    enum Leaving {
      case never
      /// Says BYE so long after its answer, ACK or no ACK.
      case impatient(after: Duration)
      /// Says BYE so long after the ACK.
      case patient(after: Duration)
    }
    var provisionals: [(StatusCode, after: Duration)] = []
    var final = Final.never
    /// Whether a second program behind the same contact answers as well.
    var isForked = false
    var leaving = Leaving.never
    /// A re-INVITE so long after the ACK.
    var reinvite: Duration?
    /// Whether it stops ringing when the INVITE says so (§13.3.1.1).
    var honoursExpires = true
    /// The phone loses its power.
    var diesAfter: Duration?
  }

  private struct Ringing {
    let key: TransactionKey
    let invite: SIPRequest
    let plan: Plan
  }

  /// One dialog of the phone's, from its 2xx on.
  private struct Talk {
    var dialog: Dialog
    let invite: SIPRequest
    let key: TransactionKey
    var isAcknowledged = false
    var plan: Plan
  }

  let flow: Flow
  let user: String
  let name: String
  var isConnected = true
  private(set) var isAlive = true
  private(set) var isRegistered = false

  private unowned let world: RaceWorld
  private let domain: String
  private let plan: (RacePhone) -> Plan
  private var random: Randomness
  private var layer = TransactionLayer()
  private var ringing: [TransactionKey: Ringing] = [:]
  private var talks: [String: Talk] = [:]
  private var lastTag = 0
  private var registrations: UInt32 = 0

  init(
    _ world: RaceWorld, user: String, domain: String, flow: Flow, seed: UInt64, plan: @escaping (RacePhone) -> Plan
  ) {
    self.world = world
    self.user = user
    self.domain = domain
    self.flow = flow
    self.plan = plan
    name = "\(user)\(seed)\(flow.isReliable ? "t" : "u")"
    random = .seeded(seed)
  }

  var deadline: Instant? { isAlive ? layer.deadline : nil }
  var isRinging: Bool { isAlive && isConnected && !ringing.isEmpty }
  var isTalking: Bool { isAlive && isConnected && !talks.isEmpty }

  func wake() {
    guard isAlive, let deadline = layer.deadline, deadline <= world.now else { return }
    perform(layer.wake(at: world.now))
  }

  func die() {
    guard isAlive else { return }
    world.note("\(name) dies")
    world.count(talks.isEmpty ? "died while ringing" : "died while talking")
    isAlive = false
    if flow.isReliable { world.after(world.milliseconds(0...3000)) { [self] in world.close(self) } }
  }

  private func via() -> Via { flow.via(branch: Via.cookie + random.token(12)) }

  // MARK: Registering

  func register(challenge: DigestChallenge? = nil) {
    guard let uri = SIPURI("sip:\(domain)") else { return }
    registrations += 1
    var from = NameAddress(SIPURI(user: user, host: uri.host))
    var request = SIPRequest(.register, .sip(uri))
    request.headers.append(.via, via().description)
    request.headers.append(.to, from.description)
    from.tag = "reg"
    request.headers.append(.from, from.description)
    request.headers.append(.callID, "reg-\(name)")
    request.headers.append(.cseq, CSeq(registrations, .register).description)
    request.headers.append(.contact, flow.contact(user: user).description)
    if let challenge {
      let credentials = DigestCredentials(
        answering: challenge, username: user, password: "secret", method: .register, uri: uri.description, clientNonce: "c")
      request.headers.append(.authorization, credentials.description)
    }
    send(request)
  }

  private func registered(_ response: SIPResponse) {
    if response.status == .unauthorized, registrations < 2, let challenge = response.headers.challenges().first {
      register(challenge: challenge)
    } else if response.status.isSuccess {
      isRegistered = true
    }
  }

  // MARK: Messages

  private func send(_ request: SIPRequest) { perform(layer.send(request, over: flow, at: world.now)?.outputs ?? []) }

  func receive(_ octets: [UInt8]) {
    guard isAlive, let message = try? SIPMessage(parsing: octets) else { return }
    if case .request(let request) = message, request.method == .cancel, !talks.isEmpty {
      world.count("CANCEL crossed an answer")
    }
    perform(layer.receive(message, over: flow, at: world.now))
  }

  private func perform(_ outputs: [TransactionLayer.Output]) {
    for output in outputs {
      switch output {
      case .send(let octets, _): world.transmit(octets, from: self)
      case .request(let request, let key, _): receive(request, key)
      case .response(let response, _, _): receive(response)
      case .cancelled(let invite, let key, _): cancelled(invite, key)
      case .acknowledged(let ack, _): acknowledged(ack)
      case .unacknowledged(let key): unacknowledged(key)
      case .timedOut, .unreachable: break
      }
    }
  }

  private func receive(_ request: SIPRequest, _ key: TransactionKey) {
    guard let tag = try? request.headers.to.tag else {
      return request.method == .invite ? ring(request, key) : respond(key, SIPResponse(to: request, .ok, toTag: "x"))
    }
    guard talks[tag] != nil else {
      world.count("\(request.method) outside a dialog")
      return respond(key, SIPResponse(to: request, .callOrTransactionDoesNotExist))
    }
    if request.method == .bye {
      world.count(tag.hasSuffix("fork") ? "BYE to a forked answer" : "BYE to the phone")
      end(tag)
    }
    respond(key, SIPResponse(to: request, .ok))
  }

  private func respond(_ key: TransactionKey, _ response: SIPResponse) {
    perform(layer.respond(key, response, at: world.now))
  }

  private func receive(_ response: SIPResponse) {
    switch try? response.headers.cseq.method {
    case .register?: registered(response)
    case .invite?:
      world.count("re-INVITE answered \(response.status.value)")
      guard response.status.isSuccess, let tag = try? response.headers.from.tag, let talk = talks[tag],
        let number = try? response.headers.cseq.number
      else { return }
      world.transmit(talk.dialog.acknowledgement(number: number, via: via()).serialized(), from: self)
    case .bye? where response.status == .callOrTransactionDoesNotExist: world.count("BYE crossed BYE")
    default: break
    }
  }

  // MARK: Ringing

  private func ring(_ invite: SIPRequest, _ key: TransactionKey) {
    let plan = plan(self)
    lastTag += 1
    let tag = "t\(lastTag)"
    ringing[key] = Ringing(key: key, invite: invite, plan: plan)
    for (status, after) in plan.provisionals {
      world.after(after) { [self] in
        guard isAlive, ringing[key] != nil else { return }
        if status == .sessionProgress { world.count("180 after 183") }
        respond(key, SIPResponse(to: invite, status, toTag: tag))
      }
    }
    switch plan.final {
    case .answer(let after): world.after(after) { [self] in answer(key, tag) }
    case .refuse(let status, let after):
      world.after(after) { [self] in finish(key, status, tag) }
    case .never: break
    }
    if plan.honoursExpires, let seconds = invite.headers.expires {
      world.after(.seconds(Int64(seconds))) { [self] in finish(key, .requestTerminated, tag) }
    }
    if let after = plan.diesAfter { world.after(after) { [self] in die() } }
  }

  private func finish(_ key: TransactionKey, _ status: StatusCode, _ tag: String) {
    guard isAlive, let ringing = ringing.removeValue(forKey: key) else { return }
    if status >= .busyEverywhere, world.phones.contains(where: { $0 !== self && $0.isRinging }) {
      world.count("6xx while others rang")
    }
    respond(key, SIPResponse(to: ringing.invite, status, toTag: tag))
  }

  private func cancelled(_ invite: SIPRequest, _ key: TransactionKey) {
    world.count("CANCEL while ringing")
    finish(key, .requestTerminated, "c\(lastTag)")
  }

  // MARK: Talking

  private func answer(_ key: TransactionKey, _ tag: String) {
    guard isAlive, let ringing = ringing.removeValue(forKey: key) else { return }
    world.count("answered")
    if world.phones.contains(where: { $0 !== self && $0.isTalking }) { world.count("two answers") }
    let invite = ringing.invite
    begin(tag, ringing)
    respond(key, accepting(invite, tag))
    if ringing.plan.isForked {
      let second = tag + "fork"
      begin(second, ringing)
      world.count("forked")
      repeatForkedAnswer(accepting(invite, second).serialized(), second, after: .milliseconds(500), left: 10)
    }
    if case .impatient(let after) = ringing.plan.leaving { world.after(after) { [self] in hangUp(tag) } }
  }

  private func accepting(_ invite: SIPRequest, _ tag: String) -> SIPResponse {
    var response = SIPResponse(to: invite, .ok, toTag: tag)
    response.headers.append(.contact, flow.contact(user: user).description)
    response.headers.append(.contentType, "application/sdp")
    response.body = Array(Self.description.utf8)
    return response
  }

  private static let description = """
    v=0
    o=- 1 1 IN IP4 198.51.100.1
    s=-
    c=IN IP4 198.51.100.1
    t=0 0
    m=audio 4000 RTP/AVP 0
    a=rtpmap:0 PCMU/8000

    """

  private func begin(_ tag: String, _ ringing: Ringing) {
    guard let dialog = Dialog(callee: ringing.invite, tag: tag) else { return world.fault("\(name) was sent no dialog") }
    talks[tag] = Talk(dialog: dialog, invite: ringing.invite, key: ringing.key, plan: ringing.plan)
  }

  /// The second program behind the contact has its own transaction; 2xx are repeated until their ACK (§13.3.1.4).
  private func repeatForkedAnswer(_ octets: [UInt8], _ tag: String, after delay: Duration, left: Int) {
    guard isAlive, let talk = talks[tag], !talk.isAcknowledged else { return }
    guard left > 0 else { return hangUp(tag) }
    world.transmit(octets, from: self)
    world.after(delay) { [self] in repeatForkedAnswer(octets, tag, after: min(delay * 2, .seconds(4)), left: left - 1) }
  }

  private func acknowledged(_ ack: SIPRequest) {
    guard let tag = try? ack.headers.to.tag, let talk = talks[tag] else { return }
    if !tag.hasSuffix("fork") { layer.acknowledged(talk.key) }
    guard !talk.isAcknowledged else { return world.count("ACK again") }
    talks[tag]?.isAcknowledged = true
    guard !tag.hasSuffix("fork") else { return }
    if case .patient(let after) = talk.plan.leaving { world.after(after) { [self] in hangUp(tag) } }
    if let after = talk.plan.reinvite { world.after(after) { [self] in reinvite(tag) } }
  }

  /// Half a minute without an ACK: the caller cannot be there (§13.3.1.4).
  private func unacknowledged(_ key: TransactionKey) {
    for (tag, talk) in talks.sorted(by: { $0.key < $1.key }) where talk.key == key && !talk.isAcknowledged {
      world.count("gave up waiting for the ACK")
      hangUp(tag)
    }
  }

  private func hangUp(_ tag: String) {
    guard isAlive, var talk = talks[tag] else { return }
    world.count(talk.isAcknowledged ? "the phone hung up" : "the phone hung up before our ACK")
    send(talk.dialog.request(.bye, via: via()))
    end(tag)
  }

  private func reinvite(_ tag: String) {
    guard isAlive, var talk = talks[tag] else { return }
    var request = talk.dialog.request(.invite, via: via(), contact: flow.contact(user: user))
    request.headers.append(.contentType, "application/sdp")
    request.body = Array(Self.description.utf8)
    talks[tag] = talk
    send(request)
  }

  private func end(_ tag: String) {
    guard let talk = talks.removeValue(forKey: tag) else { return }
    if !tag.hasSuffix("fork") { layer.acknowledged(talk.key) }
  }
}
