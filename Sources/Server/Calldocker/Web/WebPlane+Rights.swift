import Calls
import Runtime
import Wire

/// By which right somebody works as an agent in a browser: what was shown for it, to be judged again whenever it may have ended.
struct DeskRight: Hashable, Sendable {
  let uuid: String
  let agent: String
  let token: String?
  /// Whether it proved who it is; in an open tenant nobody need.
  let isProven: Bool
}

/// A desk's socket ends with its right: its agent or business was removed, its login has run out or was ended, its password is another.
///
/// It is told in words at once, and nothing rings there any more. What is talked there goes on until somebody hangs up, so that no visitor
/// is cut off by a login; only with its agent or its business a call ends, too.
extension WebPlane {
  /// What one that has no right any more may still say: what brings its call to an end.
  static let partingEvents: Set = ["call-offer", "call-hangup", "call-dtmf"]
  /// How long one that polls has to fetch why it is let go.
  private static let partingTime = Duration.seconds(1)

  /// Somebody registered, or showed a fresh token on the same socket.
  func take(_ right: DeskRight, of desk: AgentSessionID) async {
    guard let session = sessionsByNumber[desk.number].flatMap({ sessions[$0] }) else { return }
    session.right = right
    // What ended while the exchange was asked is seen now; what ends from now on is told of.
    await judge(session)
  }

  /// Judges all desks of a tenant, or of one of its agents.
  func judgeDesks(of tenant: TenantID, _ agent: AgentName?) async {
    let desks = sessions.values.filter { session in
      guard let right = session.right, TenantID(right.uuid) == tenant else { return false }
      return agent == nil || AgentName(right.agent) == agent
    }
    for session in desks { await judge(session) }
  }

  private func judge(_ session: WebSession) async {
    guard let right = session.right, !session.isDismissed else { return }
    let standing = await reception.standing(of: right.token, as: right.agent, in: right.uuid)
    // A fresh token came meanwhile, or the socket is gone.
    guard session.right == right, sessions[session.machine.id] != nil else { return }
    switch standing {
    case .refused: dismiss(session, .loginEnded)
    case .unproven: if right.isProven { dismiss(session, .loginEnded) }
    case .proven(let until): expire(session, at: until)
    }
  }

  private func expire(_ session: WebSession, at end: Int64) {
    let id = session.machine.id
    let timer = session.rightTimer ?? loop.makeTimer { [unowned self] in assumeIsolated { $0.ranOut(id) } }
    session.rightTimer = timer
    let left = max(0, min(end &- SystemClock.wallNanoseconds / 1_000_000_000, Self.farthest))
    loop.set(timer, to: SystemClock.now + .seconds(left))
  }
  /// Seconds; no token lives so long.
  private static let farthest: Int64 = 366 * 86_400

  private func ranOut(_ id: String) {
    if let session = sessions[id] { dismiss(session, .loginExpired) }
  }

  /// Says why, takes the seat and lets the socket go, after the call that is talked there.
  func dismiss(_ session: WebSession, _ why: Dismissal) {
    guard !session.isDismissed else { return }
    session.isDismissed = true
    emit("error", WireAnswer(Refusal(.unauthorised, why.message)), to: session.machine.id)
    log.write(.info, "A desk was let go: \(why.message)", personal: session.right?.agent)
    Task { if await !signalling.isTalking(session.agent) { letGo(session) } }
  }

  func letGo(_ session: WebSession) {
    session.saidGoodbye = true
    tellGone(session)
    guard session.machine.hasWaiting else { return perform(session.machine.disconnect(), for: session) }
    let id = session.machine.id
    if let timer = session.rightTimer { loop.remove(timer) }
    let timer = loop.makeTimer { [unowned self] in assumeIsolated { $0.part(id) } }
    session.rightTimer = timer
    loop.set(timer, to: SystemClock.now + Self.partingTime)
  }

  private func part(_ id: String) {
    if let session = sessions[id] { perform(session.machine.disconnect(), for: session) }
  }
}

extension AgentEvent {
  /// Whether whoever hears it talks no more.
  var endsTheCall: Bool {
    switch self {
    case .ended, .takenOver: true
    default: false
    }
  }
}
