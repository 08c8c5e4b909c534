import SIPSyntax
import Wire

/// An INVITE that we sent (RFC 3261 §17.1.1, RFC 6026 §7.2).
///
///     calling ──1xx──▶ proceeding ──2xx──▶ accepted ─M─▶ terminated
///        └───────────300–699────────▶ completed ─D─▶ terminated
package struct InviteClientTransaction: Sendable {
  package enum Output: Hashable, Sendable {
    case send(SIPRequest)
    case deliver(SIPResponse)
    case timedOut
  }

  private enum State {
    case calling(resend: Retransmission?, giveUpAt: Instant)
    case proceeding(giveUpAt: Instant)
    case accepted(until: Instant)
    case completed(ack: SIPRequest, until: Instant)
    case terminated
  }

  /// Timer C: a call that rings longer than this is over (RFC 3261 §16.6, item 11).
  package static let longestRinging = Duration.seconds(180)

  package let request: SIPRequest
  private let timers: TransactionTimers
  private var state: State

  package init(_ request: SIPRequest, timers: TransactionTimers, at now: Instant) {
    self.request = request
    self.timers = timers
    let resend = timers.isReliable ? nil : Retransmission(every: timers.t1, from: now)
    state = .calling(resend: resend, giveUpAt: now + timers.patience)
  }

  package var isTerminated: Bool { if case .terminated = state { true } else { false } }

  /// Whether a CANCEL may go out: something was heard, nothing final (§9.1).
  package var isProceeding: Bool { if case .proceeding = state { true } else { false } }
  package var isPending: Bool {
    switch state {
    case .calling, .proceeding: true
    default: false
    }
  }

  package var deadline: Instant? {
    switch state {
    case .calling(let resend, let giveUpAt): earliest(resend?.due, giveUpAt)
    case .proceeding(let giveUpAt): giveUpAt
    case .accepted(let until), .completed(_, let until): until
    case .terminated: nil
    }
  }

  package mutating func receive(_ response: SIPResponse, at now: Instant) -> [Output] {
    switch state {
    case .calling, .proceeding:
      if response.status.isProvisional {
        state = .proceeding(giveUpAt: now + Self.longestRinging)
        return [.deliver(response)]
      }
      guard response.status.isFailure else {
        state = .accepted(until: now + timers.patience)
        return [.deliver(response)]
      }
      let ack = request.acknowledgement(of: response)
      state = .completed(ack: ack, until: now + timers.wait)
      return [.send(ack), .deliver(response)]
    // Repeated and forked 2xx reach the caller, who acknowledges each (RFC 6026 §7.2).
    case .accepted: return response.status.isSuccess ? [.deliver(response)] : []
    case .completed(let ack, _): return response.status.isFailure ? [.send(ack)] : []
    case .terminated: return []
    }
  }

  package mutating func wake(at now: Instant) -> [Output] {
    switch state {
    case .calling(_, let giveUpAt) where now >= giveUpAt, .proceeding(let giveUpAt) where now >= giveUpAt:
      state = .terminated
      return [.timedOut]
    case .calling(var resend?, let giveUpAt) where now >= resend.due:
      resend.back()
      state = .calling(resend: resend, giveUpAt: giveUpAt)
      return [.send(request)]
    case .accepted(let until) where now >= until, .completed(_, let until) where now >= until:
      state = .terminated
      return []
    default: return []
    }
  }

  /// After a CANCEL the peer has this long to answer the INVITE (§9.1).
  package mutating func cancelled(at now: Instant) {
    guard case .proceeding = state else { return }
    state = .proceeding(giveUpAt: now + timers.patience)
  }
}

extension SIPRequest {
  /// The ACK of a failure, which belongs to the INVITE's own transaction (§17.1.1.3).
  func acknowledgement(of response: SIPResponse) -> SIPRequest {
    var ack = onSameBranch(.ack)
    ack.headers.remove(.to)
    ack.headers.copy(.to, from: response.headers)
    return ack
  }

  /// The CANCEL of this request (§9.1).
  package func cancellation(reason: Reason?) -> SIPRequest {
    var cancel = onSameBranch(.cancel)
    if let reason { cancel.headers.append(.reason, reason.description) }
    return cancel
  }

  private func onSameBranch(_ method: Method) -> SIPRequest {
    var other = SIPRequest(method, uri)
    if let via = try? headers.topVia { other.headers.append(.via, via.description) }
    other.headers.append(.maxForwards, "70")
    for name in [HeaderName.from, .to, .callID, .route] { other.headers.copy(name, from: headers) }
    other.headers.append(.cseq, CSeq((try? headers.cseq.number) ?? 0, method).description)
    return other
  }
}
