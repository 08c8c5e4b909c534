import Codecs
import Wire

extension FuzzTarget {
  /// A file: what was read is bounded by what was there, and can be played at every rate.
  static let wav: Body = { octets throws(BrokenPromise) in
    guard let file = try? WAVFile(parsing: octets) else { return }
    try promise(file.samples.count * 2 <= octets.count, "sound is part of its file")
    try promise([8000, 16_000, 48_000].contains(file.rate), "a rate is one that we know")
    let again = try? WAVFile(parsing: written(file))
    try promise(again == file, "sound survives being written")
    // Filtering is slow; the first samples say as much as all.
    let short = WAVFile(rate: file.rate, samples: Array(file.samples.prefix(64)))
    for rate in [8000, 48_000] {
      let other = short.resampled(to: rate)
      let expected = rate > file.rate ? short.samples.count * (rate / file.rate) : short.samples.count * rate / file.rate
      try promise(abs(other.samples.count - expected) <= 1, "resampling keeps the length")
    }
  }

  private static func written(_ file: WAVFile) -> [UInt8] {
    func little(_ value: Int, _ width: Int) -> [UInt8] { (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    let sound = file.samples.flatMap { little(Int($0), 2) }
    let format = little(1, 2) + little(1, 2) + little(file.rate, 4) + little(file.rate * 2, 4) + little(2, 2) + little(16, 2)
    return Array("RIFF".utf8) + little(sound.count + 36, 4) + Array("WAVEfmt ".utf8) + little(16, 4) + format
      + Array("data".utf8) + little(sound.count, 4) + sound
  }
}
