import RTP

/// Decodes any codec of ours to 8 kHz, and invents what was lost.
package struct SpeechDecoder: ~Copyable {
  /// Samples of 20 ms at 8 kHz.
  package static let frame = 160
  /// Samples of 2.5 ms, the shortest Opus packet.
  private static let step = 20
  /// The longest Opus packet, 120 ms.
  package static let maximumSamples = 960

  private enum Kind: ~Copyable {
    case opus(OpusDecoder)
    case g711(G711)
  }
  private let kind: Kind
  private var concealment = WaveformConcealment()

  package init(_ codec: AudioCodec) {
    kind =
      switch codec {
      case .opus: .opus(OpusDecoder(sampleRate: 8000))
      case .pcmu: .g711(.mu)
      case .pcma: .g711(.a)
      }
  }

  /// Decodes a packet and says how many samples it gave; 0 for one that makes no sense.
  package mutating func decode(_ payload: UnsafeRawBufferPointer, into sound: UnsafeMutableBufferPointer<Int16>) -> Int {
    switch kind {
    case .opus(let decoder): return decoder.decode(payload, into: sound)
    case .g711(let law):
      guard payload.count <= min(sound.count, Self.maximumSamples), let start = sound.baseAddress else { return 0 }
      law.decode(payload, into: start)
      concealment.heard(start, count: payload.count)
      return payload.count
    }
  }

  /// Fills in what never came: so many samples, in whole steps of 2.5 ms as Opus asks, 120 ms at most.
  package mutating func conceal(
    samples: Int, following next: UnsafeRawBufferPointer?, into sound: UnsafeMutableBufferPointer<Int16>
  ) -> Int {
    let count = min(max(samples / Self.step, 1) * Self.step, Self.maximumSamples)
    guard sound.count >= count, let start = sound.baseAddress else { return 0 }
    switch kind {
    case .opus(let decoder): return decoder.conceal(samples: count, next: next, into: sound)
    case .g711:
      concealment.conceal(into: start, count: count)
      return count
    }
  }
}

/// Encodes 20 ms at 8 kHz for any codec of ours.
package struct SpeechEncoder: ~Copyable {
  private enum Kind: ~Copyable {
    case opus(OpusEncoder)
    case g711(G711)
  }
  private let kind: Kind

  package init(_ codec: AudioCodec) {
    kind =
      switch codec {
      case .opus: .opus(OpusEncoder(sampleRate: 8000))
      case .pcmu: .g711(.mu)
      case .pcma: .g711(.a)
      }
  }

  /// Encodes 160 samples and says how many bytes they take.
  package func encode(_ sound: UnsafePointer<Int16>, into payload: UnsafeMutableRawBufferPointer) -> Int {
    switch kind {
    case .opus(let encoder): return encoder.encode(sound, into: payload)
    case .g711(let law):
      law.encode(sound, count: SpeechDecoder.frame, into: payload)
      return min(SpeechDecoder.frame, payload.count)
    }
  }
}
