import RTP
import SDP

extension NegotiatedAudio {
  /// What a phone's description means for its leg; `nil` if there is no codec of ours in it.
  init?(_ description: PhoneDescription) {
    guard let codec = description.preferred else { return nil }
    self.init(codec, among: description.codecs, direction: description.direction)
    guard let own = PhoneSession.offered.first(where: \.isOpus)?.number,
      !description.codecs.contains(where: { $0.number == own && !$0.isOpus })
    else { return }
    alsoOpus = PayloadType(own)
  }

  /// What a peer's description means for a leg; `nil` for a codec that is none of ours.
  ///
  /// - Parameter direction: as the peer sees it.
  init?(_ codec: SDPCodec, among others: [SDPCodec], direction: Direction) {
    guard let known = AudioCodec(codec) else { return nil }
    let event = others.telephoneEvent(besides: codec).map {
      TelephoneEventFormat(payloadType: PayloadType($0.number), clockRate: $0.clockRate)
    }
    let number = PayloadType(codec.number)
    self.init(codec: known, sendPayloadType: number, receivePayloadType: number, telephoneEvent: event)
    sends = direction.receives
    receives = direction.sends
  }
}

extension AudioCodec {
  fileprivate init?(_ codec: SDPCodec) {
    if codec.isOpus {
      self = .opus
    } else if codec.isPCMU {
      self = .pcmu
    } else if codec.isPCMA {
      self = .pcma
    } else {
      return nil
    }
  }
}
