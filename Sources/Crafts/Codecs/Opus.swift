import COpus

/// An Opus decoder (RFC 6716) for one stream of speech.
///
/// What it remembers lives in libopus: to the compiler nothing of ours changes, so its verbs borrow.
package struct OpusDecoder: ~Copyable {
  private let handle: OpaquePointer
  package let sampleRate: Int32

  /// - Parameter sampleRate: 8,000 or 48,000 (or another that Opus knows): what comes out, whatever was encoded.
  package init(sampleRate: Int32) {
    var status: Int32 = 0
    guard let handle = opus_decoder_create(sampleRate, 1, &status), status == OPUS_OK else {
      preconditionFailure("Opus decodes at \(sampleRate) Hz while there is memory")
    }
    self.handle = handle
    self.sampleRate = sampleRate
  }

  deinit {
    opus_decoder_destroy(handle)
  }

  /// Decodes a packet and says how many samples it gave; 0 for a packet that is no Opus or does not fit.
  package func decode(_ packet: UnsafeRawBufferPointer, into sound: UnsafeMutableBufferPointer<Int16>) -> Int {
    run(packet, Int32(clamping: sound.count), sound, correcting: false)
  }

  /// Fills in `samples` of a packet that never came: from the shadow that the `next` one carries, or else by guessing (PLC).
  package func conceal(
    samples: Int, next: UnsafeRawBufferPointer?, into sound: UnsafeMutableBufferPointer<Int16>
  ) -> Int {
    guard samples <= sound.count else { return 0 }
    return run(next, Int32(clamping: samples), sound, correcting: next != nil)
  }

  private func run(
    _ packet: UnsafeRawBufferPointer?, _ samples: Int32, _ sound: UnsafeMutableBufferPointer<Int16>, correcting: Bool
  ) -> Int {
    guard let start = sound.baseAddress else { return 0 }
    let octets = packet?.assumingMemoryBound(to: UInt8.self)
    let count = opus_decode(
      handle, octets?.baseAddress, Int32(clamping: octets?.count ?? 0), start, samples, correcting ? 1 : 0)
    return max(0, Int(count))
  }
}

/// An Opus encoder (RFC 6716) for one stream of speech in frames of 20 ms; its verbs borrow, as the decoder's do.
package struct OpusEncoder: ~Copyable {
  private let handle: OpaquePointer
  private let frame: Int32

  /// - Parameters:
  ///   - bitrate: bits a second; 24,000 is clear speech.
  ///   - expectedLoss: percent of packets; above zero, or Opus never adds error correction.
  package init(sampleRate: Int32, bitrate: Int32 = 24_000, complexity: Int32 = 5, expectedLoss: Int32 = 10) {
    var status: Int32 = 0
    guard let handle = opus_encoder_create(sampleRate, 1, OPUS_APPLICATION_VOIP, &status), status == OPUS_OK else {
      preconditionFailure("Opus encodes at \(sampleRate) Hz while there is memory")
    }
    self.handle = handle
    frame = sampleRate / 50
    _ = shim_opus_set_bitrate(handle, bitrate)
    _ = shim_opus_set_complexity(handle, complexity)
    _ = shim_opus_set_fec(handle, 1)
    _ = shim_opus_set_loss(handle, expectedLoss)
  }

  deinit {
    opus_encoder_destroy(handle)
  }

  /// Encodes the 20 ms at `sound` and says how many bytes they take; 0 if they do not fit.
  package func encode(_ sound: UnsafePointer<Int16>, into packet: UnsafeMutableRawBufferPointer) -> Int {
    let octets = packet.assumingMemoryBound(to: UInt8.self)
    guard let start = octets.baseAddress else { return 0 }
    return max(0, Int(opus_encode(handle, sound, frame, start, Int32(clamping: octets.count))))
  }
}
