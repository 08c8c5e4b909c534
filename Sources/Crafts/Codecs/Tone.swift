/// Sums of sines with a cadence, sample by sample (ITU-T E.180).
package struct Tone: Hashable, Sendable {
  package var frequencies: [Double]
  /// Seconds on and off, repeated; empty for a steady tone.
  package var cadence: [Double]
  /// Of full scale, of each sine.
  package var amplitude: Double

  package init(_ frequencies: [Double], cadence: [Double] = [], amplitude: Double = 0.1) {
    self.frequencies = frequencies
    self.cadence = cadence
    self.amplitude = amplitude
  }

  /// What a caller hears in most of Europe while the other side rings: 425 Hz, one second in five.
  package static let ringback = Tone([425], cadence: [1, 4])

  /// Who waits for the other side's lost connection hears this: soft, a quarter of a second in two.
  package static let reconnecting = Tone([330], cadence: [0.25, 1.75], amplitude: 0.05)

  /// `seconds` of the tone.
  package func samples(rate: Int, seconds: Double) -> [Int16] {
    let count = Int(max(0, min(seconds, 60)) * Double(rate))
    let cycle = cadence.reduce(0, +)
    return (0..<count).map { index in
      let time = Double(index) / Double(rate)
      guard cycle == 0 || isOn(at: time.truncatingRemainder(dividingBy: cycle)) else { return 0 }
      let sum = frequencies.reduce(0) { $0 + Self.sine(turns: $1 * time) }
      return Int16(max(-1, min(1, sum * amplitude)) * 32_767)
    }
  }

  private func isOn(at moment: Double) -> Bool {
    var rest = moment
    for (index, length) in cadence.enumerated() {
      if rest < length { return index.isMultiple(of: 2) }
      rest -= length
    }
    return false
  }

  /// The sine of a fraction of a turn by its series: no mathematics library is needed for a tone, and the error is below 1e-9.
  static func sine(turns: Double) -> Double {
    var angle = (turns - turns.rounded()) * 2 * Double.pi
    if angle > .pi / 2 { angle = .pi - angle }
    if angle < -.pi / 2 { angle = -.pi - angle }
    let square = angle * angle
    var term = angle
    var sum = angle
    for step in 1...8 {
      term *= -square / Double((2 * step) * (2 * step + 1))
      sum += term
    }
    return sum
  }
}

/// Finds how much of a sound is one frequency (Goertzel).
package enum ToneDetector {
  /// The share of the power of `samples` at `frequency`: 1 for a pure sine, about 0 for anything else.
  package static func share(of frequency: Double, in samples: some Collection<Int16>, rate: Int) -> Double {
    let power = samples.reduce(0.0) { $0 + Double($1) * Double($1) }
    guard power > 0, !samples.isEmpty else { return 0 }
    let step = frequency / Double(rate)
    var (real, imaginary) = (0.0, 0.0)
    for (index, sample) in samples.enumerated() {
      let turns = step * Double(index)
      real += Double(sample) * Tone.sine(turns: turns + 0.25)
      imaginary += Double(sample) * Tone.sine(turns: turns)
    }
    return 2 * (real * real + imaginary * imaginary) / (Double(samples.count) * power)
  }

  /// Root mean square of full scale, in decibels.
  package static func level(of samples: some Collection<Int16>) -> Double {
    guard !samples.isEmpty else { return -96 }
    let power = samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(samples.count)
    guard power > 0 else { return -96 }
    return decibels(power / (32_768 * 32_768))
  }

  /// Ten times the decimal logarithm, by halving: exact enough for a level.
  private static func decibels(_ ratio: Double) -> Double {
    var (rest, exponent) = (ratio.significand - 1, Double(ratio.exponent))
    // The logarithm of 1...2 by bisection of its square.
    var (fraction, value) = (0.0, rest + 1)
    var weight = 0.5
    while weight > 1e-6 {
      value *= value
      if value >= 2 {
        fraction += weight
        value /= 2
      }
      weight /= 2
    }
    rest = fraction
    exponent += rest
    return exponent * 3.010_299_956_639_812
  }
}
