import Calls
import SIPCore
import Wire

/// Slows down whoever guesses passwords: wrong answers are counted for each address and name, right ones are never held back for long.
struct LoginAttempts: Sendable {
  /// Wrong answers that cost nothing; each one after that doubles the wait.
  static let free = 5
  static let longestWait = Duration.seconds(900)
  /// A pair of address and name is forgotten after this long without a wrong answer.
  static let memory = Duration.seconds(3600)
  /// Pairs that are remembered; past it the one that was quiet longest is forgotten.
  static let maximum = 20_000

  struct Guesser: Hashable, Sendable {
    var network: SourceNetwork
    var tenant: TenantID
    /// In lower case.
    var user: String
  }
  private struct History {
    var wrong: Int
    var blockedUntil: Instant
  }
  private var histories: [Guesser: History] = [:]
  private var ends = DeadlineQueue<Guesser>()

  /// How long to wait before another try; `nil` if it may be now.
  func wait(_ guesser: Guesser, at now: Instant) -> Duration? {
    guard let history = histories[guesser], history.blockedUntil > now else { return nil }
    return history.blockedUntil - now
  }

  mutating func failed(_ guesser: Guesser, at now: Instant) {
    while let old = ends.popDue(at: now) { histories[old] = nil }
    if histories.count >= Self.maximum, histories[guesser] == nil, let oldest = ends.popDue(at: now + Self.memory) {
      histories[oldest] = nil
    }
    let wrong = (histories[guesser]?.wrong ?? 0) + 1
    let doublings = min(max(wrong - Self.free, 0), 10)
    let wait = doublings == 0 ? Duration.zero : min(.seconds(1 << (doublings - 1)), Self.longestWait)
    histories[guesser] = History(wrong: wrong, blockedUntil: now + wait)
    ends.set(guesser, to: now + Self.memory)
  }

  mutating func succeeded(_ guesser: Guesser) {
    histories[guesser] = nil
    ends.remove(guesser)
  }
}
