import SIPCore

/// How many of something each network has, so that one cannot have it all.
struct SourceCounts: Sendable {
  private let maximum: Int
  private var counts: [SourceNetwork: Int] = [:]

  init(maximum: Int) { self.maximum = maximum }

  /// Networks that have some.
  var sourceCount: Int { counts.count }

  func hasRoom(for source: SourceNetwork) -> Bool { counts[source, default: 0] < maximum }

  mutating func add(_ source: SourceNetwork) { counts[source, default: 0] += 1 }

  mutating func remove(_ source: SourceNetwork) {
    let rest = counts[source, default: 1] - 1
    counts[source] = rest > 0 ? rest : nil
  }
}
