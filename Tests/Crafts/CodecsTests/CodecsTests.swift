import RTP
import Testing

@testable import Codecs

@Suite("G.711: one byte a sample")
struct G711Tests {
  @Test("Every byte expands to a sample that compresses to it again", arguments: [G711.mu, .a])
  func codes(law: G711) {
    for code in UInt8.min ... .max {
      let again = law.compress(law.expand(code))
      // µ-law has two zeros, which sound the same.
      #expect(again == code || (law == .mu && law.expand(code) == 0), "\(law) \(code)")
    }
  }

  @Test("The ends and the middle are where the ITU put them")
  func anchors() {
    #expect(G711.mu.expand(0x80) == 32_124 && G711.mu.expand(0x00) == -32_124 && G711.mu.expand(0xFF) == 0)
    #expect(G711.a.expand(0xAA) == 32_256 && G711.a.expand(0x2A) == -32_256 && G711.a.expand(0xD5) == 8)
    #expect(G711.mu.compress(.max) == 0x80 && G711.mu.compress(.min) == 0x00)
    #expect(G711.a.compress(.max) == 0xAA && G711.a.compress(.min) == 0x2A)
  }

  /// The decision values of one law for positive samples, written as the Recommendation does: segments of 16 steps, each as wide as said.
  private func decisions(_ law: G711) -> [Int] {
    // ITU-T G.711 Table 2a counts to 8,159 and begins with half a step; Table 1a counts to 4,096, its first two segments alike.
    var value = law == .mu ? 1 : 2
    var values = [0, value]
    let widths = law == .mu ? [2, 4, 8, 16, 32, 64, 128, 256] : [2, 2, 4, 8, 16, 32, 64, 128]
    for (segment, width) in widths.enumerated() {
      for _ in 0..<(segment == 0 ? 15 : 16) {
        value += width
        values.append(value)
      }
    }
    // The last one of each table is where clipping begins, not a decision.
    return values.dropLast().map { $0 * (law == .mu ? 4 : 8) }
  }

  @Test("All 65,536 samples fall between the decision values of the ITU's tables", arguments: [G711.mu, .a])
  func allSamples(law: G711) {
    let decisions = decisions(law)
    #expect(decisions.count == 128)
    let samples = (Int16.min ... .max).map { $0 }
    var codes = [UInt8](repeating: 0, count: samples.count)
    samples.withUnsafeBufferPointer { sound in
      codes.withUnsafeMutableBytes { room in
        if let start = sound.baseAddress { law.encode(start, count: sound.count, into: room) }
      }
    }
    var level = 0
    for sample in 0...Int(Int16.max) {
      while level < 127, decisions[level + 1] <= sample { level += 1 }
      let expected = law == .mu ? UInt8(255 - level) : UInt8(128 + level) ^ 0x55
      #expect(codes[sample + 32_768] == expected, "\(law) \(sample)")
      // Below zero the same steps, the A-law's mirrored between 0 and -1 since it has no zero.
      let mirror = law == .mu ? -sample : -sample - 1
      guard sample > 0 || law == .a else { continue }
      #expect(codes[mirror + 32_768] == expected ^ 0x80, "\(law) \(mirror)")
    }
  }

  @Test("All 256 bytes sound like the middle of their step", arguments: [G711.mu, .a])
  func allCodes(law: G711) {
    let decisions = decisions(law) + [law == .mu ? 8_159 * 4 : 4_096 * 8]
    var sound = [Int16](repeating: 0, count: 256)
    let codes = (0...255).map { UInt8($0) }
    codes.withUnsafeBytes { codes in
      sound.withUnsafeMutableBufferPointer { room in
        if let start = room.baseAddress { law.decode(codes, into: start) }
      }
    }
    for level in 0..<128 {
      let middle = law == .mu && level == 0 ? 0 : (decisions[level] + decisions[level + 1]) / 2
      let positive = law == .mu ? UInt8(255 - level) : UInt8(128 + level) ^ 0x55
      #expect(Int(sound[Int(positive)]) == middle, "\(law) \(level)")
      #expect(Int(sound[Int(positive ^ 0x80)]) == -middle, "\(law) \(level)")
    }
  }
}

