import Wire

/// Notices when a peer that should be heard is not: no packet of sound at all, which is more than silence that is spoken.
struct SoundWatch {
  /// Browsers send 50 packets a second; with discontinuous transmission still more than two (RFC 7587 §3.1.3).
  static let patience = Duration.seconds(3)

  private enum State {
    case idle
    case hearing(dueAt: Instant)
    case silent
  }
  private var state = State.idle
  private var lastHeard = Instant()

  /// When to call `wake`.
  var deadline: Instant? { if case .hearing(let dueAt) = state { dueAt } else { nil } }

  /// From now on the peer should be heard.
  mutating func start(at now: Instant) {
    lastHeard = now
    state = .hearing(dueAt: now + Self.patience)
  }

  /// A packet of sound came; says whether it ended a silence.
  mutating func heard(at now: Instant) -> Bool {
    lastHeard = now
    guard case .silent = state else { return false }
    state = .hearing(dueAt: now + Self.patience)
    return true
  }

  /// The peer said goodbye; says whether it was heard until now.
  mutating func stop() -> Bool {
    guard case .hearing = state else { return false }
    state = .silent
    return true
  }

  /// Says whether the peer fell silent.
  mutating func wake(at now: Instant) -> Bool {
    guard case .hearing(let dueAt) = state, now >= dueAt else { return false }
    let nextDue = lastHeard + Self.patience
    state = now >= nextDue ? .silent : .hearing(dueAt: nextDue)
    return now >= nextDue
  }
}
