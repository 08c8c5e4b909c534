import Foundation
import Numerics
import Testing
import Wire

@Suite("Numbers as text")
struct DecimalTextTests {
  #if arch(x86_64)
    private static func printf(_ format: String, _ value: Extended) -> String {
      var buffer = [CChar](repeating: 0, count: 8192)
      let count = withVaList([value]) { vsnprintf(&buffer, buffer.count, format, $0) }
      return String(decoding: buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    @Test("%.18Lg and %.6Lf print the same, whatever the bits")
    func printf() {
      let seed = UInt64.random(in: 0...UInt64.max)
      print("numbers from seed \(seed)")
      var random = Randomness.seeded(seed)
      for number in 0..<4000 {
        let value: Extended
        switch number % 5 {
        case 0: value = Extended(Int64.random(in: -1_000_000...1_000_000, using: &random)) / 1000
        case 1: value = Extended(Double(bitPattern: random.next()))
        case 2: value = Extended(Int64(bitPattern: random.next()))
        case 3: value = Extended(random.next() % 1000) / Extended(1 + random.next() % 1000)
        default:
          value = Extended(
            sign: .plus, exponent: Int.random(in: -16_440...16_383, using: &random),
            significand: 1 + Extended(random.next()) / 0x1p64)
        }
        guard value.isFinite else { continue }
        #expect(value.general() == Self.printf("%.18Lg", value))
        if value.magnitude < 1e300 { #expect(value.fixed(decimals: 6) == Self.printf("%.6Lf", value)) }
        if value.magnitude < 1e300 { #expect(value.fixed(decimals: number % 4) == Self.printf("%.\(number % 4)Lf", value)) }
      }
    }

    @Test("Edges", arguments: [0, 1, 0.5, 1.5, 2.5, 1e17, 1e18, 999_999_999_999_999_999, 9.5e-5, 1e-5, 0x1p64, -0.0, 1e4000])
    func edges(value: Extended) {
      #expect(value.general() == Self.printf("%.18Lg", value))
      #expect(value.fixed(decimals: 0) == Self.printf("%.0Lf", value))
      #expect((-value).general() == Self.printf("%.18Lg", -value))
    }

    @Test("A numeral is rounded once, as strtold does")
    func numerals() {
      var random = Randomness.seeded(18)
      for _ in 0..<5000 {
        let digits = Int.random(in: 1...24, using: &random)
        var text = String((0..<digits).map { _ in Character("\(Int.random(in: 0...9, using: &random))") })
        if digits > 1, Bool.random(using: &random) {
          text.insert(".", at: text.index(text.startIndex, offsetBy: Int.random(in: 1..<digits, using: &random)))
        }
        #expect(Extended(numeral: text) == strtold(text, nil), "\(text)")
      }
    }
  #endif

  @Test("What is no numeral", arguments: ["", ".", "1.", ".5", "1.2.3", "-1", "1e5", "abc", " 1"])
  func noNumeral(text: String) { #expect(Extended(numeral: text) == nil) }

  @Test("Numbers that are none")
  func notFinite() {
    #expect(Extended.infinity.general() == "inf" && (-Extended.infinity).general() == "-inf")
    #expect(Extended.nan.fixed(decimals: 6) == "nan")
  }
}
