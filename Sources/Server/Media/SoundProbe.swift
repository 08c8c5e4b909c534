import Calls
import Codecs
import RTP
import Wire

/// Listens for two seconds to what a peer says, only to know how loud it is.
///
/// Its decoder and its room are made when it begins and freed when it ends; in between nothing is asked for.
struct SoundProbe: ~Copyable {
  static let period = Duration.seconds(2)
  /// What a switched-off microphone gives at most: the A-law has no zero, its softest is 8 (ITU-T G.711 table 1a); Opus carries zeros, and
  /// a room behind a noise filter is a little more.
  private static func softest(_ codec: AudioCodec) -> Int32 { codec == .opus ? 1 : 8 }

  /// Packets in a row of one type that means nothing here which are more than a stray: a fifth of a second.
  static let foreignPackets = 10

  /// When to take the `report`.
  private(set) var due: Instant
  private var decoder: SpeechDecoder
  private let softest: Int32
  private let sound = UnsafeMutableBufferPointer<Int16>.allocate(capacity: SpeechDecoder.maximumSamples)
  private var packets = 0
  private var samples: Int64 = 0
  private var energy: Int64 = 0
  private var peak: Int32 = 0
  private var foreign: (type: PayloadType, packets: Int)?

  init(_ codec: AudioCodec, at now: Instant) {
    due = now + Self.period
    decoder = SpeechDecoder(codec)
    softest = Self.softest(codec)
  }

  deinit {
    sound.deallocate()
  }

  mutating func measure(_ payload: UnsafeRawBufferPointer, at now: Instant) {
    guard now < due else { return }
    packets &+= 1
    let count = decoder.decode(payload, into: sound)
    guard count > 0, let start = sound.baseAddress else { return }
    samples &+= Int64(count)
    // Nothing generic here: unoptimised, a slice's iterator asks for memory at each sample.
    var index = 0
    while index < count {
      let value = Int32(start[index])
      let magnitude = value < 0 ? -value : value
      energy &+= Int64(value &* value)
      if magnitude > peak { peak = magnitude }
      index &+= 1
    }
  }

  /// Comfort noise: somebody is there who suppresses his silence.
  mutating func comfort(at now: Instant) {
    if now < due { packets &+= 1 }
  }

  /// A packet of a type that means nothing here.
  mutating func noteForeign(_ type: PayloadType, at now: Instant) {
    guard now < due else { return }
    foreign = (type, foreign?.type == type ? (foreign?.packets ?? 0) &+ 1 : 1)
  }

  var report: SoundReport {
    var report = SoundReport(packets: packets)
    if packets == 0, let foreign, foreign.packets >= Self.foreignPackets { report.foreign = foreign.type }
    guard samples > 0 else { return report }
    report.level = peak <= softest ? .digitalSilence : .decibels(Self.decibels(Double(energy) / Double(samples)))
    return report
  }

  /// Begins anew with what comes from now on.
  mutating func again(at now: Instant) {
    due = now + Self.period
    (packets, samples, energy, peak, foreign) = (0, 0, 0, 0, nil)
  }

  /// A mean square in whole decibels below that of full scale, which is 0.
  private static func decibels(_ meanSquare: Double) -> Int {
    let decibel = 0.794_328_234_724_281_5
    var (level, step) = (0, 32_768.0 * 32_768.0 * decibel)
    while level > -99, meanSquare < step { (level, step) = (level - 1, step * decibel) }
    return level
  }
}
