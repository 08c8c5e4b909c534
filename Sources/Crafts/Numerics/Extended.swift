import Glibc

// The machine's widest floating-point number: 80 bits of it on x86-64, as Asterisk reckons there.
#if arch(x86_64)
  package typealias Extended = Float80
#else
  package typealias Extended = Double
#endif

extension Extended {
  /// Digits that the type can always tell apart, with which it is printed: 18, or 15 where it is a `Double`.
  package static var significantDigits: Int { significandBitCount > 52 ? 18 : 15 }

  /// Powers of ten that the type holds exactly.
  private static let powersOfTen: [Extended] = {
    var powers: [Extended] = [1]
    for _ in 0..<(significandBitCount > 52 ? 27 : 22) { powers.append(powers[powers.count - 1] * 10) }
    return powers
  }()

  /// The number that `12` or `1.5` says, rounded once; `nil` for anything but digits with one point between them.
  package init?(numeral: String) {
    var mantissa: UInt64 = 0
    var (digits, decimals, hasPoint) = (0, 0, false)
    for octet in numeral.utf8 {
      if octet == 0x2E, !hasPoint, digits > 0 {
        hasPoint = true
        continue
      }
      guard octet &- 48 < 10 else { return nil }
      digits += 1
      if hasPoint { decimals += 1 }
      if digits <= 18 { mantissa = mantissa * 10 + UInt64(octet &- 48) }
    }
    guard digits > 0, !hasPoint || decimals > 0 else { return nil }
    let isExact = digits <= 18 && decimals < Self.powersOfTen.count && mantissa <= 1 << UInt64(Self.significandBitCount)
    guard isExact else {
      self.init(numeral)
      return
    }
    self = Extended(mantissa)
    if decimals > 0 { self /= Self.powersOfTen[decimals] }
  }

  // MARK: Functions

  package static func sine(_ x: Extended) -> Extended { sin(x) }
  package static func cosine(_ x: Extended) -> Extended { cos(x) }
  package static func tangent(_ x: Extended) -> Extended { tan(x) }
  package static func arcSine(_ x: Extended) -> Extended { asin(x) }
  package static func arcCosine(_ x: Extended) -> Extended { acos(x) }
  package static func arcTangent(_ x: Extended) -> Extended { atan(x) }
  package static func arcTangent(_ y: Extended, _ x: Extended) -> Extended { atan2(y, x) }
  package static func power(_ x: Extended, _ y: Extended) -> Extended { pow(x, y) }
  package static func exponential(_ x: Extended) -> Extended { exp(x) }
  package static func exponential2(_ x: Extended) -> Extended { exp2(x) }
  package static func exponential10(_ x: Extended) -> Extended { pow(10, x) }
  package static func logarithm(_ x: Extended) -> Extended { log(x) }
  package static func logarithm2(_ x: Extended) -> Extended { log2(x) }
  package static func logarithm10(_ x: Extended) -> Extended { log10(x) }
}
