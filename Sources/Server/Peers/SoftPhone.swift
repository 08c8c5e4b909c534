import RTP
import SDP
import SIPCore
import SIPSyntax
import Wire

/// An agent's softphone: registers by digest, rings, answers or declines, hums and listens.
package final class SoftPhone {
  /// What the phone does with a call.
  package enum Habit: Sendable {
    case answer(after: Duration)
    case decline(StatusCode)
    case ringOnly
  }

  package let voice: Voice
  package private(set) var isRegistered = false
  package private(set) var isTalking = false
  package private(set) var timesRung = 0
  /// Where the last INVITE said that the other side is.
  package private(set) var directions: Directions?
  package private(set) var cancelReasons: [Reason?] = []
  package private(set) var isRefused = false
  /// Final answers to our re-INVITEs, repetitions included.
  package private(set) var renegotiations: [StatusCode] = []
  /// A phone that lost its way forgets to acknowledge.
  package var acknowledges = true
  /// Sender reports of the gateway's (RFC 3550 §6.4.1), and what they say was sent.
  package private(set) var statements: [SenderStatement] = []
  /// Whether it sends its sound, and whether it reports of what it hears (RTCP).
  package var speaks = true
  package var reports = false
  /// A phone that a firewall keeps from hearing: nothing that is sent to its media port arrives.
  package var isDeaf = false
  /// The number under which it sends its sound, where that is not the one that was agreed.
  package var speakingType: UInt8?
  /// Whether its packets carry comfort noise instead of its sound.
  package var sendsComfort = false
  /// The codec that it agrees to, where it speaks another.
  package var agreesTo: AudioCodec?
  /// What it says to re-INVITEs of ours, one after the other, and then 200; `nil` says nothing.
  package var answersToReinvites: [StatusCode?] = []
  /// What a re-INVITE makes of it, once it has answered 200.
  package var onReinvite: (SoftPhone) -> Void = { _ in }
  /// The descriptions in re-INVITEs that came.
  package private(set) var offersHeard: [SessionDescription] = []
  /// The port from which sound is sent, where it is not the one that was described.
  package private(set) var speakingPort: UInt16?
  /// The last packet of sound that arrived.
  package private(set) var lastHeard: Instant?

  private let network: any PeerNetwork
  private let address: SocketAddress
  private let server: SocketAddress
  private let user: String
  private let domain: String
  private let password: String
  private let habit: Habit
  private let payloadType: UInt8
  private var randomness: Randomness
  private var layer = TransactionLayer()
  private var dialog: Dialog?
  private var ringing: (key: TransactionKey, invite: SIPRequest, answerAt: Instant?)?
  private var remote: SocketAddress?
  private var eventType: UInt8 = 101
  private var answered: TransactionKey?
  private var direction = Direction.sendrecv
  private var mediaPort: UInt16
  private var answersInACK = false
  private var tick: Instant?
  private var reportAt = Instant()
  private var attempts: UInt32 = 0
  private var packetsReported = 0
  private var unanswered: (key: TransactionKey, invite: SIPRequest)?

  /// - Parameter mediaPort: for RTP, on the same address; RTCP has the port above it.
  package init(
    _ network: any PeerNetwork, at address: SocketAddress, mediaPort: UInt16, server: SocketAddress, user: String,
    domain: String, password: String, habit: Habit, hums frequency: Double, codec: AudioCodec, randomness: Randomness
  ) {
    self.network = network
    self.address = address
    self.server = server
    self.user = user
    self.domain = domain
    self.password = password
    self.habit = habit
    payloadType = Self.payloadType(codec)
    self.mediaPort = mediaPort
    self.randomness = randomness
    voice = Voice(hums: frequency, codec: codec, random: &self.randomness)
    network.listen(address) { [unowned self] octets, _ in receive(octets) }
    network.listen(media) { [unowned self] octets, _ in hear(octets) }
    network.listen(SocketAddress(address.ip, mediaPort + 1)) { [unowned self] octets, _ in read(octets) }
  }

  private func read(_ report: [UInt8]) {
    report.withUnsafeBytes { octets in
      var reader = RTCPReader(octets)
      while let part = reader.next() {
        if case .senderReport(_, let statement, _) = part { statements.append(statement) }
      }
    }
  }

  private static func payloadType(_ codec: AudioCodec) -> UInt8 { codec == .opus ? 96 : codec == .pcmu ? 0 : 8 }

  private var media: SocketAddress { SocketAddress(address.ip, mediaPort) }
  private var flow: Flow { Flow(remote: server, local: address) }

  package var deadline: Instant? { earliest(layer.deadline, tick, ringing?.answerAt) }

  package func wake() {
    perform(layer.wake(at: network.now))
    if let (key, invite, answerAt) = ringing, let answerAt, answerAt <= network.now { answer(key, invite) }
    while let due = tick, due <= network.now {
      tick = due + .milliseconds(20)
      voice.listen(at: network.now)
      guard let remote else { continue }
      let source = SocketAddress(address.ip, speakingPort ?? mediaPort)
      if speaks { network.send(packet, from: source, to: remote) }
      guard reports, reportAt <= network.now else { continue }
      reportAt = network.now + .seconds(5)
      let (from, to) = (SocketAddress(source.ip, source.port + 1), SocketAddress(remote.ip, remote.port + 1))
      network.send(report, from: from, to: to)
    }
  }

  private var packet: [UInt8] {
    guard sendsComfort else { return voice.speak(speakingType ?? payloadType, at: network.now) }
    return Array(voice.speak(PayloadType.comfortNoise.number, at: network.now).prefix(RTPHeader.size + 1))
  }

  /// A receiver report of what was heard since the last one; without a block if that was nothing (RFC 3550 §6.4.2).
  private var report: [UInt8] {
    defer { packetsReported = voice.packetsHeard }
    let block = voice.packetsHeard > packetsReported ? voice.makeReport() : nil
    return RTCPReport(ssrc: SSRC(7), statement: nil, block: block, canonicalName: Array("phone".utf8)).octets
  }

  /// Speaks from another port than it said, as a stream of its own.
  package func speak(from port: UInt16) {
    speakingPort = port
    voice.beginAnew(using: &randomness)
  }

  /// Power is gone, or the network.
  package func vanish() {
    network.close(address)
    network.close(media)
    tick = nil
  }

  // MARK: Registering

  package func register(challenge: DigestChallenge? = nil) {
    guard let uri = SIPURI("sip:\(domain)") else { return }
    attempts += 1
    var request = SIPRequest(.register, .sip(uri))
    let me = NameAddress(SIPURI(user: user, host: uri.host))
    var from = me
    from.tag = "reg"
    request.headers.append(.via, via().description)
    request.headers.append(.maxForwards, "70")
    request.headers.append(.from, from.description)
    request.headers.append(.to, me.description)
    request.headers.append(.callID, "reg-\(address)")
    request.headers.append(.cseq, CSeq(attempts, .register).description)
    request.headers.append(.contact, NameAddress(SIPURI(user: user, at: address)).description)
    if let challenge {
      let credentials = DigestCredentials(
        answering: challenge, username: user, password: password, method: .register, uri: uri.description, clientNonce: "c")
      request.headers.append(.authorization, credentials.description)
    }
    if let outputs = layer.send(request, over: flow, at: network.now)?.outputs { perform(outputs) }
  }

  private func via() -> Via { Via(sentBy: HostPort(address), branch: Via.cookie + randomness.token(12)) }

  // MARK: What arrives

  private func receive(_ octets: [UInt8]) {
    guard let message = try? SIPMessage(parsing: octets) else { return }
    perform(layer.receive(message, over: flow, at: network.now))
  }

  private func perform(_ outputs: [TransactionLayer.Output]) {
    for output in outputs {
      switch output {
      case .send(let octets, _): network.send(octets, from: address, to: server)
      case .request(let request, let key, _): receive(request, key)
      case .response(let response, _, _): receive(response)
      case .cancelled(_, let key, let cancel): cancelled(key, cancel)
      case .acknowledged: if let answered { layer.acknowledged(answered) }
      case .timedOut, .unreachable, .unacknowledged: break
      }
    }
  }

  private func receive(_ response: SIPResponse) {
    if (try? response.headers.cseq.method) == .invite { return renegotiated(response) }
    guard (try? response.headers.cseq.method) == .register else { return }
    if response.status == .unauthorized, attempts < 2, let challenge = response.headers.challenges().first {
      register(challenge: challenge)
    } else {
      isRegistered = response.status.isSuccess
      isRefused = response.status.isFailure
    }
  }

  private func receive(_ request: SIPRequest, _ key: TransactionKey) {
    switch request.method {
    case .invite where dialog != nil && (try? request.headers.to.tag) != nil: reinvited(request, key)
    case .invite: ring(request, key)
    case .bye:
      respond(key, SIPResponse(to: request, .ok))
      stop()
    default: respond(key, SIPResponse(to: request, .ok, toTag: "x"))
    }
  }

  private func ring(_ invite: SIPRequest, _ key: TransactionKey) {
    timesRung += 1
    directions = Directions(invite)
    switch habit {
    case .decline(let status): respond(key, SIPResponse(to: invite, status, toTag: "d\(timesRung)"))
    case .answer(let after):
      ringing = (key, invite, network.now + after)
      respond(key, SIPResponse(to: invite, .ringing, toTag: "t\(timesRung)"))
    case .ringOnly:
      ringing = (key, invite, nil)
      respond(key, SIPResponse(to: invite, .ringing, toTag: "t\(timesRung)"))
    }
  }

  private func cancelled(_ key: TransactionKey, _ cancel: SIPRequest) {
    guard let (ringingKey, invite, _) = ringing, ringingKey == key else { return }
    ringing = nil
    respond(key, SIPResponse(to: invite, .requestTerminated, toTag: "t\(timesRung)"))
    cancelReasons.append(cancel.headers.reasons.first)
  }

  private func answer(_ key: TransactionKey, _ invite: SIPRequest) {
    ringing = nil
    guard let offer = try? PhoneDescription(SessionDescription(parsing: String(decoding: invite.body, as: UTF8.self))) else {
      return
    }
    remote = offer.remote
    var response = SIPResponse(to: invite, .ok, toTag: "t\(timesRung)")
    response.headers.append(.contact, NameAddress(SIPURI(user: user, at: address)).description)
    response.headers.append(.contentType, "application/sdp")
    response.body = Array(description.utf8)
    dialog = Dialog(callee: invite, tag: "t\(timesRung)")
    answered = key
    respond(key, response)
    isTalking = true
    tick = network.now
  }

  private var description: String {
    let codec = agreesTo ?? voice.codec
    let isOpus = codec == .opus
    let payloadType = Self.payloadType(codec)
    eventType = isOpus ? 102 : 101
    let name = isOpus ? "opus/48000/2" : codec == .pcmu ? "PCMU/8000" : "PCMA/8000"
    let family = media.ip.isIPv6 ? "IP6" : "IP4"
    return """
      v=0
      o=- 1 1 IN \(family) \(media.ip)
      s=-
      c=IN \(family) \(media.ip)
      t=0 0
      m=audio \(media.port) RTP/AVP \(payloadType) \(eventType)
      a=rtpmap:\(payloadType) \(name)
      a=rtpmap:\(eventType) telephone-event/\(isOpus ? 48_000 : 8000)
      a=\(direction)

      """
  }

  // MARK: Renegotiating

  /// Says anew how to talk: on hold, back again, or at another port.
  ///
  /// - Parameter offers: `false` sends no description and answers the other side's in the ACK.
  package func reinvite(_ direction: Direction, movingTo port: UInt16? = nil, offers: Bool = true) {
    guard var dialog else { return }
    self.direction = direction
    if let port {
      mediaPort = port
      network.listen(media) { [unowned self] octets, _ in hear(octets) }
    }
    var request = dialog.request(.invite, via: via(), contact: NameAddress(SIPURI(user: user, at: address)))
    if offers {
      request.headers.append(.contentType, "application/sdp")
      request.body = Array(description.utf8)
    }
    answersInACK = !offers
    self.dialog = dialog
    if let outputs = layer.send(request, over: flow, at: network.now)?.outputs { perform(outputs) }
  }

  /// The other side says anew how to talk.
  private func reinvited(_ invite: SIPRequest, _ key: TransactionKey) {
    if let offer = try? SessionDescription(parsing: String(decoding: invite.body, as: UTF8.self)) { offersHeard.append(offer) }
    _ = dialog?.receive(invite)
    guard let status = answersToReinvites.isEmpty ? .ok : answersToReinvites.removeFirst() else {
      unanswered = (key, invite)
      return
    }
    answer(key, invite, status)
  }

  /// Says 200 to a re-INVITE that was left without an answer, however late.
  package func answerLate() {
    if let (key, invite) = unanswered { answer(key, invite, .ok) }
    unanswered = nil
  }

  private func answer(_ key: TransactionKey, _ invite: SIPRequest, _ status: StatusCode) {
    var response = SIPResponse(to: invite, status)
    if status.isSuccess {
      response.headers.append(.contact, NameAddress(SIPURI(user: user, at: address)).description)
      response.headers.append(.contentType, "application/sdp")
      response.body = Array(description.utf8)
      answered = key
      onReinvite(self)
    }
    respond(key, response)
  }

  private func renegotiated(_ response: SIPResponse) {
    guard response.status.isFinal else { return }
    renegotiations.append(response.status)
    guard acknowledges, response.status.isSuccess, let dialog, let number = try? response.headers.cseq.number else { return }
    var ack = dialog.acknowledgement(number: number, via: via())
    if answersInACK {
      ack.headers.append(.contentType, "application/sdp")
      ack.body = Array(description.utf8)
    }
    network.send(ack.serialized(), from: address, to: server)
  }

  package func hangUp() {
    guard var dialog else { return }
    let bye = dialog.request(.bye, via: via())
    if let outputs = layer.send(bye, over: flow, at: network.now)?.outputs { perform(outputs) }
    stop()
  }

  private func stop() {
    isTalking = false
    tick = nil
    dialog = nil
  }

  private func respond(_ key: TransactionKey, _ response: SIPResponse) {
    perform(layer.respond(key, response, at: network.now))
  }

  private func hear(_ octets: [UInt8]) {
    if isDeaf { return }
    lastHeard = network.now
    voice.hear(octets, payloadType: payloadType, eventType: eventType, at: network.now)
  }
}

/// Where a request says that answers, later requests and sound find its sender; `nil` for what it does not say as an address.
package struct Directions: Hashable, Sendable {
  package var via: IPAddress?
  package var contact: IPAddress?
  package var sound: IPAddress?

  package init(via: IPAddress?, contact: IPAddress?, sound: IPAddress?) {
    (self.via, self.contact, self.sound) = (via, contact, sound)
  }

  init(_ invite: SIPRequest) {
    via = (try? invite.headers.topVia)?.sentBy.host.address
    if case .addresses(let contacts)? = try? invite.headers.contacts { contact = contacts.first?.uri.sip?.host.address }
    sound = (try? PhoneDescription(SessionDescription(parsing: String(decoding: invite.body, as: UTF8.self))))?.remote?.ip
  }
}
