/// What a keyed generator draws from: whoever knows these 128 bits knows everything that was and will be drawn.
package struct ChanceKey: Hashable, Sendable {
  package let first: UInt64
  package let second: UInt64

  package init(_ first: UInt64, _ second: UInt64) {
    self.first = first
    self.second = second
  }
  package init(using random: inout Randomness) { self.init(random.next(), random.next()) }
}

/// Where random bits come from: the system's generator in service, a key for what must be drawn again, a printed seed in a test.
package struct Randomness: RandomNumberGenerator, Sendable {
  private enum Source {
    case system
    case seeded(state: UInt64)
    case keyed(ChanceKey, count: UInt64)
  }
  private var source: Source

  package static let system = Randomness(source: .system)
  package static func seeded(_ seed: UInt64) -> Randomness { Randomness(source: .seeded(state: seed)) }
  /// Nobody who sees some of what is drawn can tell the rest without the key: SipHash-2-4 of a counter, which is what it is made for.
  package static func keyed(_ key: ChanceKey) -> Randomness { Randomness(source: .keyed(key, count: 0)) }

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
    case .keyed(let key, let count):
      source = .keyed(key, count: count &+ 1)
      return SipHash.hash(count, key)
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

/// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed function of short messages that looks random to whoever lacks the key.
package enum SipHash {
  /// The hash of eight bytes, least significant first.
  package static func hash(_ word: UInt64, _ key: ChanceKey) -> UInt64 {
    var state = State(key)
    state.absorb(word)
    return state.finish(length: 8)
  }

  /// The hash of any bytes.
  package static func hash(_ octets: some Collection<UInt8>, _ key: ChanceKey) -> UInt64 {
    var state = State(key)
    var (word, count) = (UInt64(0), 0)
    for octet in octets {
      word |= UInt64(octet) << UInt64(8 * (count & 7))
      count &+= 1
      guard count & 7 == 0 else { continue }
      state.absorb(word)
      word = 0
    }
    return state.finish(length: count, rest: word)
  }

  private struct State {
    private var a: UInt64, b: UInt64, c: UInt64, d: UInt64

    init(_ key: ChanceKey) {
      a = key.first ^ 0x736F_6D65_7073_6575
      b = key.second ^ 0x646F_7261_6E64_6F6D
      c = key.first ^ 0x6C79_6765_6E65_7261
      d = key.second ^ 0x7465_6462_7974_6573
    }

    mutating func absorb(_ word: UInt64) {
      d ^= word
      stir(times: 2)
      a ^= word
    }

    mutating func finish(length: Int, rest: UInt64 = 0) -> UInt64 {
      absorb(UInt64(truncatingIfNeeded: length) << 56 | rest)
      c ^= 0xFF
      stir(times: 4)
      return a ^ b ^ c ^ d
    }

    private mutating func stir(times: Int) {
      for _ in 0..<times {
        a = a &+ b
        b = Self.turn(b, 13) ^ a
        a = Self.turn(a, 32)
        c = c &+ d
        d = Self.turn(d, 16) ^ c
        a = a &+ d
        d = Self.turn(d, 21) ^ a
        c = c &+ b
        b = Self.turn(b, 17) ^ c
        c = Self.turn(c, 32)
      }
    }
    private static func turn(_ word: UInt64, _ count: UInt64) -> UInt64 { word << count | word >> (64 - count) }
  }
}
