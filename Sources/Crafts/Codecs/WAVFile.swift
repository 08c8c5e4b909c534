import Wire

/// Sound read from a WAV file: 16-bit PCM, one channel.
package struct WAVFile: Hashable, Sendable {
  package struct Unreadable: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
  }
  /// Ten minutes at 48 kHz: a longer file is no prompt.
  package static let maximumSamples = 10 * 60 * 48_000

  package var rate: Int
  package var samples: [Int16]

  package init(rate: Int, samples: [Int16]) {
    self.rate = rate
    self.samples = samples
  }

  package init(parsing octets: [UInt8]) throws(Unreadable) {
    var rest = octets[...]
    guard rest.count >= 12, rest.prefix(4).elementsEqual("RIFF".utf8), rest.dropFirst(8).prefix(4).elementsEqual("WAVE".utf8)
    else { throw Unreadable(description: "this is no WAV file: it does not begin with RIFF and WAVE") }
    rest = rest.dropFirst(12)
    var rate: Int?
    while rest.count >= 8 {
      let kind = Array(rest.prefix(4))
      let length = Int(Self.little(rest.dropFirst(4).prefix(4)))
      let body = rest.dropFirst(8).prefix(length)
      if kind == Array("fmt ".utf8) {
        rate = try Self.format(body)
      } else if kind == Array("data".utf8) {
        guard let rate else { throw Unreadable(description: "the sound comes before the description of its format") }
        guard body.count / 2 <= Self.maximumSamples else {
          throw Unreadable(description: "the sound is longer than ten minutes")
        }
        self.init(rate: rate, samples: Self.samples(body))
        return
      }
      rest = rest.dropFirst(8 + length + length % 2)
    }
    throw Unreadable(description: "the file holds no sound (no data chunk)")
  }

  private static func format(_ body: ArraySlice<UInt8>) throws(Unreadable) -> Int {
    guard body.count >= 16 else { throw Unreadable(description: "the description of the format is cut short") }
    let field = { (offset: Int, width: Int) in Int(little(body.dropFirst(offset).prefix(width))) }
    guard field(0, 2) == 1 || field(0, 2) == 0xFFFE, field(14, 2) == 16 else {
      throw Unreadable(description: "only 16-bit PCM is understood; convert with: sox in.wav -b 16 -c 1 out.wav")
    }
    guard field(2, 2) == 1 else {
      throw Unreadable(
        description: "the file has \(field(2, 2)) channels, a prompt has one; convert with: sox in.wav -c 1 out.wav")
    }
    guard [8000, 16_000, 48_000].contains(field(4, 4)) else {
      throw Unreadable(description: "the rate is \(field(4, 4)) Hz; 8000, 16000 and 48000 are understood")
    }
    return field(4, 4)
  }

  private static func little(_ octets: ArraySlice<UInt8>) -> UInt32 {
    octets.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  private static func samples(_ body: ArraySlice<UInt8>) -> [Int16] {
    let octets = Array(body)
    return (0..<octets.count / 2).map { Int16(bitPattern: UInt16(octets[2 * $0]) | UInt16(octets[2 * $0 + 1]) << 8) }
  }

  /// The same sound at another of the known rates: a windowed-sinc low pass around whole-number steps.
  package func resampled(to target: Int) -> WAVFile {
    guard target != rate else { return self }
    return target > rate
      ? WAVFile(rate: target, samples: Self.raise(samples, by: target / rate))
      : WAVFile(rate: target, samples: Self.lower(samples, by: rate / target))
  }

  private static func raise(_ samples: [Int16], by factor: Int) -> [Int16] {
    var spread = [Double](repeating: 0, count: samples.count * factor)
    for (index, sample) in samples.enumerated() { spread[index * factor] = Double(sample) * Double(factor) }
    return filter(spread, factor: factor, step: 1)
  }

  private static func lower(_ samples: [Int16], by factor: Int) -> [Int16] {
    filter(samples.map(Double.init), factor: factor, step: factor)
  }

  private static func filter(_ signal: [Double], factor: Int, step: Int) -> [Int16] {
    let reach = 12 * factor
    let taps = (-reach...reach).map { tap -> Double in
      let x = Double(tap) / Double(factor)
      let sinc = tap == 0 ? 1 : Tone.sine(turns: x / 2) / (Double.pi * x)
      let window = 0.5 + 0.5 * Tone.sine(turns: Double(tap) / Double(2 * reach) + 0.25)
      return sinc * window / Double(factor)
    }
    return stride(from: 0, to: signal.count, by: step).map { center in
      var sum = 0.0
      for tap in max(-reach, -center)...min(reach, signal.count - 1 - center) {
        sum += signal[center + tap] * taps[tap + reach]
      }
      return Int16(max(-32_768, min(32_767, sum.rounded())))
    }
  }
}
