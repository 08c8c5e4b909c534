import Wire

extension SessionDescription {
  /// Reads a description whose lines end with CRLF or LF; unknown kinds of lines are stepped over.
  package init(parsing text: String) throws(SDPError) {
    let bytes = Array(text.utf8)
    guard bytes.count <= Self.maximumBytes else { throw SDPError(line: 1, "longer than \(Self.maximumBytes) bytes") }
    let lines = bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D })
    guard lines.count <= Self.maximumLines else {
      throw SDPError(line: Self.maximumLines, "more than \(Self.maximumLines) lines")
    }
    guard let first = lines.first, first.elementsEqual("v=0".utf8) else {
      throw SDPError(line: 1, "a description begins with v=0")
    }
    self.init(origin: Origin(session: 0, version: 0, address: .any))
    for (index, line) in lines.enumerated() {
      guard line.count >= 2, line[line.startIndex + 1] == UInt8(ascii: "=") else {
        throw SDPError(line: index + 1, "a letter and = were expected")
      }
      let value = String(decoding: line.dropFirst(2), as: UTF8.self)
      try take(line[line.startIndex], value, line: index + 1)
    }
  }

  private mutating func take(_ kind: UInt8, _ value: String, line: Int) throws(SDPError) {
    switch kind {
    case UInt8(ascii: "o"): origin = Origin(parsing: value) ?? origin
    case UInt8(ascii: "c"):
      // A name or a multicast address is nobody whom we could send to.
      let address = value.split(separator: " ").dropFirst(2).first.flatMap { IPAddress($0) }
      if media.isEmpty { connection = address } else { media[media.count - 1].connection = address }
    case UInt8(ascii: "a"):
      let parts = value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let attribute = Attribute(String(parts.first ?? ""), parts.count > 1 ? String(parts[1]) : nil)
      if media.isEmpty { attributes.append(attribute) } else { media[media.count - 1].attributes.append(attribute) }
    case UInt8(ascii: "m"):
      guard media.count < Self.maximumMedia else { throw SDPError(line: line, "more than \(Self.maximumMedia) media") }
      guard let description = MediaDescription(parsing: value) else {
        throw SDPError(line: line, "m= wants a kind, a port, a protocol and formats")
      }
      media.append(description)
    default: break
    }
  }
}

extension Origin {
  fileprivate init?(parsing value: String) {
    let words = value.split(separator: " ")
    guard words.count >= 6, let session = UInt64(words[1]), let version = UInt64(words[2]) else { return nil }
    self.init(session: session, version: version, address: IPAddress(words[5]) ?? .any)
  }
}

extension MediaDescription {
  fileprivate init?(parsing value: String) {
    let words = value.split(separator: " ").map(String.init)
    guard words.count >= 4, let port = UInt16(words[1].prefix { $0 != "/" }) else { return nil }
    self.init(kind: words[0], port: port, proto: words[2], formats: Array(words[3...]))
  }
}

extension SessionDescription: CustomStringConvertible {
  /// The description as it is sent, lines ending with CRLF.
  package var description: String {
    var lines = ["v=0", "o=- \(origin.session) \(origin.version) IN \(origin.address.sdp)", "s=-"]
    if let connection { lines.append("c=IN \(connection.sdp)") }
    lines.append("t=0 0")
    lines += attributes.map(\.line)
    for section in media {
      lines.append("m=\(section.kind) \(section.port) \(section.proto) \(section.formats.joined(separator: " "))")
      if let connection = section.connection { lines.append("c=IN \(connection.sdp)") }
      lines += section.attributes.map(\.line)
    }
    return lines.map { $0 + "\r\n" }.joined()
  }
}

extension Attribute {
  fileprivate var line: String { value.map { "a=\(name):\($0)" } ?? "a=\(name)" }
}

extension IPAddress {
  fileprivate var sdp: String {
    switch self {
    case .v4: "IP4 \(self)"
    case .v6: "IP6 \(self)"
    }
  }
}
