import Codecs
import RTP
import Wire

/// Turns what one leg says into what another understands: jitter buffer, decoder, 20 ms of 8 kHz sound, encoder.
///
/// Opus is decoded to and encoded from 8 kHz directly, so nothing is resampled. What never came is concealed, by the next packet's
/// forward error correction where it carries any.
struct Transcoder: ~Copyable {
  static let period = Duration.milliseconds(20)
  private static let sampleRate = 8000
  /// Samples of one period.
  static let samples = 160
  /// The longest Opus packet, 120 ms, beside one period that waits (RFC 6716 §2.1.4).
  private static let capacity = samples + 960

  private let spokenClockRate: UInt32
  private var buffer: JitterBuffer
  private var decoder: SpeechDecoder
  private var encoder: SpeechEncoder
  /// Decoded sound that no period has taken yet: packets need not be 20 ms long.
  private let sound = UnsafeMutablePointer<Int16>.allocate(capacity: capacity)
  private var waiting = 0

  init(from spoken: AudioCodec, to understood: AudioCodec) {
    spokenClockRate = spoken.clockRate
    buffer = JitterBuffer(clockRate: spoken.clockRate)
    decoder = SpeechDecoder(spoken)
    encoder = SpeechEncoder(understood)
  }

  deinit {
    sound.deallocate()
  }

  mutating func insert(_ header: RTPHeader, _ payload: UnsafeRawBufferPointer, at now: Instant) {
    buffer.insert(header, payload, at: now)
  }

  /// Encodes the next 20 ms into `output` and says how many bytes they take; `nil` while nothing has been said yet.
  mutating func next(into output: UnsafeMutableRawBufferPointer, at now: Instant) -> Int? {
    while waiting < Self.samples {
      let decoded = decodeNext(at: now)
      guard decoded > 0 else { break }
      waiting += decoded
    }
    guard waiting > 0 || buffer.hasStarted else { return nil }
    if waiting < Self.samples {
      (sound + waiting).update(repeating: 0, count: Self.samples - waiting)
      waiting = Self.samples
    }
    let count = encoder.encode(UnsafePointer(sound), into: output)
    waiting -= Self.samples
    sound.update(from: sound + Self.samples, count: waiting)
    return count
  }

  /// Appends the sound of one packet, or of one that is missing, and says how many samples that gave.
  private mutating func decodeNext(at now: Instant) -> Int {
    let room = UnsafeMutableBufferPointer(start: sound + waiting, count: Self.capacity - waiting)
    switch buffer.take(at: now) {
    case .frame(let payload): return decoder.decode(payload, into: room)
    case .lost(let ticks, let next):
      let samples = Int(ticks) * Self.sampleRate / Int(spokenClockRate)
      return decoder.conceal(samples: samples, following: next, into: room)
    case .silence: return 0
    }
  }
}
