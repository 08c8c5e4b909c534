import Calls
import HTTP
import Runtime
import SIPCore
import SocketIO
import Wire

/// Socket.IO: sessions over polls and WebSockets, and what their events mean to the exchange.
extension WebPlane {
  func serveSocketIO(_ request: HTTPRequest, _ number: HTTPConnection.RequestNumber, _ client: WebClient) {
    if request.method == "OPTIONS" {
      return answer(client, number, HTTPResponse(204, headers: [("Access-Control-Allow-Headers", "Content-Type")]))
    }
    let source = network(of: request, from: client)
    guard request.parameter("sid") != nil || source.map({ sessionCounts.hasRoom(for: $0) }) ?? true else {
      sessionsRefused &+= 1
      return answer(client, number, .problem(429, "Your network has too many sessions"))
    }
    do throws(HandshakeError) {
      guard request.parameter("EIO") == "4" else { throw .unsupportedVersion }
      switch request.parameter("transport") {
      case "polling": try servePolling(request, number, client)
      case "websocket": try serveWebSocket(request, number, client)
      default: throw .unknownTransport
      }
    } catch {
      answer(client, number, HTTPResponse(400, type: "application/json", error.body))
    }
  }

  private func session(_ request: HTTPRequest) throws(HandshakeError) -> WebSession? {
    guard let id = request.parameter("sid") else { return nil }
    guard let session = sessions[id] else { throw .unknownSession }
    return session
  }

  private func servePolling(
    _ request: HTTPRequest, _ number: HTTPConnection.RequestNumber, _ client: WebClient
  ) throws(HandshakeError) {
    guard let session = try session(request) else {
      guard request.method == "GET" else { throw .badMethod }
      let session = try open(isWebSocket: false, from: network(of: request, from: client))
      session.foreignOrigin = Self.foreignOrigin(of: request)
      return answer(client, number, HTTPResponse(200, type: "text/plain; charset=UTF-8", session.machine.openPacket))
    }
    switch request.method {
    case "GET":
      let poll = SocketIOSession.PollID(nextNumber())
      polls[poll] = (client.number, number, session.machine.id)
      client.polls.insert(poll)
      perform(session.machine.poll(poll), for: session)
    case "POST":
      let body = String(decoding: request.body, as: UTF8.self)
      guard let outputs = session.machine.post(body, at: SystemClock.now) else {
        perform(session.machine.reject(), for: session)
        throw .badRequest
      }
      answer(client, number, HTTPResponse(200, type: "text/html", "ok"))
      perform(outputs, for: session)
    default: throw .badRequest
    }
  }

  private func serveWebSocket(
    _ request: HTTPRequest, _ number: HTTPConnection.RequestNumber, _ client: WebClient
  ) throws(HandshakeError) {
    guard request.headers["Upgrade"] != nil else { throw .badRequest }
    let known = try session(request)
    let session = if let known { known } else { try open(isWebSocket: true, from: network(of: request, from: client)) }
    guard session.client == nil else { throw .badRequest }
    if known == nil { session.foreignOrigin = Self.foreignOrigin(of: request) }
    session.client = client.number
    guard upgrade(client, number, request, session: session.machine.id) else {
      session.client = nil
      return
    }
    if known == nil { sendText(session.machine.openPacket, over: client.number) }
  }

  private func open(isWebSocket: Bool, from source: SourceNetwork?) throws(HandshakeError) -> WebSession {
    guard sessions.count < Self.maximumSessions else {
      sessionsRefused &+= 1
      throw .badRequest
    }
    let id = randomness.token(20)
    let number = nextNumber()
    let machine = SocketIOSession(id: id, isWebSocket: isWebSocket, at: SystemClock.now)
    let session = WebSession(number: number, source: source, machine: machine)
    if let source { sessionCounts.add(source) }
    sessions[id] = session
    sessionsByNumber[number] = id
    session.timer = loop.makeTimer { [unowned self] in assumeIsolated { $0.ring(session: id) } }
    schedule(session)
    return session
  }

  // MARK: What moves a session

  func receivedText(_ text: String, _ id: String) {
    guard let session = sessions[id] else { return }
    perform(session.machine.text(text, at: SystemClock.now), for: session)
  }

  func webSocketClosed(_ id: String, of client: UInt64, saidGoodbye: Bool) {
    guard let session = sessions[id], session.client == client else { return }
    session.client = nil
    perform(session.machine.webSocketClosed(saidGoodbye: saidGoodbye), for: session)
  }

