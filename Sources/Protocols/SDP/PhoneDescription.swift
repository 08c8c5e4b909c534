import Wire

/// What a phone's offer or answer means for a call (RFC 3264): plain RTP at one address.
package struct PhoneDescription: Hashable, Sendable {
  /// `nil` while the phone holds the call in the old way, by the address 0.0.0.0 (RFC 3264 §8.4).
  package let remote: SocketAddress?
  /// In the phone's order of preference.
  package let codecs: [SDPCodec]
  /// As the phone sees it.
  package let direction: Direction
  let session: SessionDescription
  let section: Int

  package init(_ session: SessionDescription) throws(OfferRefusal) {
    let audio = session.media.indices.first {
      session.media[$0].kind == "audio" && session.media[$0].port != 0
        && ["RTP/AVP", "RTP/AVPF"].contains(session.media[$0].proto)
    }
    guard let audio else { throw OfferRefusal(.noAudio) }
    let media = session.media[audio]
    guard let address = media.connection ?? session.connection else { throw OfferRefusal(.noAddress) }
    codecs = media.codecs
    remote = address.isUnspecified ? nil : SocketAddress(address, media.port)
    direction = address.isUnspecified ? .inactive : media.direction(in: session)
    self.session = session
    section = audio
  }

  /// The first codec of the phone's that we speak.
  package var preferred: SDPCodec? { codecs.first { $0.isOpus || $0.isPCMU || $0.isPCMA } }
}

/// Our end of a phone's leg, as an offer or an answer.
package struct PhoneSession: Hashable, Sendable {
  package var origin: Origin
  package var local: SocketAddress
  package var direction = Direction.sendrecv

  /// What we offer, best first: Opus for its sound, then what every phone has.
  package static let offered = [
    SDPCodec(96, "opus", 48_000, channels: 2), SDPCodec(0, "pcmu", 8000), SDPCodec(8, "pcma", 8000),
    SDPCodec(101, "telephone-event", 8000), SDPCodec(102, "telephone-event", 48_000),
  ]

  package init(origin: Origin, local: SocketAddress) {
    self.origin = origin
    self.local = local
  }

  package var offer: SessionDescription { describe([audio(Self.offered)]) }

  /// The answer to a phone's offer with the one codec that both speak; other sections are declined in their places.
  package func answer(to offer: PhoneDescription) throws(OfferRefusal) -> SessionDescription {
    guard let codec = offer.preferred else { throw OfferRefusal(.noCommonCodec) }
    var answering = self
    answering.direction = offer.direction.mirrored
    let event = offer.codecs.telephoneEvent(besides: codec)
    let sections = offer.session.media.indices.map { index in
      let other = offer.session.media[index]
      guard index != offer.section else { return answering.audio([codec] + (event.map { [$0] } ?? []), proto: other.proto) }
      return MediaDescription(kind: other.kind, port: 0, proto: other.proto, formats: other.formats)
    }
    return describe(sections)
  }

  private func describe(_ media: [MediaDescription]) -> SessionDescription {
    var description = SessionDescription(origin: origin)
    description.connection = local.ip
    description.media = media
    return description
  }

  /// An answer keeps the offer's protocol (RFC 3264 §6): Linphone may offer RTP/AVPF.
  private func audio(_ codecs: [SDPCodec], proto: String = "RTP/AVP") -> MediaDescription {
    var media = MediaDescription(kind: "audio", port: local.port, proto: proto, formats: codecs.map { String($0.number) })
    for codec in codecs {
      media.attributes.append(codec.rtpmap)
      if codec.isOpus { media.attributes.append(Attribute("fmtp", "\(codec.number) useinbandfec=1")) }
      if codec.isTelephoneEvent { media.attributes.append(Attribute("fmtp", "\(codec.number) 0-15")) }
    }
    media.attributes.append(Attribute("ptime", "20"))
    media.attributes.append(Attribute(direction.rawValue))
    return media
  }
}
