import SIPSyntax
import Wire

/// Any other request that we sent (RFC 3261 §17.1.2).
package struct NonInviteClientTransaction: Sendable {
  package typealias Output = InviteClientTransaction.Output

  private enum State {
    case trying(resend: Retransmission?, giveUpAt: Instant)
    case proceeding(resend: Retransmission?, giveUpAt: Instant)
    case completed(until: Instant)
    case terminated
  }

  package let request: SIPRequest
  private let timers: TransactionTimers
  private var state: State

  package init(_ request: SIPRequest, timers: TransactionTimers, at now: Instant) {
    self.request = request
    self.timers = timers
    let resend = timers.isReliable ? nil : Retransmission(every: timers.t1, from: now)
    state = .trying(resend: resend, giveUpAt: now + timers.patience)
  }

  package var isTerminated: Bool { if case .terminated = state { true } else { false } }
  /// Whether no final answer has come, and one may.
  package var isPending: Bool {
    switch state {
    case .trying, .proceeding: true
    case .completed, .terminated: false
    }
  }

  package var deadline: Instant? {
    switch state {
    case .trying(let resend, let giveUpAt), .proceeding(let resend, let giveUpAt): earliest(resend?.due, giveUpAt)
    case .completed(let until): until
    case .terminated: nil
    }
  }

  package mutating func receive(_ response: SIPResponse, at now: Instant) -> [Output] {
    switch state {
    case .trying(let resend, let giveUpAt), .proceeding(let resend, let giveUpAt):
      if response.status.isProvisional {
        state = .proceeding(resend: resend, giveUpAt: giveUpAt)
      } else {
        state = .completed(until: now + timers.linger)
      }
      return [.deliver(response)]
    case .completed, .terminated: return []
    }
  }

  package mutating func wake(at now: Instant) -> [Output] {
    switch state {
    case .trying(_, let giveUpAt) where now >= giveUpAt, .proceeding(_, let giveUpAt) where now >= giveUpAt:
      state = .terminated
      return [.timedOut]
    case .trying(var resend?, let giveUpAt) where now >= resend.due:
      resend.back(off: timers.t2)
      state = .trying(resend: resend, giveUpAt: giveUpAt)
      return [.send(request)]
    case .proceeding(let resend?, let giveUpAt) where now >= resend.due:
      state = .proceeding(resend: Retransmission(every: timers.t2, from: now), giveUpAt: giveUpAt)
      return [.send(request)]
    case .completed(let until) where now >= until:
      state = .terminated
      return []
    default: return []
    }
  }
}
