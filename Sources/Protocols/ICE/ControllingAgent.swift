import Wire

/// The full, controlling side of ICE for one component (RFC 8445 §6 to §8, RFC 7675), as a browser plays it toward a lite agent.
package struct ControllingAgent: Sendable {
  package enum Output: Hashable, Sendable {
    case send([UInt8], to: SocketAddress)
    case selected(SocketAddress)
    /// Every candidate was tried and none answered.
    case failed
    /// The chosen pair stopped answering (RFC 7675 §5.1).
    case consentLost
  }

  /// The first interval between repetitions of a check; it doubles (RFC 8489 §6.2.1).
  package static let retransmission = Duration.milliseconds(500)
  package static let maximumTransmissions = 7
  package static let consentInterval = Duration.seconds(5)
  package static let consentLifetime = Duration.seconds(30)

  private struct Check {
    var remote: SocketAddress
    var transaction: STUNTransactionID
    var octets: [UInt8]
    var transmissions = 1
    var due: Instant
  }

  private enum State {
    case checking
    case connected(SocketAddress, heard: Instant, nextCheck: Instant)
    case over
  }

  private let local: ICECredentials
  private let remote: ICECredentials
  private let tieBreaker: UInt64
  private var randomness: Randomness
  private var checks: [Check] = []
  private var state = State.checking

  package init(local: ICECredentials, remote: ICECredentials, randomness: Randomness) {
    self.local = local
    self.remote = remote
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
    candidates.map { check($0, at: now) }
  }

  private mutating func check(_ remote: SocketAddress, at now: Instant) -> Output {
    let transaction = STUNTransactionID(using: &randomness)
    let request = STUNMessage(
      .request, transaction: transaction,
      attributes: [
        .username(Array("\(self.remote.usernameFragment):\(local.usernameFragment)".utf8)), .priority(1_845_501_695),
        .iceControlling(tieBreaker: tieBreaker), .useCandidate,
      ])
    let octets = request.encoded(password: self.remote.password)
    checks.append(Check(remote: remote, transaction: transaction, octets: octets, due: now + Self.retransmission))
    return .send(octets, to: remote)
  }

  package mutating func receive(_ datagram: [UInt8], from source: SocketAddress, at now: Instant) -> [Output] {
    guard let response = try? STUNDatagram(parsing: datagram), response.message.kind == .success,
      let index = checks.firstIndex(where: { $0.transaction == response.message.transaction && $0.remote == source }),
      response.isAuthentic(password: remote.password)
    else { return [] }
    checks.remove(at: index)
    let nextCheck = now + Self.consentInterval
    switch state {
    case .checking:
      checks = []
      state = .connected(source, heard: now, nextCheck: nextCheck)
      return [.selected(source)]
    case .connected(source, _, let planned):
      state = .connected(source, heard: now, nextCheck: planned)
      return []
    case .connected, .over: return []
    }
  }

  package mutating func wake(at now: Instant) -> [Output] {
    switch state {
    case .checking: return repeatChecks(at: now)
    case .connected(_, let heard, _) where now - heard >= Self.consentLifetime:
      state = .over
      return [.consentLost]
    case .connected(let remote, let heard, let nextCheck) where now >= nextCheck:
      checks = []
      state = .connected(remote, heard: heard, nextCheck: now + Self.consentInterval)
      return [check(remote, at: now)]
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
