/// Where random bits come from: the system's generator in service, a printed seed in a test.
package struct Randomness: RandomNumberGenerator, Sendable {
  private enum Source {
    case system
    case seeded(state: UInt64)
  }
  private var source: Source

  package static let system = Randomness(source: .system)
  package static func seeded(_ seed: UInt64) -> Randomness { Randomness(source: .seeded(state: seed)) }

  package mutating func next() -> UInt64 {
    switch source {
    case .system:
      var generator = SystemRandomNumberGenerator()
      return generator.next()
    case .seeded(let state):
      // SplitMix64: one addition a step, full period, good enough to imagine a network with.
      let next = state &+ 0x9E37_79B9_7F4A_7C15
      source = .seeded(state: next)
      var mixed = (next ^ (next >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  package mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }

  /// `length` characters of `0-9A-Za-z`, about 5.95 bits each: tags, branches, ice-ufrag and ice-pwd.
  package mutating func token(_ length: Int) -> String {
    String(decoding: (0..<length).map { _ in Self.alphabet[Int.random(in: 0..<62, using: &self)] }, as: UTF8.self)
  }

  private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
}
