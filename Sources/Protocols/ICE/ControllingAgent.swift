import Wire

/// The full, controlling side of ICE for one component (RFC 8445 §6 to §8, RFC 7675), as a browser plays it toward a lite agent.
///
/// It sends checks and judges their answers; it answers none, since a lite peer sends none.
package struct ControllingAgent: Sendable {
  package enum Output: Hashable, Sendable {
    case send([UInt8], to: SocketAddress)
    case selected(SocketAddress)
    /// Every candidate was tried and none answered.
    case failed
    /// The chosen pair stopped answering (RFC 7675 §5.1).
    case consentLost
  }

  package enum Role: Hashable, Sendable {
    case controlling
    case controlled
  }

  /// When USE-CANDIDATE is said: in every check, as Firefox does, or in a second check of the pair that worked (RFC 8445 §8.1.1).
  package enum Nomination: Hashable, Sendable {
    case aggressive
    case regular
  }

  /// The first interval between repetitions of a check; it doubles (RFC 8489 §6.2.1).
  package static let retransmission = Duration.milliseconds(500)
  package static let maximumTransmissions = 7
  /// The middle of what is drawn for each consent check: 0.8 to 1.2 of it (RFC 7675 §5.1).
  package static let consentInterval = Duration.seconds(5)
  package static let consentLifetime = Duration.seconds(30)

  private struct Check {
    var remote: SocketAddress
    var transaction: STUNTransactionID
    var octets: [UInt8]
    var nominates: Bool
    var claimed: Role
    var transmissions = 1
    var due: Instant
  }

  private enum State {
    case checking
    case connected(SocketAddress, heard: Instant, nextCheck: Instant)
    case over
  }

  private var local: ICECredentials
  private var remote: ICECredentials
  private let nomination: Nomination
  private let tieBreaker: UInt64
  private var randomness: Randomness
  private var checks: [Check] = []
  private var state = State.checking
  package private(set) var role: Role

  package init(
    local: ICECredentials, remote: ICECredentials, role: Role = .controlling, nomination: Nomination = .aggressive,
    randomness: Randomness
  ) {
    self.local = local
    self.remote = remote
    self.role = role
    self.nomination = nomination
    self.randomness = randomness
    tieBreaker = self.randomness.next()
  }

  package var deadline: Instant? {
    switch state {
    case .checking: checks.map(\.due).min()
    case .connected(_, let heard, let nextCheck): earliest(nextCheck, heard + Self.consentLifetime)
    case .over: nil
    }
  }

  /// Checks every candidate at once: a browser has few, and they cost nothing.
  package mutating func start(candidates: [SocketAddress], at now: Instant) -> [Output] {
    candidates.map { check($0, nominates: nomination == .aggressive, at: now) }
  }

  /// Begins again with new credentials of both sides (RFC 8445 §9); the owner keeps sending where it did until `selected` speaks again.
  package mutating func restart(
    local: ICECredentials, remote: ICECredentials, candidates: [SocketAddress], at now: Instant
  ) -> [Output] {
    self.local = local
    self.remote = remote
    checks = []
    state = .checking
    return start(candidates: candidates, at: now)
  }

  private mutating func check(_ address: SocketAddress, nominates: Bool, at now: Instant) -> Output {
    let transaction = STUNTransactionID(using: &randomness)
    var request = STUNMessage(
      .request, transaction: transaction,
      attributes: [
        .username(Array("\(remote.usernameFragment):\(local.usernameFragment)".utf8)), .priority(Self.peerReflexivePriority),
      ])
    switch role {
    case .controlling: request.attributes += [.iceControlling(tieBreaker: tieBreaker)] + (nominates ? [.useCandidate] : [])
    case .controlled: request.attributes.append(.iceControlled(tieBreaker: tieBreaker))
    }
    let octets = request.encoded(password: remote.password)
    checks.append(
      Check(
        remote: address, transaction: transaction, octets: octets, nominates: nominates, claimed: role,
        due: now + Self.retransmission))
    return .send(octets, to: address)
  }

  /// Type preference 110, local preference 65535, component 1 (RFC 8445 §5.1.2.1).
  private static let peerReflexivePriority: UInt32 = 110 << 24 | 65_535 << 8 | 255

  package mutating func receive(_ datagram: [UInt8], from source: SocketAddress, at now: Instant) -> [Output] {
    guard let response = try? STUNDatagram(parsing: datagram),
      let index = checks.firstIndex(where: { $0.transaction == response.message.transaction && $0.remote == source }),
      response.isAuthentic(password: remote.password)
    else { return [] }
    switch response.message.kind {
    case .success: return succeed(checks.remove(at: index), at: now)
    case .failure where response.message.errorCode?.number == STUNErrorCode.roleConflict.number:
      return switchRole(and: checks.remove(at: index), at: now)
    // Any other refusal may be of a moment, such as credentials that are on their way: the check is repeated and then given up.
    case .failure, .request, .indication: return []
    }
  }

  private mutating func succeed(_ check: Check, at now: Instant) -> [Output] {
    switch state {
    case .checking where role == .controlling && !check.nominates:
      checks = []
      return [self.check(check.remote, nominates: true, at: now)]
    case .checking:
      checks = []
      state = .connected(check.remote, heard: now, nextCheck: now + consentPause())
      return [.selected(check.remote)]
    case .connected(let remote, _, let nextCheck):
      state = .connected(remote, heard: now, nextCheck: nextCheck)
      return []
    case .over: return []
    }
  }

  /// The peer holds the role that our check claimed: take the other and ask again (RFC 8445 §7.2.5.1).
  private mutating func switchRole(and check: Check, at now: Instant) -> [Output] {
    // Several checks may be refused for one conflict: the first answer switches, the others only repeat.
    if check.claimed == role { role = role == .controlling ? .controlled : .controlling }
    return [self.check(check.remote, nominates: check.nominates, at: now)]
  }

  private mutating func consentPause() -> Duration {
    Self.consentInterval * Int.random(in: 80...120, using: &randomness) / 100
  }

  package mutating func wake(at now: Instant) -> [Output] {
    switch state {
    case .checking: return repeatChecks(at: now)
    case .connected(_, let heard, _) where now - heard >= Self.consentLifetime:
      state = .over
      return [.consentLost]
    case .connected(let remote, let heard, let nextCheck) where now >= nextCheck:
      checks = []
      state = .connected(remote, heard: heard, nextCheck: now + consentPause())
      return [check(remote, nominates: true, at: now)]
    case .connected, .over: return []
    }
  }

  private mutating func repeatChecks(at now: Instant) -> [Output] {
    var outputs: [Output] = []
    for index in checks.indices where checks[index].due <= now {
      checks[index].transmissions += 1
      checks[index].due = now + Self.retransmission * (1 << min(checks[index].transmissions - 1, 5))
      if checks[index].transmissions <= Self.maximumTransmissions {
        outputs.append(.send(checks[index].octets, to: checks[index].remote))
      }
    }
    checks.removeAll { $0.transmissions > Self.maximumTransmissions }
    guard checks.isEmpty else { return outputs }
    state = .over
    return outputs + [.failed]
  }
}