  func abandon(_ poll: SocketIOSession.PollID, _ id: String) {
    polls[poll] = nil
    guard let session = sessions[id] else { return }
    perform(session.machine.abandon(poll), for: session)
  }

  private func ring(session id: String) {
    guard let session = sessions[id] else { return }
    perform(session.machine.wake(at: SystemClock.now), for: session)
  }

  private func schedule(_ session: WebSession) {
    if let timer = session.timer { loop.set(timer, to: session.machine.deadline) }
  }

  func perform(_ outputs: [SocketIOSession.Output], for session: WebSession) {
    for output in outputs {
      switch output {
      case .answer(let poll, let body): answer(poll, HTTPResponse(200, type: "text/plain; charset=UTF-8", body))
      case .refuse(let poll): answer(poll, HTTPResponse(400, type: "application/json", HandshakeError.badRequest.body))
      case .text(let text): if let client = session.client { sendText(text, over: client) }
      case .closeWebSocket: if let client = session.client { closeWebSocket(client) }
      case .connected: break
      case .event(let payload, let ack): receive(payload, ack, session)
      case .disconnected(let reason): disconnected(session, reason)
      }
    }
    schedule(session)
  }

  private func answer(_ poll: SocketIOSession.PollID, _ response: HTTPResponse) {
    guard let waiting = polls.removeValue(forKey: poll), let client = clients[waiting.client] else { return }
    client.polls.remove(poll)
    answer(client, waiting.request, response)
  }

  private func disconnected(_ session: WebSession, _ reason: SocketIOSession.Reason) {
    guard sessions.removeValue(forKey: session.machine.id) != nil else { return }
    if let source = session.source { sessionCounts.remove(source) }
    sessionsByNumber[session.number] = nil
    for timer in [session.timer, session.rightTimer] { if let timer { loop.remove(timer) } }
    (session.timer, session.rightTimer) = (nil, nil)
    // A WebSocket that only knocked goes with its session: nobody would ever ask for its end.
    if let client = session.client { closeWebSocket(client) }
    session.saidGoodbye = reason == .clientLeft || session.isDismissed
    tellGone(session)
  }

  func tellGone(_ session: WebSession) {
    let (visitor, agent, isDeliberate) = (session.visitor, session.agent, session.saidGoodbye)
    if session.isVisitor { Task { await signalling.visitorGone(visitor, isDeliberate: isDeliberate) } }
    if session.isAgent { Task { await signalling.sessionGone(agent, isDeliberate: isDeliberate) } }
  }

  // MARK: Events in

  private func receive(_ payload: String, _ ack: UInt64?, _ session: WebSession) {
    guard let event = WireEvent.read(payload) else {
      return acknowledge(session.machine.id, ack, WireAnswer(Refusal(.badRequest)))
    }
    // What it is is known before the exchange answers, so that a client that leaves at once is not forgotten.
    switch event.name {
    case "call-request": session.isVisitor = true
    // Whoever registered as an agent before comes back as one.
    case "call-resume" where !session.isAgent: session.isVisitor = true
    case "register-agent": session.isAgent = true
    default: break
    }
    let (id, visitor, agent, isAgent) = (session.machine.id, session.visitor, session.agent, session.isAgent)
    guard session.unanswered < Self.maximumUnanswered else {
      if event.name == "call-request" {
        let refused = RefusedCall(.busy, page: event.body.page, network: session.source)
        Task { await signalling.note(refused, naming: event.body.uuid) }
      }
      return acknowledge(id, ack, WireAnswer(Refusal(.busy, "Too many requests at once.")))
    }
    guard !session.isDismissed || Self.partingEvents.contains(event.name) else {
      return acknowledge(id, ack, WireAnswer(Refusal(.unauthorised)))
    }
    session.unanswered += 1
    Task {
      let refusal = await self.refusal(of: event, from: session.foreignOrigin, session.source)
      let answer: any WireMessage =
        if let refusal {
          WireAnswer(refusal)
        } else {
          await self.answer(to: event, visitor, isAgent ? agent : nil, from: session.source)
        }
      session.unanswered -= 1
      // Its end may have overtaken what it asked for.
      if self.sessions[id] == nil { self.tellGone(session) }
      if event.name == "call-request" { self.emit("call-routed", answer, to: id) }
      self.acknowledge(id, ack, answer)
    }
  }

