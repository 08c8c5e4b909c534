import SIPSyntax
import Wire

/// An INVITE that we received (RFC 3261 §17.2.1, RFC 6026 §7.1).
///
///     proceeding ──2xx──▶ accepted ─L─▶ terminated
///         └──300–699──▶ completed ──ACK──▶ confirmed ─I─▶ terminated
///                           └─H─▶ terminated, unacknowledged
package struct InviteServerTransaction: Sendable {
  package enum Output: Hashable, Sendable {
    case send(SIPResponse)
    /// The ACK of a 2xx, for whoever answered.
    case acknowledged(SIPRequest)
    /// Nobody acknowledged our final response.
    case unacknowledged
  }

  /// A user of the transaction that takes longer than this is spoken for with a 100 (§17.2.1).
  package static let tryingAfter = Duration.milliseconds(200)

  private enum State {
    case proceeding(last: SIPResponse?, tryingAt: Instant?)
    case accepted(SIPResponse, resend: Retransmission?, until: Instant, isAcknowledged: Bool)
    case completed(SIPResponse, resend: Retransmission?, until: Instant)
    case confirmed(until: Instant)
    case terminated
  }

  package let request: SIPRequest
  private let timers: TransactionTimers
  private var state: State

  package init(_ request: SIPRequest, timers: TransactionTimers, at now: Instant) {
    self.request = request
    self.timers = timers
    state = .proceeding(last: nil, tryingAt: now + Self.tryingAfter)
  }

  package var isTerminated: Bool { if case .terminated = state { true } else { false } }
  package var isProceeding: Bool { if case .proceeding = state { true } else { false } }

  package var deadline: Instant? {
    switch state {
    case .proceeding(_, let tryingAt): tryingAt
    case .accepted(_, let resend, let until, _), .completed(_, let resend, let until): earliest(resend?.due, until)
    case .confirmed(let until): until
    case .terminated: nil
    }
  }

  /// The same INVITE again, or the ACK of our answer.
  package mutating func receive(_ request: SIPRequest, at now: Instant) -> [Output] {
    let isACK = request.method == .ack
    switch state {
    case .proceeding(let last?, _) where !isACK: return [.send(last)]
    case .completed(let response, _, _) where !isACK: return [.send(response)]
    case .completed where isACK:
      state = .confirmed(until: now + timers.linger)
      return []
    case .accepted where isACK:
      acknowledged()
      return [.acknowledged(request)]
    default: return []
    }
  }

  /// The ACK of our 2xx came, on a branch of its own as RFC 3261 §13.2.2.4 has it: the answer is repeated no more.
  package mutating func acknowledged() {
    guard case .accepted(let response, _, let until, _) = state else { return }
    state = .accepted(response, resend: nil, until: until, isAcknowledged: true)
  }

  package mutating func respond(_ response: SIPResponse, at now: Instant) -> [Output] {
    guard case .proceeding = state else { return [] }
    let resend = Retransmission(every: timers.t1, from: now)
    if response.status.isProvisional {
      state = .proceeding(last: response, tryingAt: nil)
    } else if response.status.isSuccess {
      // The 2xx is repeated whatever the transport: it crosses proxies hop by hop but is acknowledged end to end (§13.3.1.4).
      state = .accepted(response, resend: resend, until: now + timers.patience, isAcknowledged: false)
    } else {
      state = .completed(response, resend: timers.isReliable ? nil : resend, until: now + timers.patience)
    }
    return [.send(response)]
  }

  package mutating func wake(at now: Instant) -> [Output] {
    switch state {
    case .proceeding(nil, let tryingAt?) where now >= tryingAt:
      let trying = SIPResponse(to: request, .trying)
      state = .proceeding(last: trying, tryingAt: nil)
      return [.send(trying)]
    case .accepted(_, _, let until, let isAcknowledged) where now >= until:
      state = .terminated
      return isAcknowledged ? [] : [.unacknowledged]
    case .completed(_, _, let until) where now >= until:
      state = .terminated
      return [.unacknowledged]
    case .confirmed(let until) where now >= until:
      state = .terminated
      return []
    case .accepted(let response, var resend?, let until, let isAcknowledged) where now >= resend.due:
      resend.back(off: timers.t2)
      state = .accepted(response, resend: resend, until: until, isAcknowledged: isAcknowledged)
      return [.send(response)]
    case .completed(let response, var resend?, let until) where now >= resend.due:
      resend.back(off: timers.t2)
      state = .completed(response, resend: resend, until: until)
      return [.send(response)]
    default: return []
    }
  }
}
