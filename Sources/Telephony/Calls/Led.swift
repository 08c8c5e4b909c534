import Wire

/// What is known of a call that an attendant leads.
struct Led: Sendable {
  /// Somebody who talked with the visitor before the attendant went on.
  struct Parted: Sendable {
    var agent: AgentName
    var since: Instant
    var leg: LegID
    var report: LegReport?
  }

  /// One ringing, and who rings for each of its targets.
  private struct Ringing: Sendable {
    let id: RingID
    var targets: [[AgentName]]
    /// The best reason so far why a target was not reached.
    var failures: [RingFailure?]
  }

  /// Several at a time where parts of a plan ring by themselves.
  private var ringings: [Ringing] = []
  var parted: Parted?

  mutating func begin(_ ring: RingID, _ targets: [[AgentName]]) {
    ringings.append(Ringing(id: ring, targets: targets, failures: Array(repeating: nil, count: targets.count)))
  }

  /// - Returns: who rang for it, or talks.
  mutating func end(_ ring: RingID) -> [AgentName] {
    guard let index = ringings.firstIndex(where: { $0.id == ring }) else { return [] }
    return ringings.remove(at: index).targets.flatMap { $0 }
  }

  func target(of agent: AgentName) -> (ring: RingID, target: Int)? {
    place(of: agent).map { (ringings[$0.ringing].id, $0.target) }
  }

  private func place(of agent: AgentName) -> (ringing: Int, target: Int)? {
    for (index, ringing) in ringings.enumerated() {
      if let target = ringing.targets.firstIndex(where: { $0.contains(agent) }) { return (index, target) }
    }
    return nil
  }

  mutating func note(_ failure: RingFailure, of agent: AgentName) {
    guard let (index, target) = place(of: agent) else { return }
    let former = ringings[index].failures[target]
    ringings[index].failures[target] = former.map { failure.end < $0.end ? failure : $0 } ?? failure
  }

  /// An agent is out.
  ///
  /// - Returns: its target, if that was the last of its agents.
  mutating func drop(_ agent: AgentName) -> (ring: RingID, target: Int, failure: RingFailure)? {
    guard let (index, target) = place(of: agent) else { return nil }
    ringings[index].targets[target].removeAll { $0 == agent }
    guard ringings[index].targets[target].isEmpty else { return nil }
    return (ringings[index].id, target, ringings[index].failures[target] ?? .silent)
  }
}
