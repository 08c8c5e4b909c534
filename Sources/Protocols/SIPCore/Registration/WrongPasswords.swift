import Wire

/// How often one source may give a wrong password: `burst` at once, and one more for each `recovery` that passes.
///
/// Only wrong answers to fresh challenges count, so nobody is slowed for being asked, and nobody can count against another's address.
package struct WrongPasswords: Sendable {
  package static let burst = 20
  package static let recovery = Duration.seconds(10)
  /// Past it the source that is nearest to having recovered is forgotten.
  package static let maximumSources = 20_000

  /// Who is counted: a whole network, or where phones are registered from it, one user there (a bad phone in an office locks nobody out).
  package struct Source: Hashable, Sendable {
    private let network: SourceNetwork
    private let user: String?

    package init(_ network: SourceNetwork, user: String? = nil) {
      self.network = network
      self.user = user
    }
  }

  /// When each source will have recovered wholly.
  private var recoveredAt: [Source: Instant] = [:]
  private var ends = DeadlineQueue<Source>()

  package init() {}

  package var count: Int { recoveredAt.count }

  /// How long a source must wait before it may try again; `nil` if it need not.
  package func wait(_ source: Source, at now: Instant) -> Duration? {
    guard let recoveredAt = recoveredAt[source] else { return nil }
    let excess = (recoveredAt - now) - Self.recovery * (Self.burst - 1)
    return excess > .zero ? excess : nil
  }

  /// One more wrong answer.
  package mutating func note(_ source: Source, at now: Instant) {
    while let recovered = ends.popDue(at: now) { recoveredAt[recovered] = nil }
    if recoveredAt[source] == nil, recoveredAt.count >= Self.maximumSources { forgetNext() }
    let moment = max(recoveredAt[source] ?? now, now) + Self.recovery
    recoveredAt[source] = moment
    ends.set(source, to: moment)
  }

  private mutating func forgetNext() {
    guard let next = ends.next, let source = ends.popDue(at: next) else { return }
    recoveredAt[source] = nil
  }
}
