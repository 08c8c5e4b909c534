/// How often values fell below each of some fixed bounds: a value that its owner observes into and others get copies of.
package struct Histogram: Hashable, Sendable {
  /// Upper ends, inclusive and rising; what is above the last is counted in the whole only.
  package let bounds: [Double]
  /// One for each bound, of the values above the bound before.
  package private(set) var counts: [UInt64]
  package private(set) var count: UInt64 = 0
  package private(set) var sum = 0.0

  package init(_ bounds: [Double]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count)
  }

  package mutating func observe(_ value: Double) {
    guard value.isFinite else { return }
    count &+= 1
    sum += value
    if let index = bounds.firstIndex(where: { value <= $0 }) { counts[index] &+= 1 }
  }

  /// Seconds of work between two waits of a loop.
  package static var turns: Histogram { Histogram([0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5]) }
}
