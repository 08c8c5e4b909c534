import SIPSyntax
import Wire

/// Any other request that we received (RFC 3261 §17.2.2).
package struct NonInviteServerTransaction: Sendable {
  private enum State {
    case trying
    case proceeding(SIPResponse)
    case completed(SIPResponse, until: Instant)
    case terminated
  }

  /// A request that nobody answers is forgotten after this long, so that a defect cannot fill the table.
  package static let longestThought = Duration.seconds(64)

  package let request: SIPRequest
  private let timers: TransactionTimers
  private let giveUpAt: Instant
  private var state = State.trying

  package init(_ request: SIPRequest, timers: TransactionTimers, at now: Instant) {
    self.request = request
    self.timers = timers
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
  package func receiveAgain() -> SIPResponse? {
    switch state {
    case .proceeding(let response), .completed(let response, _): response
    case .trying, .terminated: nil
    }
  }

  package mutating func respond(_ response: SIPResponse, at now: Instant) -> SIPResponse? {
    switch state {
    case .trying, .proceeding:
      state = response.status.isProvisional ? .proceeding(response) : .completed(response, until: now + timers.repetition)
      return response
    case .completed, .terminated: return nil
    }
  }

  package mutating func wake(at now: Instant) {
    guard let deadline, now >= deadline else { return }
    state = .terminated
  }
}
