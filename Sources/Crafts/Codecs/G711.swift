/// G.711: one byte a sample, by the logarithm of µ (North America, Japan) or A (elsewhere).
package enum G711: Hashable, Sendable {
  case mu
  case a

  /// What one byte sounds like.
  package func expand(_ code: UInt8) -> Int16 {
    switch self {
    case .mu:
      let bits = Int32(~code)
      let magnitude = ((bits & 0x0F) << 3 + 0x84) << ((bits & 0x70) >> 4) - 0x84
      return Int16(truncatingIfNeeded: bits & 0x80 != 0 ? -magnitude : magnitude)
    case .a:
      let bits = Int32(code ^ 0x55)
      let segment = (bits & 0x70) >> 4
      let mantissa = (bits & 0x0F) << 4
      let magnitude = segment == 0 ? mantissa + 8 : (mantissa + 0x108) << (segment - 1)
      return Int16(truncatingIfNeeded: bits & 0x80 != 0 ? magnitude : -magnitude)
    }
  }

  /// The byte that is nearest to a sample by the ITU's decision values.
  package func compress(_ sample: Int16) -> UInt8 {
    switch self {
    case .mu:
      let isNegative = sample < 0
      let magnitude = min(isNegative ? -Int32(sample) : Int32(sample), 32_635) + 0x84
      let segment = Int32(31 - 7) - Int32(magnitude.leadingZeroBitCount)
      let mantissa = (magnitude >> (segment + 3)) & 0x0F
      return ~UInt8(truncatingIfNeeded: (isNegative ? 0x80 : 0) | segment << 4 | mantissa)
    case .a:
      let isNegative = sample < 0
      let magnitude = isNegative ? -Int32(sample) - 1 : Int32(sample)
      let segment = magnitude < 256 ? 0 : Int32(31 - 7) - Int32(magnitude.leadingZeroBitCount)
      let mantissa = segment == 0 ? magnitude >> 4 : (magnitude >> (segment + 3)) & 0x0F
      return UInt8(truncatingIfNeeded: (isNegative ? 0 : 0x80) | segment << 4 | mantissa) ^ 0x55
    }
  }

  package func decode(_ codes: UnsafeRawBufferPointer, into sound: UnsafeMutablePointer<Int16>) {
    let table = self == .mu ? G711Tables.expandedMu : G711Tables.expandedA
    for index in 0..<codes.count { sound[index] = table[Int(codes[index])] }
  }

  package func encode(_ sound: UnsafePointer<Int16>, count: Int, into codes: UnsafeMutableRawBufferPointer) {
    let table = self == .mu ? G711Tables.compressedMu : G711Tables.compressedA
    for index in 0..<min(count, codes.count) { codes[index] = table[Int(UInt16(bitPattern: sound[index]))] }
  }
}

/// Every answer of `G711`, worked out once: a look-up costs a third of a nanosecond, the arithmetic ten times that.
private enum G711Tables {
  nonisolated(unsafe) static let expandedMu = expanded(.mu)
  nonisolated(unsafe) static let expandedA = expanded(.a)
  nonisolated(unsafe) static let compressedMu = compressed(.mu)
  nonisolated(unsafe) static let compressedA = compressed(.a)

  private static func expanded(_ law: G711) -> UnsafeMutablePointer<Int16> {
    let table = UnsafeMutablePointer<Int16>.allocate(capacity: 256)
    for code in UInt8.min ... .max { table[Int(code)] = law.expand(code) }
    return table
  }

  private static func compressed(_ law: G711) -> UnsafeMutablePointer<UInt8> {
    let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 65_536)
    for bits in UInt16.min ... .max { table[Int(bits)] = law.compress(Int16(bitPattern: bits)) }
    return table
  }
}