@Suite("Speech through every codec")
struct SpeechTests {
  /// Encodes and decodes 2 s of a tone; `lose` says which packets vanish.
  private func run(_ codec: AudioCodec, lose: (Int) -> Bool = { _ in false }) -> [Int16] {
    let sound = Tone([1000], amplitude: 0.25).samples(rate: 8000, seconds: 2)
    let encoder = SpeechEncoder(codec)
    var decoder = SpeechDecoder(codec)
    var packets: [[UInt8]] = []
    for start in stride(from: 0, to: sound.count, by: 160) {
      var packet = [UInt8](repeating: 0, count: 1500)
      let count = sound.withUnsafeBufferPointer { speech in
        packet.withUnsafeMutableBytes { encoder.encode(speech.baseAddress.unsafelyUnwrapped + start, into: $0) }
      }
      packets.append(Array(packet[..<count]))
    }
    var heard: [Int16] = []
    for (index, packet) in packets.enumerated() {
      var frame = [Int16](repeating: 0, count: 960)
      let count = frame.withUnsafeMutableBufferPointer { room in
        if !lose(index) { return packet.withUnsafeBytes { decoder.decode($0, into: room) } }
        let next = index + 1 < packets.count && !lose(index + 1) ? packets[index + 1] : nil
        guard let next else { return decoder.conceal(samples: 160, following: nil, into: room) }
        return next.withUnsafeBytes { decoder.conceal(samples: 160, following: $0, into: room) }
      }
      heard += frame[..<count]
    }
    return heard
  }

  @Test("A tone comes out at its frequency and level", arguments: [AudioCodec.opus, .pcmu, .pcma])
  func tone(codec: AudioCodec) {
    let heard = run(codec)
    #expect(heard.count == 16_000)
    #expect(ToneDetector.share(of: 1000, in: heard[4000...], rate: 8000) > 0.95)
    let level = ToneDetector.level(of: heard[4000...])
    #expect(abs(level - -15.05) < 2, "\(level) dB")
  }

  @Test("What is concealed lasts as long as what was lost, in steps of 2.5 ms up to 120", arguments: [AudioCodec.opus, .pcmu])
  func concealedLengths(codec: AudioCodec) {
    var decoder = SpeechDecoder(codec)
    for (asked, given) in [(80, 80), (160, 160), (480, 480), (960, 960), (0, 20), (95, 80), (-5, 20), (10_000, 960)] {
      var room = [Int16](repeating: 0, count: 960)
      let count = room.withUnsafeMutableBufferPointer { decoder.conceal(samples: asked, following: nil, into: $0) }
      #expect(count == given, "\(asked) samples")
    }
    var small = [Int16](repeating: 0, count: 100)
    #expect(small.withUnsafeMutableBufferPointer { decoder.conceal(samples: 160, following: nil, into: $0) } == 0)
  }

  @Test("One packet in ten lost is hidden: the tone goes on through the holes", arguments: [AudioCodec.opus, .pcmu, .pcma])
  func concealment(codec: AudioCodec) {
    let heard = run(codec) { $0 > 20 && $0.isMultiple(of: 10) }
    for packet in stride(from: 30, to: 100, by: 10) {
      let hole = heard[(packet * 160)..<(packet * 160 + 160)]
      #expect(ToneDetector.level(of: hole) > -22, "\(codec) packet \(packet)")
      // Opus hides a hole with a third of its bits: the tone is there, less pure.
      guard codec != .opus else { continue }
      #expect(ToneDetector.share(of: 1000, in: hole, rate: 8000) > 0.8, "\(codec) packet \(packet)")
    }
    #expect(ToneDetector.share(of: 1000, in: heard[4000...], rate: 8000) > 0.75)
  }

  @Test("A voice that stays away fades to silence instead of buzzing on")
  func fade() {
    let heard = run(.pcmu) { $0 >= 50 }
    #expect(ToneDetector.level(of: heard[(60 * 160)...]) < -60)
  }

  @Test("Neither a hole nor its end clicks: no step from sample to sample beyond the sound's own", arguments: 200...240)
  func seams(frequency: Int) {
    let sound = Tone([Double(frequency)], amplitude: 0.5).samples(rate: 8000, seconds: 1)
    var steepest = 0
    for (left, right) in zip(sound, sound.dropFirst()) { steepest = max(steepest, abs(Int(right) - Int(left))) }
    var concealment = WaveformConcealment()
    var heard: [Int16] = []
    for packet in 0..<50 {
      var frame = Array(sound[(packet * 160)..<(packet * 160 + 160)])
      frame.withUnsafeMutableBufferPointer { room in
        guard let start = room.baseAddress else { return }
        if packet % 7 == 5 { concealment.conceal(into: start, count: 160) } else { concealment.heard(start, count: 160) }
      }
      heard += frame
    }
    for (left, right) in zip(heard, heard.dropFirst()) {
      #expect(abs(Int(right) - Int(left)) < steepest * 2, "\(frequency) Hz")
    }
  }

