import Codecs
import RTP
import Wire

/// Somebody who hums one tone in one codec, packet by packet, and listens for another's.
package final class Voice {
  package let codec: AudioCodec
  private let prompt: EncodedPrompt
  private let silence = EncodedPrompt(WAVFile(rate: 8000, samples: [Int16](repeating: 0, count: 8000)))
  /// A microphone that is switched off gives exact zeros.
  package var isSwitchedOff = false
  private var frame = 0
  private var timeline: OutgoingTimeline
  private var buffer: JitterBuffer
  private var decoder: SpeechDecoder
  /// Everything that was heard, at 8 kHz.
  package private(set) var heard: [Int16] = []
  package private(set) var sources: Set<SSRC> = []
  package private(set) var packetsHeard = 0
  /// What came and what did not, of the sound.
  package private(set) var reception: ReceptionStatistics
  package private(set) var digits: [UInt8] = []
  private var digitReceiver = TelephoneEventReceiver()

  package init(hums frequency: Double, codec: AudioCodec, random: inout Randomness) {
    self.codec = codec
    let tone = Tone([frequency], amplitude: 0.3).samples(rate: 8000, seconds: 1)
    prompt = EncodedPrompt(WAVFile(rate: 8000, samples: tone))
    timeline = OutgoingTimeline(clockRate: codec.clockRate, using: &random)
    buffer = JitterBuffer(clockRate: codec.clockRate)
    decoder = SpeechDecoder(codec)
    reception = ReceptionStatistics(clockRate: codec.clockRate)
  }

  /// The next 20 ms as an RTP packet.
  package func speak(_ payloadType: UInt8, at now: Instant) -> [UInt8] {
    var packet = [UInt8](repeating: 0, count: 1500)
    let count = packet.withUnsafeMutableBytes { bytes in
      var header = timeline.next(samples: codec.clockRate / 50, at: now)
      header.payloadType = PayloadType(payloadType)
      header.write(to: bytes)
      let payload = UnsafeMutableRawBufferPointer(rebasing: bytes[RTPHeader.size...])
      return (isSwitchedOff ? silence : prompt).copyFrame(frame % 50, codec, into: payload)
    }
    frame += 1
    return Array(packet[..<(RTPHeader.size + count)])
  }

  /// Speaks under another SSRC from now on, as a phone does that lost its stream.
  package func beginAnew(using random: inout Randomness) {
    timeline = OutgoingTimeline(clockRate: codec.clockRate, using: &random)
  }

  package func hear(_ packet: [UInt8], payloadType: UInt8, eventType: UInt8, at now: Instant) {
    packet.withUnsafeBytes { bytes in
      guard let header = RTPHeader(parsing: bytes) else { return }
      let payload = UnsafeRawBufferPointer(rebasing: bytes[header.payload])
      sources.insert(header.ssrc)
      if header.payloadType == PayloadType(eventType) {
        digitReceiver.receive(header, payload: payload).map { digits.append($0) }
      } else if header.payloadType == PayloadType(payloadType) {
        packetsHeard += 1
        reception.receive(sequence: header.sequence, timestamp: header.timestamp, ssrc: header.ssrc, at: now)
        buffer.insert(header, payload, at: now)
      }
    }
  }

  /// What a report says of it (RFC 3550 §6.4.1).
  package func makeReport() -> ReportBlock? { reception.makeReport(lastSenderReport: 0, delay: 0) }

  /// Plays 20 ms of what arrived into `heard`.
  package func listen(at now: Instant) {
    var room = [Int16](repeating: 0, count: SpeechDecoder.maximumSamples)
    let count = room.withUnsafeMutableBufferPointer { room in
      switch buffer.take(at: now) {
      case .frame(let payload): decoder.decode(payload, into: room)
      case .lost(let ticks, let next):
        decoder.conceal(samples: Int(ticks) * 8000 / Int(codec.clockRate), following: next, into: room)
      case .silence: 0
      }
    }
    heard += room[..<count]
  }

  /// How purely the last second was that tone.
  package func share(of frequency: Double) -> Double {
    ToneDetector.share(of: frequency, in: heard.suffix(8000), rate: 8000)
  }

  /// How many of the last seconds' tenths that were not silent had that tone: for tones that come and go.
  package func share(of frequency: Double, lastSeconds seconds: Int) -> Double {
    let sound = Array(heard.suffix(seconds * 8000))
    let tenths = stride(from: 0, to: sound.count - 799, by: 800).map { sound[$0..<($0 + 800)] }
    let loud = tenths.filter { tenth in tenth.contains { abs(Int($0)) > 300 } }
    let right = loud.filter { ToneDetector.share(of: frequency, in: $0, rate: 8000) > 0.6 }
    return loud.isEmpty ? 0 : Double(right.count) / Double(loud.count)
  }
}
