import Foundation
import RTP
import Testing

@testable import Codecs

@Suite("The prompts that come with the house")
struct HousePromptTests {
  private func prompt(_ name: String) throws -> (bytes: Int, sound: WAVFile) {
    let root = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
    let octets = [UInt8](try Data(contentsOf: root.appendingPathComponent("dialplans/prompts/en/\(name).wav")))
    return (octets.count, try WAVFile(parsing: octets))
  }

  @Test("The echo's greeting is a short, clear sentence: loud enough, never clipped, silent at both ends")
  func greeting() throws {
    let (bytes, sound) = try prompt("echo-greeting")
    #expect(bytes < 300_000 && sound.rate == 16_000)
    let seconds = Double(sound.samples.count) / 16_000
    #expect((3...8).contains(seconds), "\(seconds) s")
    let peak = sound.samples.map { Int32($0).magnitude }.max() ?? 0
    #expect(peak < 29_000, "peak \(peak)")
    // The speech without its pauses: the 20 ms that are not 30 dB below the whole.
    let whole = ToneDetector.level(of: sound.samples)
    let frames = stride(from: 0, to: sound.samples.count - 320, by: 320).map { sound.samples[$0..<$0 + 320] }
    let speech = frames.filter { ToneDetector.level(of: $0) > whole - 30 }.flatMap { $0 }
    let level = ToneDetector.level(of: speech)
    #expect(abs(level - -18) < 1.5, "\(level) dBFS")
    #expect(ToneDetector.level(of: sound.samples.prefix(1_000)) < -60)
    #expect(ToneDetector.level(of: sound.samples.suffix(2_000)) < -60)
  }

  @Test("The greeting sounds as loud from every codec, at its whole length", arguments: [AudioCodec.opus, .pcmu, .pcma])
  func encoded(codec: AudioCodec) throws {
    let sound = try prompt("echo-greeting").sound
    let encoded = EncodedPrompt(sound)
    #expect(encoded.frameCount(codec) == (sound.samples.count + 319) / 320)
    var decoder = SpeechDecoder(codec)
    let packet = UnsafeMutableRawBufferPointer.allocate(byteCount: 1_500, alignment: 16)
    defer { packet.deallocate() }
    var heard: [Int16] = []
    for index in 0..<encoded.frameCount(codec) {
      let size = encoded.copyFrame(index, codec, into: packet)
      var room = [Int16](repeating: 0, count: SpeechDecoder.maximumSamples)
      let count = room.withUnsafeMutableBufferPointer {
        decoder.decode(UnsafeRawBufferPointer(rebasing: packet[..<size]), into: $0)
      }
      #expect(count == SpeechDecoder.frame, "frame \(index)")
      heard += room[..<count]
    }
    let difference = ToneDetector.level(of: heard) - ToneDetector.level(of: sound.samples)
    #expect(abs(difference) < 1.5, "\(difference) dB")
  }

  @Test("What the next packet carries of a lost one is nearer to the truth than a guess (Opus in-band FEC)")
  func forwardErrorCorrection() throws {
    let sound = try prompt("echo-greeting").sound.resampled(to: 8000).samples
    let encoder = OpusEncoder(sampleRate: 8000)
    let packets = stride(from: 0, to: sound.count - 160, by: 160).map { start -> [UInt8] in
      var packet = [UInt8](repeating: 0, count: 1_275)
      let count = Array(sound[start..<start + 160]).withUnsafeBufferPointer { speech in
        packet.withUnsafeMutableBytes { room in speech.baseAddress.map { encoder.encode($0, into: room) } ?? 0 }
      }
      return Array(packet[..<count])
    }
    /// The error against what comes out if nothing is lost, over the frames that were.
    func error(corrects: Bool) -> Double {
      let whole = OpusDecoder(sampleRate: 8000)
      let holed = OpusDecoder(sampleRate: 8000)
      var sum = 0.0
      for index in packets.indices.dropLast() {
        var (truth, heard) = ([Int16](repeating: 0, count: 160), [Int16](repeating: 0, count: 160))
        let isLost = index % 10 == 9
        _ = truth.withUnsafeMutableBufferPointer { room in packets[index].withUnsafeBytes { whole.decode($0, into: room) } }
        let count = heard.withUnsafeMutableBufferPointer { room in
          if !isLost { return packets[index].withUnsafeBytes { holed.decode($0, into: room) } }
          guard corrects else { return holed.conceal(samples: 160, next: nil, into: room) }
          return packets[index + 1].withUnsafeBytes { holed.conceal(samples: 160, next: $0, into: room) }
        }
        #expect(count == 160)
        guard isLost else { continue }
        for (left, right) in zip(truth, heard) { sum += (Double(left) - Double(right)) * (Double(left) - Double(right)) }
      }
      return sum
    }
    let (guessed, corrected) = (error(corrects: false), error(corrects: true))
    #expect(corrected < guessed / 2, "\(corrected) of \(guessed)")
  }
}
