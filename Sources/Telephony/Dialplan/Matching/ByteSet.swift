/// Some of the 256 bytes.
struct ByteSet: Hashable, Sendable {
  private var low: (UInt64, UInt64) = (0, 0)
  private var high: (UInt64, UInt64) = (0, 0)

  init() {}

  init(_ range: ClosedRange<UInt8>) {
    for byte in range { insert(byte) }
  }

  @inline(__always)
  func contains(_ byte: UInt8) -> Bool {
    let bit: UInt64 = 1 << UInt64(byte & 63)
    switch byte >> 6 {
    case 0: return low.0 & bit != 0
    case 1: return low.1 & bit != 0
    case 2: return high.0 & bit != 0
    default: return high.1 & bit != 0
    }
  }

  mutating func insert(_ byte: UInt8) {
    let bit: UInt64 = 1 << UInt64(byte & 63)
    switch byte >> 6 {
    case 0: low.0 |= bit
    case 1: low.1 |= bit
    case 2: high.0 |= bit
    default: high.1 |= bit
    }
  }

  private var words: [UInt64] { [low.0, low.1, high.0, high.1] }

  var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  var isEmpty: Bool { low == (0, 0) && high == (0, 0) }

  /// Its only byte, if it has one alone.
  var only: UInt8? { count == 1 ? members.first : nil }

  var members: [UInt8] { (UInt8.min...UInt8.max).filter(contains) }

  static func == (left: ByteSet, right: ByteSet) -> Bool { left.low == right.low && left.high == right.high }

  func hash(into hasher: inout Hasher) {
    for word in words { hasher.combine(word) }
  }

  /// In the order of matching: fewer bytes first; of as many, the one with the lower bytes.
  static func < (left: ByteSet, right: ByteSet) -> Bool {
    if left == right { return false }
    let (less, more) = (left.count, right.count)
    if less != more { return less < more }
    // The first byte that only one of them has decides for that one.
    for (mine, yours) in zip(left.words, right.words) where mine != yours {
      return mine & (mine ^ yours) & (0 &- (mine ^ yours)) != 0
    }
    return false
  }
}
