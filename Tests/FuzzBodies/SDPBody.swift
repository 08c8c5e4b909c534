import Cryptography
import SDP
import Wire

extension FuzzTarget {
  private static let origin = Origin(session: 1, version: 1, address: .loopback)

  /// A description: what was read must survive being written, and whatever we answer must be readable, section for section.
  static let sdp: Body = { octets throws(BrokenPromise) in
    let text = String(decoding: octets, as: UTF8.self)
    guard let offered = try? SessionDescription(parsing: text) else { return }
    try survives(offered)
    if let offer = try? BrowserOffer(offered) {
      var answer = BrowserAnswer(
        usernameFragment: "ours", password: "the-password-of-the-server", fingerprint: offer.fingerprints[0],
        candidates: [SocketAddress(.loopback, 7000)], origin: origin, stream: "s")
      answer.ssrc = 1
      let description = answer.description(for: offer)
      let names = description.media.map { $0.attributes.value("mid") }
      try promise(names == offered.media.map { $0.attributes.value("mid") }, "sections keep their names")
      try answers(description, offered)
    }
    if let phone = try? PhoneDescription(offered) {
      let session = PhoneSession(origin: origin, local: SocketAddress(.loopback, 7000))
      if let answer = try? session.answer(to: phone) { try answers(answer, offered) }
    }
  }

  private static func survives(_ description: SessionDescription) throws(BrokenPromise) {
    let again = try? SessionDescription(parsing: description.description)
    // What we add for strictness may carry a description at a limit past it.
    let fits = description.description.utf8.count <= SessionDescription.maximumBytes && !hasManyLines(description)
    try promise(again == description || again == nil && !fits, "a description survives")
  }

  private static func hasManyLines(_ description: SessionDescription) -> Bool {
    let lines = description.media.reduce(description.attributes.count) { $0 + $1.attributes.count + 2 }
    return lines + 6 > SessionDescription.maximumLines
  }

  private static func answers(_ answer: SessionDescription, _ offered: SessionDescription) throws(BrokenPromise) {
    try promise(answer.media.map(\.kind) == offered.media.map(\.kind), "every section is answered in its place")
    try promise(answer.media.map(\.proto) == offered.media.map(\.proto), "with its protocol")
    try promise(answer.media.filter { $0.port != 0 }.count == 1, "one of them is taken")
    try survives(answer)
  }
}