  @Test("Packets that are no speech give no samples", arguments: [AudioCodec.opus, .pcmu])
  func nonsense(codec: AudioCodec) {
    var decoder = SpeechDecoder(codec)
    var room = [Int16](repeating: 0, count: 960)
    for packet in [[], [UInt8](repeating: 0xFF, count: 1400), [0x03, 0xFF]] as [[UInt8]] {
      let count = room.withUnsafeMutableBufferPointer { room in packet.withUnsafeBytes { decoder.decode($0, into: room) } }
      #expect(count <= 960)
      if codec == .pcmu && packet.count > 960 { #expect(count == 0) }
    }
  }
}

@Suite("Prompts and tones")
struct PromptTests {
  private func wav(rate: UInt32 = 8000, channels: UInt16 = 1, bits: UInt16 = 16, samples: [Int16] = [1, -2, 3]) -> [UInt8] {
    func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    let sound = samples.flatMap { little($0) }
    let format = little(UInt16(1)) + little(channels) + little(rate) + little(rate * 2) + little(UInt16(2)) + little(bits)
    return Array("RIFF".utf8) + little(UInt32(36 + sound.count)) + Array("WAVEfmt ".utf8) + little(UInt32(16)) + format
      + Array("data".utf8) + little(UInt32(sound.count)) + sound
  }

  @Test("A WAV file is read; another kind is refused in words that say what to do")
  func wavFiles() throws {
    #expect(try WAVFile(parsing: wav()).samples == [1, -2, 3])
    #expect(throws: WAVFile.Unreadable.self) { try WAVFile(parsing: wav(channels: 2)) }
    #expect(throws: WAVFile.Unreadable.self) { try WAVFile(parsing: wav(bits: 8)) }
    #expect(throws: WAVFile.Unreadable.self) { try WAVFile(parsing: wav(rate: 44_100)) }
    for length in 0..<44 { #expect(throws: WAVFile.Unreadable.self) { try WAVFile(parsing: Array(wav().prefix(length))) } }
  }

  @Test(
    "Changing the rate keeps a tone, up and down",
    arguments: [(8000, 48_000), (16_000, 48_000), (16_000, 8000), (48_000, 8000)])
  func rates(from: Int, to: Int) {
    let sound = WAVFile(rate: from, samples: Tone([1000], amplitude: 0.25).samples(rate: from, seconds: 0.5))
    let changed = sound.resampled(to: to)
    #expect(changed.samples.count == to / 2)
    let middle = changed.samples[(to / 20)..<(to * 9 / 20)]
    #expect(ToneDetector.share(of: 1000, in: middle, rate: to) > 0.99)
    #expect(abs(ToneDetector.level(of: middle) - ToneDetector.level(of: sound.samples)) < 0.3)
  }

  @Test("Ringback sounds one second in five")
  func ringback() {
    let sound = Tone.ringback.samples(rate: 8000, seconds: 10)
    #expect(ToneDetector.share(of: 425, in: sound[..<8000], rate: 8000) > 0.99)
    #expect(sound[8000..<40_000].allSatisfy { $0 == 0 })
    #expect(sound[40_000..<48_000].contains { $0 != 0 })
  }

  @Test("A prompt has the same frames in every codec, and no frame beyond the last")
  func prompts() {
    let prompt = EncodedPrompt(WAVFile(rate: 8000, samples: Tone([440]).samples(rate: 8000, seconds: 0.5)))
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1500, alignment: 16)
    defer { buffer.deallocate() }
    for codec in [AudioCodec.opus, .pcmu, .pcma] {
      #expect(prompt.frameCount(codec) == 25)
      #expect(prompt.copyFrame(24, codec, into: buffer) > 0)
      #expect(prompt.copyFrame(25, codec, into: buffer) == 0)
      #expect(prompt.copyFrame(-1, codec, into: buffer) == 0)
    }
    #expect(prompt.copyFrame(0, .pcmu, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<10])) == 0)
  }
}
