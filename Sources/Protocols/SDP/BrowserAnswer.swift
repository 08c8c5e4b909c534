import Cryptography
import Wire

/// What we say to a browser's offer: ICE-lite, one audio section, every other section declined in its place.
package struct BrowserAnswer: Hashable, Sendable {
  package var usernameFragment: String
  package var password: String
  package var fingerprint: Fingerprint
  /// Where our port for browsers can be reached, best first.
  package var candidates: [SocketAddress]
  package var origin: Origin
  /// The stream's name in the browser.
  package var stream: String
  package var ssrc: UInt32?

  package init(
    usernameFragment: String, password: String, fingerprint: Fingerprint, candidates: [SocketAddress], origin: Origin,
    stream: String
  ) {
    self.usernameFragment = usernameFragment
    self.password = password
    self.fingerprint = fingerprint
    self.candidates = candidates
    self.origin = origin
    self.stream = stream
  }

  package func description(for offer: BrowserOffer) -> SessionDescription {
    var answer = SessionDescription(origin: origin)
    let mid = offer.session.media[offer.section].attributes.value("mid")
    if let mid, offer.session.attributes.values("group").contains(where: { $0.hasPrefix("BUNDLE") }) {
      answer.attributes.append(Attribute("group", "BUNDLE \(mid)"))
    }
    answer.attributes.append(Attribute("ice-lite"))
    answer.attributes.append(Attribute("msid-semantic", " WMS \(stream)"))
    answer.media = offer.session.media.indices.map { index in
      index == offer.section ? audio(for: offer, mid: mid) : Self.declined(offer.session.media[index])
    }
    return answer
  }

  private static func declined(_ offered: MediaDescription) -> MediaDescription {
    var media = MediaDescription(kind: offered.kind, port: 0, proto: offered.proto, formats: Array(offered.formats.prefix(1)))
    media.connection = .any
    if let mid = offered.attributes.value("mid") { media.attributes.append(Attribute("mid", mid)) }
    media.attributes.append(Attribute("inactive"))
    media.attributes += explanation(of: offered.formats.first, in: offered)
    return media
  }

  /// One format must stand in a declined section (RFC 3264 §6), and aiortc refuses an answer whose format it cannot look up.
  private static func explanation(of format: String?, in offered: MediaDescription) -> [Attribute] {
    guard let format else { return [] }
    return offered.attributes.filter {
      ["rtpmap", "fmtp"].contains($0.name) && $0.value?.hasPrefix("\(format) ") == true
    }
  }

  private func audio(for offer: BrowserOffer, mid: String?) -> MediaDescription {
    let offered = offer.session.media[offer.section]
    let numbers = [offer.opus.number] + (offer.telephoneEvent.map { [$0.number] } ?? [])
    let first = candidates.first ?? SocketAddress(.any, 9)
    var media = MediaDescription(kind: "audio", port: first.port, proto: offered.proto, formats: numbers.map(String.init))
    media.connection = first.ip
    if let mid { media.attributes.append(Attribute("mid", mid)) }
    media.attributes += transport(role: offer.role)
    // No header extension is agreed on: Chromium drops every packet without a mid extension once one was promised.
    media.attributes.append(Attribute(offer.direction.mirrored.rawValue))
    media.attributes.append(Attribute("rtcp-mux"))
    media.attributes.append(offer.opus.rtpmap)
    media.attributes.append(Attribute("fmtp", "\(offer.opus.number) minptime=10;useinbandfec=1"))
    if let event = offer.telephoneEvent {
      media.attributes.append(event.rtpmap)
      media.attributes.append(Attribute("fmtp", "\(event.number) 0-15"))
    }
    media.attributes.append(Attribute("ptime", "20"))
    media.attributes.append(Attribute("msid", "\(stream) \(stream)-audio"))
    if let ssrc { media.attributes.append(Attribute("ssrc", "\(ssrc) cname:\(stream)")) }
    return media
  }

  private func transport(role: DTLSRole) -> [Attribute] {
    var attributes = [
      Attribute("ice-ufrag", usernameFragment), Attribute("ice-pwd", password),
      Attribute("fingerprint", fingerprint.description), Attribute("setup", role == .server ? "passive" : "active"),
    ]
    for (index, address) in candidates.enumerated() {
      // Host candidates of one component; the first is liked best (RFC 8445 §5.1.2.1).
      let priority = 126 << 24 | UInt32(clamping: 65_535 - index) << 8 | 255
      attributes.append(
        Attribute("candidate", "\(index + 1) 1 udp \(priority) \(address.ip) \(address.port) typ host"))
    }
    return attributes + [Attribute("end-of-candidates")]
  }
}
