import SIPSyntax
import Wire

/// All transactions of one SIP endpoint: what arrives finds its machine, what its users send gets one (RFC 3261 §17).
package struct TransactionLayer: Sendable {
  package enum Output: Hashable, Sendable {
    case send([UInt8], over: Flow)
    /// A new request. An INVITE and everything but ACK expects `respond`.
    case request(SIPRequest, TransactionKey, Flow)
    /// The ACK of a 2xx of ours; say `acknowledged` for the INVITE that it belongs to.
    case acknowledged(SIPRequest, Flow)
    /// The peer no longer wants the answer to its INVITE; the CANCEL itself has been answered.
    case cancelled(SIPRequest, TransactionKey, by: SIPRequest)
    case response(SIPResponse, TransactionKey, Flow)
    case timedOut(TransactionKey)
    /// The connection that a request of ours went out over is gone, and no answer can come back by it (§17.1.4).
    case unreachable(TransactionKey)
    case unacknowledged(TransactionKey)
  }

  /// Transactions at a time; a request past it is refused with 503.
  package static let maximumTransactions = 100_000
  /// Bytes of the requests that others sent and that are held at a time, so that few large ones weigh as many small ones; past it 503, too.
  package static let maximumOctets = 128 * 1024 * 1024

  /// Each stands outside the table, whose rows are short: a table keeps the size of its busiest minute, and all phones may come at once.
  private indirect enum Machine {
    case inviteClient(InviteClientTransaction, Flow, cancel: Cancel)
    case client(NonInviteClientTransaction, Flow)
    case inviteServer(InviteServerTransaction, Flow)
    case server(NonInviteServerTransaction, Flow)

    /// `nil` where only the answer is kept.
    var request: SIPRequest? {
      switch self {
      case .inviteClient(let machine, _, _): machine.request
      case .client(let machine, _): machine.request
      case .inviteServer(let machine, _): machine.request
      case .server: nil
      }
    }
  }

  /// A CANCEL must wait until the INVITE was heard of (§9.1).
  private enum Cancel: Hashable {
    case unwanted
    case wanted(Reason?)
    case sent
  }

  private var machines: [TransactionKey: Machine] = [:]
  private var deadlines = DeadlineQueue<TransactionKey>()
  /// Requests of ours over each connection.
  private var sentOver = OrderedIndex<ConnectionID, TransactionKey>()
  private var sizes: [TransactionKey: Int] = [:]
  package private(set) var heldOctets = 0
  /// Responses that answered nothing of ours; who judges those that find no transaction here notes them, too.
  package var strays = StrayResponses()
  private let timers: TransactionTimers
  /// Transactions that it takes.
  let room: Int

  package init(timers: TransactionTimers = TransactionTimers(), room: Int = TransactionLayer.maximumTransactions) {
    (self.timers, self.room) = (timers, room)
  }

  package var count: Int { machines.count }
  /// Whether a request of ours still waits for its final answer; walks all of them.
  package var isAwaitingAnswers: Bool {
    machines.values.contains { machine in
      switch machine {
      case .inviteClient(let machine, _, _): machine.isPending
      case .client(let machine, _): machine.isPending
      case .inviteServer, .server: false
      }
    }
  }
  package var deadline: Instant? { deadlines.next }

  // MARK: What arrives

  package mutating func receive(_ message: SIPMessage, over flow: Flow, at now: Instant) -> [Output] {
    switch message {
    case .request(var request):
      guard (try? request.stampSource(flow.remote)) != nil, let key = TransactionKey(request: request) else { return [] }
      return receive(request, key, flow, at: now)
    case .response(let response):
      guard let key = TransactionKey(response: response) else {
        strays.note(.transaction)
        return []
      }
      return receive(response, key, flow, at: now)
    }
  }

  private mutating func receive(
    _ request: SIPRequest, _ key: TransactionKey, _ flow: Flow, at now: Instant
  ) -> [Output] {
    switch machines[key] {
    case .inviteServer(var machine, let known):
      let outputs = machine.receive(request, at: now)
      keep(key, .inviteServer(machine, known))
      return outputs.flatMap { perform($0, key, known, arrivedOver: flow) }
    case .server(let machine, let known):
      return machine.receiveAgain().map { [.send($0, over: known)] } ?? []
    default: return begin(request, key, flow, at: now)
    }
  }

  private mutating func begin(_ request: SIPRequest, _ key: TransactionKey, _ flow: Flow, at now: Instant) -> [Output] {
    // An ACK of a 2xx has a branch of its own and no answer (§17.1.1.3).
    if request.method == .ack { return [.acknowledged(request, flow)] }
    let size = request.headers.fields.reduce(request.body.count) { $0 + $1.value.count }
    guard machines.count < room, heldOctets + size <= Self.maximumOctets else {
      return [.send(SIPResponse(to: request, .serviceUnavailable, toTag: "busy").serialized(), over: flow)]
    }
    heldOctets += size
    sizes[key] = size
    if request.method == .invite {
      keep(key, .inviteServer(InviteServerTransaction(request, timers: timers(for: flow), at: now), flow))
      return [.request(request, key, flow)]
    }
    keep(key, .server(NonInviteServerTransaction(timers: timers(for: flow), at: now), flow))
    return request.method == .cancel ? cancel(request, key, at: now) : [.request(request, key, flow)]
  }

  /// Answers a CANCEL, and tells the INVITE that it is about (§9.2).
  private mutating func cancel(_ request: SIPRequest, _ key: TransactionKey, at now: Instant) -> [Output] {
    guard let inviteKey = TransactionKey(request: request, method: .invite),
      case .inviteServer(let machine, _) = machines[inviteKey]
    else { return respond(key, SIPResponse(to: request, .callOrTransactionDoesNotExist, toTag: "none"), at: now) }
    let answer = respond(key, SIPResponse(to: request, .ok, toTag: "cancel"), at: now)
    return answer + (machine.isProceeding ? [.cancelled(machine.request, inviteKey, by: request)] : [])
  }

  private mutating func receive(
    _ response: SIPResponse, _ key: TransactionKey, _ flow: Flow, at now: Instant
  ) -> [Output] {
    if let why = machines[key].flatMap({ stray(response, flow, $0) }) {
      strays.note(why)
      return []
    }
    switch machines[key] {
    case .inviteClient(var machine, let known, let cancel):
      let outputs = machine.receive(response, at: now).flatMap { perform($0, key, known, arrivedOver: flow) }
      keep(key, .inviteClient(machine, known, cancel: cancel))
      return outputs + sendWantedCancel(key, at: now)
    case .client(var machine, let known):
      let outputs = machine.receive(response, at: now).flatMap { perform($0, key, known, arrivedOver: flow) }
      keep(key, .client(machine, known))
      return outputs
    default:
      // A 2xx whose transaction is gone still needs an ACK and a BYE from whoever sent the INVITE (RFC 6026 §7.2), and a phone
      // that says only now that it rings a CANCEL.
      let concerns = response.status != .trying && !response.status.isFailure && (try? response.headers.cseq.method) == .invite
      if !concerns { strays.note(.transaction) }
      return concerns ? [.response(response, key, flow)] : []
    }
  }

  private func stray(_ response: SIPResponse, _ flow: Flow, _ machine: Machine) -> StrayResponse? {
    let (request, asked): (SIPRequest, Flow)
    switch machine {
    case .inviteClient(let machine, let flow, _): (request, asked) = (machine.request, flow)
    case .client(let machine, let flow): (request, asked) = (machine.request, flow)
    case .inviteServer, .server: return nil
    }
    return StrayResponse(response, from: flow.remote.ip, to: request, askedOf: asked.remote.ip)
  }

  // MARK: What users send

  /// Sends a request whose top Via is ours already.
  package mutating func send(
    _ request: SIPRequest, over flow: Flow, at now: Instant
  ) -> (key: TransactionKey, outputs: [Output])? {
    guard machines.count < room, let branch = try? request.headers.topVia.branch else { return nil }
    let key = TransactionKey(client: branch, method: request.method)
    if request.method == .invite {
      keep(key, .inviteClient(InviteClientTransaction(request, timers: timers(for: flow), at: now), flow, cancel: .unwanted))
    } else {
      keep(key, .client(NonInviteClientTransaction(request, timers: timers(for: flow), at: now), flow))
    }
    return (key, [.send(request.serialized(), over: flow)])
  }

  package mutating func respond(_ key: TransactionKey, _ response: SIPResponse, at now: Instant) -> [Output] {
    switch machines[key] {
    case .inviteServer(var machine, let flow):
      let outputs = machine.respond(response, at: now)
      keep(key, .inviteServer(machine, flow))
      return outputs.flatMap { perform($0, key, flow) }
    case .server(var machine, let flow):
      let answer = machine.respond(response, at: now)
      keep(key, .server(machine, flow))
      return answer.map { [.send($0, over: flow)] } ?? []
    default: return []
    }
  }

  /// Answers a request of which nothing need be remembered: should it come again, it is judged again as if for the first time
  /// (RFC 3261 §8.2.7). So a stranger's requests take no memory, however many there are (§26.3.2.4).
  package mutating func respondStatelessly(_ key: TransactionKey, _ response: SIPResponse) -> [Output] {
    guard case .server(let machine, let flow) = machines[key], machine.receiveAgain() == nil else { return [] }
    forget(key)
    return [.send(response.serialized(), over: flow)]
  }

  /// The 2xx to that INVITE was acknowledged, as only its dialog can tell.
  package mutating func acknowledged(_ key: TransactionKey) {
    guard case .inviteServer(var machine, let flow) = machines[key] else { return }
    machine.acknowledged()
    keep(key, .inviteServer(machine, flow))
  }

  /// Takes an INVITE of ours back: now, or as soon as the peer has been heard (§9.1).
  package mutating func cancel(_ key: TransactionKey, reason: Reason?, at now: Instant) -> [Output] {
    guard case .inviteClient(let machine, let flow, cancel: .unwanted) = machines[key], machine.isPending else { return [] }
    machines[key] = .inviteClient(machine, flow, cancel: .wanted(reason))
    return sendWantedCancel(key, at: now)
  }

  /// Takes back an INVITE whose transaction is over, but whose peer says only now that it rings.
  package mutating func cancelAgain(
    _ invite: SIPRequest, _ key: TransactionKey, over flow: Flow, at now: Instant
  ) -> [Output] {
    guard machines[key] == nil, let branch = try? invite.headers.topVia.branch,
      machines[TransactionKey(client: branch, method: .cancel)] == nil
    else { return [] }
    return send(invite.cancellation(reason: nil), over: flow, at: now)?.outputs ?? []
  }

  private mutating func sendWantedCancel(_ key: TransactionKey, at now: Instant) -> [Output] {
    guard case .inviteClient(var machine, let flow, cancel: .wanted(let reason)) = machines[key], machine.isProceeding else {
      return []
    }
    machine.cancelled(at: now)
    keep(key, .inviteClient(machine, flow, cancel: .sent))
    return send(machine.request.cancellation(reason: reason), over: flow, at: now)?.outputs ?? []
  }

  /// A connection is gone: what was asked over it is not answered by it. What was to be answered over it ends by its own timers.
  package mutating func connectionClosed(_ connection: ConnectionID) -> [Output] {
    sentOver.removeAll(under: connection).flatMap { key -> [Output] in
      let machine = machines.removeValue(forKey: key)
      deadlines.remove(key)
      if case .inviteClient(let machine, _, _)? = machine, !machine.isPending { return [] }
      return [.unreachable(key)]
    }
  }

  // MARK: Time

  /// - Parameter due: called with the request of every transaction whose time has come, whether anything follows from it or not.
  package mutating func wake(at now: Instant, due: (SIPRequest) -> Void = { _ in }) -> [Output] {
    var outputs: [Output] = []
    while let key = deadlines.popDue(at: now) {
      if let request = machines[key]?.request { due(request) }
      outputs += wake(key, at: now)
    }
    return outputs
  }

  private mutating func wake(_ key: TransactionKey, at now: Instant) -> [Output] {
    switch machines[key] {
    case .inviteClient(var machine, let flow, let cancel):
      let outputs = machine.wake(at: now)
      keep(key, .inviteClient(machine, flow, cancel: cancel))
      return outputs.flatMap { perform($0, key, flow, arrivedOver: flow) }
    case .client(var machine, let flow):
      let outputs = machine.wake(at: now)
      keep(key, .client(machine, flow))
      return outputs.flatMap { perform($0, key, flow, arrivedOver: flow) }
    case .inviteServer(var machine, let flow):
      let outputs = machine.wake(at: now)
      keep(key, .inviteServer(machine, flow))
      return outputs.flatMap { perform($0, key, flow) }
    case .server(var machine, let flow):
      machine.wake(at: now)
      keep(key, .server(machine, flow))
      return []
    case nil: return []
    }
  }

  // MARK: Inside

  private func timers(for flow: Flow) -> TransactionTimers {
    var timers = timers
    timers.isReliable = flow.isReliable
    return timers
  }

  private func perform(
    _ output: InviteClientTransaction.Output, _ key: TransactionKey, _ flow: Flow, arrivedOver: Flow
  ) -> [Output] {
    switch output {
    case .send(let request): [.send(request.serialized(), over: flow)]
    case .deliver(let response): [.response(response, key, arrivedOver)]
    case .timedOut: [.timedOut(key)]
    }
  }

  private func perform(
    _ output: InviteServerTransaction.Output, _ key: TransactionKey, _ flow: Flow, arrivedOver: Flow? = nil
  ) -> [Output] {
    switch output {
    case .send(let response): [.send(response.serialized(), over: flow)]
    case .acknowledged(let request): [.acknowledged(request, arrivedOver ?? flow)]
    case .unacknowledged: [.unacknowledged(key)]
    }
  }

  private mutating func keep(_ key: TransactionKey, _ machine: Machine) {
    let (isTerminated, deadline) =
      switch machine {
      case .inviteClient(let machine, _, _): (machine.isTerminated, machine.deadline)
      case .client(let machine, _): (machine.isTerminated, machine.deadline)
      case .inviteServer(let machine, _): (machine.isTerminated, machine.deadline)
      case .server(let machine, _): (machine.isTerminated, machine.deadline)
      }
    if isTerminated {
      forget(key)
    } else {
      machines[key] = machine
      deadlines.set(key, to: deadline)
    }
    note(key, machine, isTerminated: isTerminated)
  }

  private mutating func forget(_ key: TransactionKey) {
    machines[key] = nil
    deadlines.remove(key)
    if let size = sizes.removeValue(forKey: key) { heldOctets -= size }
  }

  /// Remembers which requests of ours a connection carries.
  private mutating func note(_ key: TransactionKey, _ machine: Machine, isTerminated: Bool) {
    let flow: Flow
    switch machine {
    case .inviteClient(_, let known, _), .client(_, let known): flow = known
    case .inviteServer, .server: return
    }
    guard let connection = flow.connection else { return }
    if isTerminated { sentOver.remove(key, under: connection) } else { sentOver.insert(key, under: connection) }
  }
}
