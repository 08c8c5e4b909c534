/// Numbers as decimal text, rounded as C's `printf` rounds: exactly, ties to the even digit.
extension Extended {
  /// As `%g` prints it with so many significant digits: no zeros at the end, an exponent for the very large and the very small.
  package func general(digits: Int = Self.significantDigits) -> String {
    if magnitude < 1_000_000_000_000_000 {
      let whole = Int64(self)
      if Self(whole) == self, sign == .plus || whole != 0 { return String(whole) }
    }
    guard isFinite else { return isNaN ? (sign == .minus ? "-nan" : "nan") : self < 0 ? "-inf" : "inf" }
    let minus = sign == .minus ? "-" : ""
    guard !isZero else { return minus + "0" }
    var exponent = Int((Double(self.exponent) * 0.301_029_995_663_981_2).rounded(.down))
    var text = scaled(by: digits - 1 - exponent).description
    // The guess is off by one at most, and rounding may carry into another digit.
    while text.utf8.count != digits {
      exponent += text.utf8.count > digits ? 1 : -1
      text = scaled(by: digits - 1 - exponent).description
    }
    while text.utf8.last == 48 { text.removeLast() }
    if exponent < -4 || exponent >= digits {
      let power = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
      let point = text.utf8.count > 1 ? "." : ""
      return minus + text.prefix(1) + point + text.dropFirst() + (exponent < 0 ? "e-" : "e+") + power
    }
    if exponent < 0 { return minus + "0." + String(repeating: "0", count: -exponent - 1) + text }
    let count = text.utf8.count
    if count <= exponent + 1 { return minus + text + String(repeating: "0", count: exponent + 1 - count) }
    return minus + text.prefix(exponent + 1) + "." + text.dropFirst(exponent + 1)
  }

  /// As `%f` prints it with so many decimals.
  package func fixed(decimals: Int) -> String {
    guard isFinite else { return general() }
    var text = scaled(by: decimals).description
    if text.utf8.count <= decimals { text = String(repeating: "0", count: decimals + 1 - text.utf8.count) + text }
    let minus = sign == .minus ? "-" : ""
    return decimals == 0 ? minus + text : minus + text.dropLast(decimals) + "." + text.suffix(decimals)
  }

  /// The magnitude times a power of ten, rounded to a whole number.
  private func scaled(by power: Int) -> Natural {
    guard !isZero else { return Natural(0) }
    // value = whole · 2^shift
    let shift = Int(exponent) - Self.significandBitCount
    let whole = UInt64(magnitude.significand * Self(UInt64(1) << UInt64(Self.significandBitCount)))
    // Twice of it, so that the last bit is the half that decides.
    var number = Natural(whole)
    number.shiftLeft(1 + max(0, shift))
    number.multiply(byTenTo: max(0, power))
    var isInexact = number.divide(byTenTo: max(0, -power))
    if number.shiftRight(max(0, -shift)) { isInexact = true }
    let half = number.isOdd
    _ = number.shiftRight(1)
    if half, isInexact || number.isOdd { number.increment() }
    return number
  }
}

/// A whole number of any size, least significant limb first.
private struct Natural: CustomStringConvertible {
  private var limbs: [UInt32]

  init(_ value: UInt64) {
    limbs = [UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32)]
    trim()
  }

  var isOdd: Bool { (limbs.first ?? 0) & 1 == 1 }

  private mutating func trim() { while limbs.last == 0 { limbs.removeLast() } }

  mutating func multiply(by factor: UInt32) {
    var carry: UInt64 = 0
    for index in limbs.indices {
      carry += UInt64(limbs[index]) * UInt64(factor)
      limbs[index] = UInt32(truncatingIfNeeded: carry)
      carry >>= 32
    }
    if carry > 0 { limbs.append(UInt32(carry)) }
  }

  /// - Returns: the remainder.
  mutating func divide(by divisor: UInt32) -> UInt32 {
    var remainder: UInt64 = 0
    for index in limbs.indices.reversed() {
      remainder = remainder << 32 | UInt64(limbs[index])
      limbs[index] = UInt32(remainder / UInt64(divisor))
      remainder %= UInt64(divisor)
    }
    trim()
    return UInt32(remainder)
  }

  private static let billion: UInt32 = 1_000_000_000
  private static func tenTo(_ power: Int) -> UInt32 { (0..<power).reduce(1) { result, _ in result * 10 } }

  mutating func multiply(byTenTo power: Int) {
    for _ in 0..<power / 9 { multiply(by: Self.billion) }
    multiply(by: Self.tenTo(power % 9))
  }

  /// - Returns: whether anything was left over.
  mutating func divide(byTenTo power: Int) -> Bool {
    var isInexact = false
    for _ in 0..<power / 9 where divide(by: Self.billion) != 0 { isInexact = true }
    return divide(by: Self.tenTo(power % 9)) != 0 || isInexact
  }

  mutating func shiftLeft(_ count: Int) {
    guard count > 0, !limbs.isEmpty else { return }
    multiply(by: 1 << UInt32(count % 32))
    limbs.insert(contentsOf: repeatElement(0, count: count / 32), at: 0)
  }

  /// - Returns: whether a bit was lost.
  mutating func shiftRight(_ count: Int) -> Bool {
    guard count / 32 < limbs.count else {
      defer { limbs = [] }
      return !limbs.isEmpty
    }
    let isInexact = limbs.prefix(count / 32).contains { $0 != 0 }
    limbs.removeFirst(count / 32)
    return divide(by: 1 << UInt32(count % 32)) != 0 || isInexact
  }

  mutating func increment() {
    for index in limbs.indices {
      limbs[index] &+= 1
      if limbs[index] != 0 { return }
    }
    limbs.append(1)
  }

  var description: String {
    var rest = self
    var text = ""
    while !rest.limbs.isEmpty {
      let part = String(rest.divide(by: Self.billion))
      text = (rest.limbs.isEmpty ? part : String(repeating: "0", count: 9 - part.utf8.count) + part) + text
    }
    return text.isEmpty ? "0" : text
  }
}
