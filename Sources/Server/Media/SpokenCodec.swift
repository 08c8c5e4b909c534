import RTP

/// In which codec a peer speaks: the agreed one, until its packets say otherwise (RFC 3264 §6.1 lets it change between those of the answer).
struct SpokenCodec {
  /// Packets in a row in another codec that make a change; one alone is a stray.
  static let packetsToBelieve = 2
  /// Changes in one leg's life; each costs a new decoder. A peer that goes on changing is heard in its last codec only.
  static let maximumChanges = 16

  private(set) var codec: AudioCodec
  private var changes = 0
  private var doubts = 0

  init(_ agreed: AudioCodec) { codec = agreed }

  /// Another codec was agreed.
  mutating func agree(_ agreed: AudioCodec) { (codec, doubts) = (agreed, 0) }

  enum Finding {
    case asBefore
    case changed
    /// Not to be heard, or not yet.
    case stray
  }

  mutating func receive(_ other: AudioCodec) -> Finding {
    guard other != codec else {
      doubts = 0
      return .asBefore
    }
    doubts += 1
    guard doubts >= Self.packetsToBelieve, changes < Self.maximumChanges else { return .stray }
    (codec, doubts) = (other, 0)
    changes += 1
    return .changed
  }
}
