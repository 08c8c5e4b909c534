import Wire

/// A cheap imitation of what a fuzzer does to its seeds, the same for the same seed on every machine.
package struct Mutation {
  package static let maximumLength = 4096
  private static let interesting: [UInt8] = [
    0, 1, 0x7F, 0x80, 0xFF, 0x0D, 0x0A, 0x20, 0x22, 0x25, 0x2C, 0x3A, 0x3B, 0x3C, 0x40,
  ]

  private var random: Randomness

  package init(seed: UInt64) { random = .seeded(seed) }

  /// One of `corpus`, bent in one to four places.
  package mutating func next(of corpus: [[UInt8]]) -> [UInt8] {
    guard var octets = corpus.randomElement(using: &random) else { return [] }
    for _ in 0..<Int.random(in: 1...4, using: &random) { bend(&octets, corpus) }
    return Array(octets.prefix(Self.maximumLength))
  }

  private mutating func bend(_ octets: inout [UInt8], _ corpus: [[UInt8]]) {
    let position = Int.random(in: 0...octets.count, using: &random)
    let end = min(octets.count, position + Int.random(in: 1...16, using: &random))
    switch Int.random(in: 0..<7, using: &random) {
    case 0 where position < octets.count: octets[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1 where position < octets.count: octets[position] = Self.interesting.randomElement(using: &random) ?? 0
    case 2: octets.insert(UInt8(truncatingIfNeeded: random.next()), at: position)
    case 3: octets.removeSubrange(position..<end)
    case 4: octets.insert(contentsOf: Array(octets[position..<end]), at: position)
    case 5: octets.removeSubrange(position...)
    default:
      // The tail of another seed, as libFuzzer crosses them.
      let other = corpus.randomElement(using: &random) ?? []
      octets.replaceSubrange(position..., with: other.suffix(Int.random(in: 0...other.count, using: &random)))
    }
  }
}
