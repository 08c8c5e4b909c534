/// What a payload number means: `a=rtpmap:111 opus/48000/2` (RFC 8866 §6.6).
package struct SDPCodec: Hashable, Sendable {
  package var number: UInt8
  /// In lower case.
  package var name: String
  package var clockRate: UInt32
  package var channels: UInt8

  package init(_ number: UInt8, _ name: String, _ clockRate: UInt32, channels: UInt8 = 1) {
    self.number = number
    self.name = name
    self.clockRate = clockRate
    self.channels = channels
  }

  package var isOpus: Bool { name == "opus" && clockRate == 48_000 && channels == 2 }
  package var isTelephoneEvent: Bool { name == "telephone-event" }
  package var isPCMU: Bool { name == "pcmu" && clockRate == 8000 }
  package var isPCMA: Bool { name == "pcma" && clockRate == 8000 }

  var rtpmap: Attribute {
    let spelling = ["pcmu": "PCMU", "pcma": "PCMA"][name] ?? name
    return Attribute("rtpmap", "\(number) \(spelling)/\(clockRate)" + (channels > 1 ? "/\(channels)" : ""))
  }
}

extension MediaDescription {
  /// The formats in their order of preference; numbers that nobody explained keep their static meaning (RFC 3551 §6) or none.
  var codecs: [SDPCodec] {
    let explained = attributes.values("rtpmap").compactMap(Self.rtpmap)
    return formats.compactMap { UInt8($0) }.filter { $0 < 128 }.compactMap { number in
      explained.first { $0.number == number } ?? Self.fixed[number].map { SDPCodec(number, $0, 8000) }
    }
  }

  private static let fixed: [UInt8: String] = [0: "pcmu", 8: "pcma", 9: "g722"]

  private static func rtpmap(_ value: String) -> SDPCodec? {
    let words = value.split(separator: " ")
    guard words.count >= 2, let number = UInt8(words[0]), number < 128 else { return nil }
    let parts = words[1].split(separator: "/")
    guard parts.count >= 2, let clockRate = UInt32(parts[1]), clockRate > 0 else { return nil }
    return SDPCodec(number, parts[0].lowercased(), clockRate, channels: parts.count > 2 ? UInt8(parts[2]) ?? 1 : 1)
  }
}

extension [SDPCodec] {
  /// The telephone-events that go with a codec: those of its own clock, or any if there are none (pains 8 and 9 of many gateways).
  package func telephoneEvent(besides codec: SDPCodec) -> SDPCodec? {
    first { $0.isTelephoneEvent && $0.clockRate == codec.clockRate } ?? first { $0.isTelephoneEvent }
  }
}
