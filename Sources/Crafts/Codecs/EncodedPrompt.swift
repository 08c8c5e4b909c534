import RTP

/// A sound encoded once for everybody who will hear it, in frames of 20 ms.
///
/// Encoding as it is played would cost 115 µs a frame and listener; this costs a copy.
package struct EncodedPrompt: Sendable {
  /// Frames one after the other, and where each begins.
  private struct Frames: Sendable {
    var octets: [UInt8] = []
    var starts: [Int] = [0]

    mutating func append(_ frame: some Sequence<UInt8>) {
      octets += frame
      starts.append(octets.count)
    }
  }
  private var opus = Frames()
  private var pcmu = Frames()
  private var pcma = Frames()

  package init(_ sound: WAVFile) {
    let wide = sound.resampled(to: 48_000).samples
    let narrow = sound.resampled(to: 8000).samples
    let encoder = OpusEncoder(sampleRate: 48_000, bitrate: 32_000, complexity: 8)
    withUnsafeTemporaryAllocation(byteCount: 1500, alignment: 16) { workbench in
      for frame in Self.frames(wide, of: 960) {
        let count = frame.withUnsafeBufferPointer { sound in
          sound.baseAddress.map { encoder.encode($0, into: workbench) } ?? 0
        }
        opus.append(workbench[..<count])
      }
    }
    for frame in Self.frames(narrow, of: 160) {
      pcmu.append(frame.map { G711.mu.compress($0) })
      pcma.append(frame.map { G711.a.compress($0) })
    }
  }

  /// `samples` in whole frames, the last one filled up with silence.
  private static func frames(_ samples: [Int16], of size: Int) -> [[Int16]] {
    stride(from: 0, to: samples.count, by: size).map { start in
      let frame = samples[start..<min(start + size, samples.count)]
      return frame + [Int16](repeating: 0, count: size - frame.count)
    }
  }

  package func frameCount(_ codec: AudioCodec) -> Int { frames(codec).starts.count - 1 }

  /// Copies one frame and says how long it is; 0 if there is no such frame or no room.
  package func copyFrame(_ index: Int, _ codec: AudioCodec, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let frames = frames(codec)
    guard index >= 0, index + 1 < frames.starts.count else { return 0 }
    let range = frames.starts[index]..<frames.starts[index + 1]
    guard range.count <= buffer.count else { return 0 }
    frames.octets.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range])) }
    return range.count
  }

  private func frames(_ codec: AudioCodec) -> Frames {
    switch codec {
    case .opus: opus
    case .pcmu: pcmu
    case .pcma: pcma
    }
  }
}
