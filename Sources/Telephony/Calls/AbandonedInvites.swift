import SIPCore
import SIPSyntax
import Wire

/// INVITEs that were cancelled, lost the race or are over, kept as long as an answer to them can still come.
struct AbandonedInvites: Sendable {
  /// Past it the oldest is forgotten; a late 2xx to that one is repeated by its phone until it gives up.
  static let maximum = 10_000
  /// A peer repeats its 2xx for 64·T1 and may have begun at the last moment of ours (RFC 3261 §13.3.1.4).
  static let memory = Duration.seconds(64)

  struct Invite: Sendable {
    let request: SIPRequest
    /// Who was asked.
    let peer: IPAddress
    /// What the answers to a late 2xx are drawn from, long after the call.
    var chance: Randomness
  }
  private var invites: [TransactionKey: Invite] = [:]
  private var ends = DeadlineQueue<TransactionKey>()

  var count: Int { invites.count }
  var deadline: Instant? { ends.next }

  mutating func insert(_ key: TransactionKey, _ invite: Invite, at now: Instant) {
    if invites.count >= Self.maximum, let oldest = ends.popDue(at: now + Self.memory) { invites[oldest] = nil }
    invites[key] = invite
    ends.set(key, to: now + Self.memory)
  }

  subscript(key: TransactionKey) -> Invite? { invites[key] }

  mutating func token(_ length: Int, for key: TransactionKey) -> String? { invites[key]?.chance.token(length) }

  mutating func remove(_ key: TransactionKey) {
    invites[key] = nil
    ends.remove(key)
  }

  /// The INVITEs to which no answer is expected any more.
  mutating func expire(at now: Instant) -> [SIPRequest] {
    var expired: [SIPRequest] = []
    while let key = ends.popDue(at: now) { invites.removeValue(forKey: key).map { expired.append($0.request) } }
    return expired
  }
}