  /// Why a page may not do this, where its tenant does not allow its origin.
  private func refusal(of event: WireEvent, from origin: String?, _ source: SourceNetwork?) async -> Refusal? {
    guard let origin, event.name == "call-request" || event.name == "register-agent", let uuid = event.body.uuid,
      await !reception.allows(origin, in: uuid)
    else { return nil }
    if event.name == "call-request" {
      await signalling.note(RefusedCall(.originRefused, page: origin, network: source), naming: uuid)
    }
    return Refusal(.originRefused)
  }

  /// - Parameter agent: the session of one that asked to be an agent's; whoever did not has no part in these events.
  private func answer(
    to event: WireEvent, _ visitor: VisitorID, _ agent: AgentSessionID?, from source: SourceNetwork?
  ) async -> any WireMessage {
    let body = event.body
    let call = CallID(body.callId ?? "")
    if let agent, event.name == "register-agent" { return await registerAgent(agent, body) }
    if let agent, let answer = await self.answer(to: event, by: agent) { return answer }
    switch event.name {
    case "call-request": return await callRequest(visitor, body, from: source)
    case "call-resume": return await callResume(visitor, body)
    case "call-offer": return Self.answer(await signalling.callOffer(visitor, call, body.sdp ?? ""))
    case "call-dtmf": await signalling.sendDigits(visitor, call, body.digits ?? "")
    case "call-hangup": await signalling.hangUp(visitor, call)
    case "call-accept", "call-reject", "agent-status":
      return WireAnswer(Refusal(.unauthorised, "register-agent comes before \(event.name)."))
    default: return WireAnswer(Refusal(.badRequest, "There is no event named \(event.name)."))
    }
    return WireAnswer(success: true)
  }

  /// What an agent's desk asks for; `nil` for what may be a visitor's as well, and is no call of this desk.
  private func answer(to event: WireEvent, by agent: AgentSessionID) async -> (any WireMessage)? {
    let body = event.body
    let call = CallID(body.callId ?? "")
    switch event.name {
    case "agent-status": return await setStatus(agent, body)
    case "call-accept": return await accept(agent, call, body)
    case "call-reject": await signalling.reject(agent, call)
    case "call-resume": return await callResume(agent, body)
    case "call-offer":
      let result = await signalling.callOffer(agent, call, body.sdp ?? "")
      return result == .failure(Refusal(.unknownCall)) ? nil : Self.answer(result)
    case "call-hangup":
      await signalling.agentHangUp(agent, call)
      return nil
    default: return nil
    }
    return WireAnswer(success: true)
  }

  private func accept(_ agent: AgentSessionID, _ call: CallID, _ body: WireBody) async -> WireAnswer {
    switch await signalling.accept(agent, call, body.sdp ?? "") {
    case .failure(let refusal): return WireAnswer(refusal)
    case .success(let accepted):
      var answer = WireAnswer(success: true)
      answer.sdp = accepted.answer
      answer.resumeToken = accepted.resumeToken
      return answer
    }
  }

  private static func answer(_ result: Result<String, Refusal>) -> WireAnswer {
    switch result {
    case .failure(let refusal): return WireAnswer(refusal)
    case .success(let sdp):
      var answer = WireAnswer(success: true)
      answer.sdp = sdp
      return answer
    }
  }

  private func callRequest(_ visitor: VisitorID, _ body: WireBody, from source: SourceNetwork?) async -> WireAnswer {
    guard let uuid = body.uuid else {
      await signalling.note(RefusedCall(.badRequest, page: body.page, network: source), naming: nil)
      return WireAnswer(Refusal(.badRequest, "uuid is missing."))
    }
    let request = CallRequest(
      tenant: uuid, offer: body.sdp, extensionDialled: body.extension, name: body.name, page: body.page,
      source: source)
    switch await signalling.callRequest(visitor, request) {
    case .failure(let refusal): return WireAnswer(refusal)
    case .success(let routed):
      var answer = WireAnswer(success: true)
      answer.callId = routed.call.description
      answer.sdp = routed.answer
      answer.resumeToken = routed.resumeToken
      return answer
    }
  }

  private static let resumeNeeds = Refusal(.badRequest, "uuid, callId and resumeToken are needed.")

