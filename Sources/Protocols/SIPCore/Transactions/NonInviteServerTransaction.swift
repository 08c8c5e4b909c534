import SIPSyntax
import Wire

/// Any other request that we received (RFC 3261 §17.2.2).
///
/// After its answer it lives for half a minute more, and there are thousands when all phones come back at once: what is kept of it is
/// the answer's bytes, and nothing of the request.
package struct NonInviteServerTransaction: Sendable {
  private enum State {
    case trying
    case proceeding([UInt8])
    case completed([UInt8], until: Instant)
    case terminated
  }

  /// A request that nobody answers is forgotten after this long, so that a defect cannot fill the table.
  package static let longestThought = Duration.seconds(64)

  private let repetition: Duration
  private let giveUpAt: Instant
  private var state = State.trying

  package init(timers: TransactionTimers, at now: Instant) {
    repetition = timers.repetition
    giveUpAt = now + Self.longestThought
  }

  package var isTerminated: Bool { if case .terminated = state { true } else { false } }

  package var deadline: Instant? {
    switch state {
    case .trying, .proceeding: giveUpAt
    case .completed(_, let until): until
    case .terminated: nil
    }
  }

  /// The same request again: what to send for it.
  package func receiveAgain() -> [UInt8]? {
    switch state {
    case .proceeding(let response), .completed(let response, _): response
    case .trying, .terminated: nil
    }
  }

  /// What to send; `nil` once the final answer is given.
  package mutating func respond(_ response: SIPResponse, at now: Instant) -> [UInt8]? {
    switch state {
    case .trying, .proceeding:
      let octets = response.serialized().fitted
      state = response.status.isProvisional ? .proceeding(octets) : .completed(octets, until: now + repetition)
      return octets
    case .completed, .terminated: return nil
    }
  }

  package mutating func wake(at now: Instant) {
    guard let deadline, now >= deadline else { return }
    state = .terminated
  }
}
