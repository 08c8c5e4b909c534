import RTP
import Wire

/// Notices when a peer that should be heard is not: no packet of sound at all, which is more than silence that is spoken.
struct SoundWatch {
  /// Browsers send 50 packets a second; with discontinuous transmission still more than two (RFC 7587 §3.1.3).
  static let patience = Duration.seconds(3)
  /// A phone of which neither RTP nor RTCP came for so long is gone. A browser has its consent checks instead (RFC 7675).
  static let longSilence = Duration.seconds(30)
  /// RTCP comes every five seconds or so (RFC 3550 §6.2): a peer that reported within this time is there.
  static let reportingTime = Duration.seconds(10)
  /// Who leaves out so much and no number in between has nothing to say: what is lost on the way leaves a gap.
  static let suppressedTime = Duration.milliseconds(400)
  /// A phone that suppresses its silence and does not report may be silent for so long, while somebody tells it a story.
  static let longestSuppression = Duration.seconds(300)

  enum Finding: Hashable {
    case fellSilent
    case gone
  }

  private enum State {
    case idle
    case hearing(dueAt: Instant)
    /// - goneAt: when the peer is given up; `nil` for one that is never.
    case silent(goneAt: Instant?)
  }
  private var state = State.idle
  private var lastHeard = Instant()
  private var lastReport: Instant?
  private var isPhone = false
  private var newest: UInt16?
  /// Whether the peer sends nothing while it has nothing to say: it paused without a gap in its numbers, or sent comfort noise.
  private(set) var suppressesSilence = false

  /// When to call `wake`.
  var deadline: Instant? {
    switch state {
    case .idle: nil
    case .hearing(let dueAt): dueAt
    case .silent(let goneAt): goneAt
    }
  }

  var isIdle: Bool { if case .idle = state { true } else { false } }

  /// From now on the peer should be heard.
  mutating func start(at now: Instant, isPhone: Bool = false) {
    lastHeard = now
    self.isPhone = isPhone
    state = .hearing(dueAt: now + Self.patience)
  }

  /// The peer need not be heard: it holds.
  mutating func rest() { state = .idle }

  /// A packet of sound came; says whether it ended a silence.
  mutating func heard(_ header: RTPHeader, at now: Instant) -> Bool {
    if header.payloadType == .comfortNoise || (header.sequence &- 1 == newest && now - lastHeard >= Self.suppressedTime) {
      suppressesSilence = true
    }
    (lastHeard, newest) = (now, header.sequence)
    guard case .silent = state else { return false }
    state = .hearing(dueAt: now + Self.patience)
    return true
  }

  /// RTCP came: the peer is there, though it may suppress its silence.
  mutating func reported(at now: Instant) { lastReport = now }

  func isReporting(at now: Instant) -> Bool { lastReport.map { now - $0 < Self.reportingTime } ?? false }

  /// The peer said goodbye; says whether it was heard until now.
  mutating func stop() -> Bool {
    guard case .hearing = state else { return false }
    state = .silent(goneAt: nil)
    return true
  }

  private var patienceInSilence: Duration { suppressesSilence ? Self.longestSuppression : Self.longSilence }

  /// Says what has become of the peer, if that is news.
  mutating func wake(at now: Instant) -> Finding? {
    switch state {
    case .hearing(let dueAt) where now >= dueAt:
      let nextDue = lastHeard + Self.patience
      guard now >= nextDue else {
        state = .hearing(dueAt: nextDue)
        return nil
      }
      state = .silent(goneAt: isPhone ? max(lastHeard + patienceInSilence, now) : nil)
      return .fellSilent
    case .silent(let goneAt?) where now >= goneAt:
      let nextDue = max(lastHeard, lastReport ?? lastHeard) + patienceInSilence
      guard now >= nextDue else {
        state = .silent(goneAt: nextDue)
        return nil
      }
      state = .silent(goneAt: nil)
      return .gone
    case .idle, .hearing, .silent: return nil
    }
  }
}
