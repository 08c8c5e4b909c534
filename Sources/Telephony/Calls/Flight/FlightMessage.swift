import SDP
import SIPCore
import SIPSyntax
import Wire

/// One SIP message of a call, as far as a record keeps it: its first line, the headers that matter, and of a description of sound
/// the lines that say where and in which codecs. What proves an identity is not among them; what the machines look at all is.
package struct FlightMessage: Hashable, Sendable {
  /// Bytes that are kept of one message.
  package static let maximumBytes = 3072

  /// How it came or went.
  package enum Way: Hashable, Codable, Sendable {
    case flow(Flow)
    case connection(ConnectionID)
  }

  package let leg: LegID
  package let isFromPeer: Bool
  package let way: Way
  package let octets: [UInt8]
  /// Whether something of it was let go that the machines would look at.
  package let isCut: Bool

  init(_ leg: LegID, isFromPeer: Bool, _ way: Way, keeping octets: [UInt8]) {
    self.init(leg, isFromPeer: isFromPeer, way, kept: Self.kept(octets))
  }

  init(_ leg: LegID, isFromPeer: Bool, _ way: Way, kept: (octets: [UInt8], isCut: Bool)) {
    self.leg = leg
    self.isFromPeer = isFromPeer
    self.way = way
    (octets, isCut) = (kept.octets.fitted, kept.isCut)
  }

  /// Headers that are kept. The list says what may be, so that one which nobody thought of is not.
  private static let headers: [[UInt8]] =
    [
      "via", "from", "to", "call-id", "cseq", "contact", "route", "record-route", "max-forwards", "expires", "reason",
      "warning",
      "retry-after", "user-agent", "server", "require", "supported", "unsupported", "allow", "content-type",
    ].map { Array($0.utf8) }
  private static let description = ["v=0", "c=", "m=", "a=rtpmap:", "a=send", "a=recv", "a=inactive"].map { Array($0.utf8) }
  /// Stands for a body that is no description.
  private static let unreadable = Array("?".utf8)

  private static func kept(_ octets: [UInt8]) -> (octets: [UInt8], isCut: Bool) {
    var kept: [UInt8] = []
    func keep(_ line: [UInt8]) -> Bool {
      guard kept.count + line.count + 1 <= maximumBytes else { return false }
      kept += line
      kept.append(0x0A)
      return true
    }
    let end = octets.firstRange(of: Array("\r\n\r\n".utf8))
    let head = octets[..<(end?.lowerBound ?? octets.endIndex)]
    for (index, line) in head.split(separator: 0x0A).enumerated() {
      let line = line.last == 0x0D ? line.dropLast() : line
      guard index == 0 || isKept(line) else { continue }
      guard keep(withoutPasswords(Array(line))) else { return (kept, true) }
    }
    guard let body = end.map({ octets[$0.upperBound...] }), !body.isEmpty else { return (kept, false) }
    guard (try? SessionDescription(parsing: String(decoding: body, as: UTF8.self))) != nil else {
      return (kept, !keep(unreadable))
    }
    for line in body.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D })
    where description.contains(where: { line.starts(with: $0) }) {
      guard keep(Array(line)) else { return (kept, true) }
    }
    return (kept, false)
  }

  /// The message as it would arrive, with what was kept.
  var datagram: [UInt8] {
    let lines = octets.split(separator: 0x0A)
    let body = lines.firstIndex { $0.elementsEqual("v=0".utf8) || $0.elementsEqual(Self.unreadable) } ?? lines.endIndex
    let head = lines[..<body].flatMap { $0 + [0x0D, 0x0A] }
    return head + [0x0D, 0x0A] + lines[body...].flatMap { $0 + [0x0D, 0x0A] }
  }

  private static func isKept(_ line: ArraySlice<UInt8>) -> Bool {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return false }
    let name = line[..<colon].map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
    return headers.contains(name)
  }

  /// `sip:user:password@host` without the password (RFC 3261 §19.1.1 allows one, and warns of it).
  static func withoutPasswords(_ line: [UInt8]) -> [UInt8] {
    var kept = line
    var start = 0
    while let scheme = kept[start...].firstRange(of: Array("sip".utf8)) {
      start = scheme.upperBound
      guard let colon = kept[start...].firstIndex(of: UInt8(ascii: ":")), colon <= start + 1 else { continue }
      start = colon + 1
      let end = kept[start...].firstIndex { $0 == UInt8(ascii: ">") || $0 == 0x20 || $0 == UInt8(ascii: ",") } ?? kept.endIndex
      guard let at = kept[start..<end].firstIndex(of: UInt8(ascii: "@")),
        let password = kept[start..<at].firstIndex(of: UInt8(ascii: ":"))
      else { continue }
      kept.removeSubrange(password..<at)
    }
    return kept
  }

  // MARK: Reading it

  package var lines: [String] { octets.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) } }

  /// `INVITE` for a request.
  package var method: String? {
    let first = octets.prefix { $0 != 0x0A }
    return isResponse ? nil : first.split(separator: 0x20).first.map { String(decoding: $0, as: UTF8.self) }
  }

  private var isResponse: Bool { octets.starts(with: "SIP/2.0 ".utf8) }

  /// `486` for a response.
  package var status: Int? {
    isResponse ? Int(String(decoding: octets.dropFirst(8).prefix(3), as: UTF8.self)) : nil
  }

  /// `486 Busy Here`, or the method.
  package var title: String {
    method ?? String(decoding: octets.dropFirst(8).prefix { $0 != 0x0A }, as: UTF8.self)
  }

  package func header(_ name: String) -> String? {
    lines.dropFirst().first { $0.utf8.count > name.utf8.count && $0.lowercased().hasPrefix(name.lowercased() + ":") }
      .map { String($0.dropFirst(name.count + 1).drop { $0 == " " }) }
  }

  /// Whether it is said in a dialog that there is already.
  package var isInDialog: Bool { header("To")?.contains(";tag=") == true }

  /// Of the transaction that it belongs to.
  var branch: Substring? {
    guard let via = header("Via"), let start = via.firstRange(of: ";branch=")?.upperBound else { return nil }
    return via[start...].prefix { $0 != ";" && $0 != "," && $0 != " " }
  }

  /// The request that this is or answers.
  package var about: String { header("CSeq")?.split(separator: " ").last.map(String.init) ?? "" }

  /// The codecs of its description, in their order, and where it wants its sound.
  package var sound: (codecs: [String], address: String)? {
    let lines = self.lines
    guard let media = lines.first(where: { $0.hasPrefix("m=audio ") })?.split(separator: " "), media.count > 3 else {
      return nil
    }
    let address = lines.first { $0.hasPrefix("c=") }?.split(separator: " ").last.map(String.init) ?? "?"
    let codecs = media.dropFirst(3).compactMap { number -> String? in
      let map = lines.first { $0.hasPrefix("a=rtpmap:\(number) ") }?.split(separator: " ").last?.split(separator: "/").first
      return map.map { $0.lowercased() } ?? Self.fixed[String(number)]
    }
    return (codecs.filter { $0 != "telephone-event" }, "\(address):\(media[1])")
  }

  private static let fixed = ["0": "pcmu", "8": "pcma", "9": "g722"]
}

extension FlightMessage {
  /// The same message with other words.
  package func saying(_ lines: [String]) -> FlightMessage {
    FlightMessage(leg, isFromPeer: isFromPeer, way, kept: (lines.flatMap { Array($0.utf8) + [0x0A] }, isCut))
  }
}