  private func callResume(_ agent: AgentSessionID, _ body: WireBody) async -> WireAnswer {
    guard let uuid = body.uuid, let call = body.callId, let token = body.resumeToken else {
      return WireAnswer(Self.resumeNeeds)
    }
    switch await signalling.resume(agent, tenant: uuid, CallID(call), token: token, offer: body.sdp) {
    case .failure(let refusal): return WireAnswer(refusal)
    case .success(let resumed):
      var answer = WireAnswer.event(resumed.event).answer
      answer.success = true
      answer.sdp = resumed.answer
      answer.resumeToken = resumed.resumeToken
      answer.duration = resumed.seconds
      answer.from = resumed.from
      answer.page = resumed.page
      return answer
    }
  }

  private func callResume(_ visitor: VisitorID, _ body: WireBody) async -> WireAnswer {
    guard let uuid = body.uuid, let call = body.callId, let token = body.resumeToken else {
      return WireAnswer(Self.resumeNeeds)
    }
    switch await signalling.resume(visitor, tenant: uuid, CallID(call), token: token, offer: body.sdp) {
    case .failure(let refusal): return WireAnswer(refusal)
    case .success(let resumed):
      var answer = WireAnswer(resumed.event)
      answer.success = true
      answer.sdp = resumed.answer
      answer.resumeToken = resumed.resumeToken
      answer.duration = resumed.seconds
      return answer
    }
  }

  private func registerAgent(_ session: AgentSessionID, _ body: WireBody) async -> any WireMessage {
    guard let uuid = body.uuid, let name = body.agentId else {
      return WireAnswer(Refusal(.badRequest, "uuid and agentId are needed."))
    }
    let standing = await reception.standing(of: body.token, as: name, in: uuid)
    guard standing != .refused else { return WireAnswer(Refusal(.unauthorised)) }
    let right = DeskRight(uuid: uuid, agent: name, token: body.token, isProven: standing != .unproven)
    let status = body.status.flatMap { AgentStatus($0, reason: body.reason) }
    guard body.status == nil || status != nil else { return WireAnswer(Self.unknownStatus) }
    switch await signalling.registerAgent(session, tenant: uuid, agent: name, isAuthorised: right.isProven, status: status) {
    case .failure(let refusal): return WireAnswer(refusal)
    case .success(let desk):
      await take(right, of: session)
      return DeskAnswer(desk)
    }
  }

  private func setStatus(_ session: AgentSessionID, _ body: WireBody) async -> WireAnswer {
    guard let status = AgentStatus(body.status ?? "", reason: body.reason) else { return WireAnswer(Self.unknownStatus) }
    switch await signalling.setStatus(session, status) {
    case .failure(let refusal): return WireAnswer(refusal)
    case .success: return WireAnswer(success: true)
    }
  }

  private static let unknownStatus = Refusal(.badRequest, "status is \"available\" or \"paused\".")

  // MARK: Events out

  package func deliver(_ event: SignallingPlane.ClientEvent) {
    switch event {
    case .visitor(let visitor, let event):
      guard let id = sessionsByNumber[visitor.number] else { return }
      emit("call-state", WireAnswer(event), to: id)
    case .agent(let session, let event):
      guard let id = sessionsByNumber[session.number] else { return }
      let (name, answer) = WireAnswer.event(event)
      emit(name, answer, to: id)
      if event.endsTheCall, let session = sessions[id], session.isDismissed { letGo(session) }
    case .dismissed(let session, let why):
      if let session = sessionsByNumber[session.number].flatMap({ sessions[$0] }) { dismiss(session, why) }
    case .desks(let desks, let event):
      let (name, message) = WireAnswer.event(event)
      // Written once for all of them.
      let payload = Self.payload(name, message)
      for desk in desks {
        if let id = sessionsByNumber[desk.number], sessions[id]?.isDismissed == false { emit(payload, to: id) }
      }
    }
  }

  private static func payload(_ name: String, _ message: any WireMessage) -> String {
    "[\(JSONText.quote(name)),\(message.json)]"
  }

  func emit(_ name: String, _ message: any WireMessage, to id: String) { emit(Self.payload(name, message), to: id) }

  private func emit(_ payload: String, to id: String) {
    guard let session = sessions[id] else { return }
    perform(session.machine.emit(payload), for: session)
  }

  private func acknowledge(_ id: String, _ ack: UInt64?, _ answer: any WireMessage) {
    guard let ack, let session = sessions[id] else { return }
    perform(session.machine.acknowledge(ack, "[\(answer.json)]"), for: session)
  }
}
