import Wire

/// The lite half of ICE for one component (RFC 8445 §2.5, §6.1.1, §7.3), with consent judged by the peer's checks (RFC 7675 §5.1).
///
/// A lite agent never sends a check: it answers them. Which of the peer's addresses media goes to follows from them: the newest pair
/// that the peer nominated, or the newest authenticated one while none is nominated. USE-CANDIDATE is thus a hint that can be
/// taken back, since Firefox nominates every pair that works (see `selected`).
package struct LiteAgent: Sendable {
  package enum Output: Hashable, Sendable {
    case send([UInt8], to: SocketAddress)
    /// A check from here proved to be the peer's: what else comes from here belongs to this session.
    case authenticated(SocketAddress)
    /// Media goes to this address from now on.
    case selected(SocketAddress)
    /// Nobody proved for `consentLifetime` that we are still welcome: sending must stop (RFC 7675 §5.1).
    case consentLost
  }

  /// What was dropped or refused, for the operator.
  package struct Counters: Hashable, Sendable {
    package var accepted = 0
    /// Checks answered with an error.
    package var refused = 0
    /// Indications, responses to nothing we asked, other methods, and what is no STUN at all.
    package var ignored = 0
  }

  package static let consentLifetime: Duration = .seconds(30)
  /// How many sources of authenticated checks are remembered; the one longest silent is forgotten first.
  package static let maximumPairs = 16

  private struct Pair {
    var remote: SocketAddress
    var isNominated: Bool
  }

  /// The credentials in force: one session, or two from a restart until the peer is seen to use the new ones (RFC 8445 §9).
  private enum Sessions {
    case stable(ICECredentials)
    case restarting(old: ICECredentials, new: ICECredentials)

    var local: [ICECredentials] {
      switch self {
      case .stable(let credentials): [credentials]
      case .restarting(let old, let new): [new, old]
      }
    }
  }

  private enum Consent {
    case until(Instant)
    case lost
  }

  private var sessions: Sessions
  private var consent: Consent
  /// Oldest first.
  private var pairs: [Pair] = []
  /// The peer's credentials; a lite agent sends no checks and only compares them to recognise a restart.
  package private(set) var remote: ICECredentials
  package private(set) var selected: SocketAddress?
  package private(set) var counters = Counters()

  package init(local: ICECredentials, remote: ICECredentials, at now: Instant) {
    sessions = .stable(local)
    self.remote = remote
    consent = .until(now + Self.consentLifetime)
  }

  /// Our user name fragments to which checks may be addressed, newest first.
  package var localFragments: [String] { sessions.local.map(\.usernameFragment) }

  package var deadline: Instant? {
    switch consent {
    case .until(let end): end
    case .lost: nil
    }
  }

  /// Takes one datagram that came from `source` to our port; anything but a binding request is ignored and counted.
  package mutating func receive(_ datagram: [UInt8], from source: SocketAddress, at now: Instant) -> [Output] {
    guard let check = try? STUNDatagram(parsing: datagram), check.message.kind == .request,
      check.message.method == STUNMessage.binding
    else {
      counters.ignored &+= 1
      return []
    }
    let local = sessions.local
    switch check.judged(by: local) {
    case .refused(let code, let session):
      return [refusal(of: check.message, code, password: session.map { local[$0].password }, to: source)]
    case .authentic(let session) where check.message.claimsControlled:
      // A lite agent is always controlled, so a tie-breaker would have to lose: we act as one of zero (RFC 8445 §7.3.1.1).
      return [refusal(of: check.message, .roleConflict, password: local[session].password, to: source)]
    case .authentic(let session):
      counters.accepted &+= 1
      let answer = check.message.success(reflecting: source).encoded(password: local[session].password)
      return [.send(answer, to: source)]
        + accept(session: local[session], from: source, nominated: check.message.nominates, at: now)
    }
  }

  package mutating func wake(at now: Instant) -> [Output] {
    guard case .until(let end) = consent, now >= end else { return [] }
    consent = .lost
    pairs = []
    selected = nil
    return [.consentLost]
  }

  /// New credentials after the peer began an ICE restart; the old ones keep working until the new ones are seen in an authenticated check.
  package mutating func restart(local: ICECredentials, remote: ICECredentials, at now: Instant) {
    self.remote = remote
    consent = .until(now + Self.consentLifetime)
    // If the peer restarts twice before we hear it, what works now is still what worked before the first.
    switch sessions {
    case .stable(let old), .restarting(let old, _): sessions = .restarting(old: old, new: local)
    }
  }

  private mutating func refusal(
    of request: STUNMessage, _ code: STUNErrorCode, password: String?, to source: SocketAddress
  ) -> Output {
    counters.refused &+= 1
    return .send(request.failure(code).encoded(password: password), to: source)
  }

  private mutating func accept(
    session: ICECredentials, from source: SocketAddress, nominated: Bool, at now: Instant
  ) -> [Output] {
    consent = .until(now + Self.consentLifetime)
    if case .restarting(_, let new) = sessions {
      // The old session still answers, but a straggler of it must not outvote what the new one chooses.
      if session == new {
        sessions = .stable(new)
        pairs = []
      }
    }
    let proven: [Output] = pairs.contains { $0.remote == source } ? [] : [.authenticated(source)]
    remember(source, nominated: nominated)
    guard let choice = (pairs.last(where: \.isNominated) ?? pairs.last)?.remote, choice != selected else { return proven }
    selected = choice
    return proven + [.selected(choice)]
  }

  private mutating func remember(_ source: SocketAddress, nominated: Bool) {
    var pair = Pair(remote: source, isNominated: nominated)
    if let known = pairs.firstIndex(where: { $0.remote == source }) {
      pair.isNominated = nominated || pairs[known].isNominated
      // A check without USE-CANDIDATE keeps a nominated pair alive but must not make it the newest nomination.
      if pair.isNominated, !nominated { return }
      pairs.remove(at: known)
    } else if pairs.count == Self.maximumPairs, let forgotten = pairs.firstIndex(where: { $0.remote != selected }) {
      pairs.remove(at: forgotten)
    }
    pairs.append(pair)
  }
}

extension STUNMessage {
  var claimsControlled: Bool {
    attributes.contains { if case .iceControlled = $0 { true } else { false } }
  }
  var claimsControlling: Bool {
    attributes.contains { if case .iceControlling = $0 { true } else { false } }
  }
}
