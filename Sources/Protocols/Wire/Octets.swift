extension FixedWidthInteger {
  /// The value's bytes in network order.
  package var octets: [UInt8] {
    let width = Self.bitWidth / 8
    return (0..<width).map { UInt8(truncatingIfNeeded: self >> (8 * (width - 1 - $0))) }
  }
}

extension [UInt8] {
  /// The same bytes in a block of their own length, for what is kept: an array that grew may hold twice as much.
  package var fitted: [UInt8] { withUnsafeBufferPointer { Array($0) } }

  /// Removes what was read from the beginning, and gives the block back where nothing is left: most connections mostly wait.
  package mutating func consume(_ count: Int) {
    if count == self.count { self = [] } else { removeFirst(count) }
  }
}

/// Reads big-endian fields one after the other and answers `nil` at the end instead of trapping.
package struct OctetReader {
  private let octets: ArraySlice<UInt8>
  private var position: Int

  package init(_ octets: ArraySlice<UInt8>) {
    self.octets = octets
    position = octets.startIndex
  }
  package init(_ octets: [UInt8]) { self.init(octets[...]) }

  package var remaining: Int { octets.endIndex - position }
  package var isAtEnd: Bool { remaining == 0 }

  package mutating func uint8() -> UInt8? { take(1)?.first }
  package mutating func uint16() -> UInt16? { take(2)?.reduce(0) { $0 << 8 | UInt16($1) } }
  package mutating func uint32() -> UInt32? { take(4)?.reduce(0) { $0 << 8 | UInt32($1) } }
  package mutating func uint64() -> UInt64? { take(8)?.reduce(0) { $0 << 8 | UInt64($1) } }

  /// The next `count` bytes, or `nil` (and nothing consumed) if fewer are left.
  package mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, count <= remaining else { return nil }
    defer { position += count }
    return octets[position..<position + count]
  }

  package mutating func rest() -> ArraySlice<UInt8> {
    defer { position = octets.endIndex }
    return octets[position...]
  }
}
