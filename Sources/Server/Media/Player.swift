import Codecs
import RTP
import Wire

/// Plays frames that were encoded once for everybody, one every 20 ms.
struct Player {
  private let prompt: EncodedPrompt
  private let codec: AudioCodec
  private let repeats: Bool
  private var position = 0

  init(_ prompt: EncodedPrompt, as codec: AudioCodec, repeats: Bool) {
    self.prompt = prompt
    self.codec = codec
    self.repeats = repeats
  }

  /// Writes the next frame to `buffer` and says how long it is; `nil` at the end.
  mutating func next(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
    let count = prompt.frameCount(codec)
    if position >= count {
      guard repeats, count > 0 else { return nil }
      position = 0
    }
    defer { position += 1 }
    return prompt.copyFrame(position, codec, into: buffer)
  }
}
