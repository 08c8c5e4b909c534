/// A whole answer of our own server (RFC 9112), with its length said beforehand and its connection closed behind it.
package struct HTTPReply: Sendable {
  /// What an answer may have; lists come in pages that stay far below.
  package static let maximumBytes = 16 * 1024 * 1024

  package struct Broken: Error {}

  package let status: Int
  package let body: [UInt8]

  package init(parsing octets: [UInt8]) throws(Broken) {
    guard octets.count <= Self.maximumBytes, let head = HTTPReplyHead(parsing: octets) else { throw Broken() }
    let lengths = head.headers.values("Content-Length").compactMap { Int($0) }
    guard lengths.count <= 1, octets.count - head.count == lengths.first ?? 0 else { throw Broken() }
    status = head.status
    body = Array(octets[head.count...])
  }
}

/// The first part of an answer, up to its empty line; `nil` while that has not come.
package struct HTTPReplyHead: Sendable {
  package let status: Int
  package let headers: HTTPHeaders
  /// Bytes that it has, with the empty line.
  package let count: Int

  package init?(parsing octets: [UInt8]) {
    guard let end = Self.emptyLine(octets) else { return nil }
    let lines = octets[..<end].split(separator: 0x0A).map { line in
      String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
    }
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count >= 2, words[0] == "HTTP/1.1" || words[0] == "HTTP/1.0", let status = Int(words[1]) else { return nil }
    var headers = HTTPHeaders()
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return nil }
      headers.append(String(parts[0]), Self.trimmed(parts[1]))
    }
    (self.status, self.headers, count) = (status, headers, end + 4)
  }

  private static func trimmed(_ text: Substring) -> String {
    func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
    return String(String(text.drop(while: isBlank).reversed()).drop(while: isBlank).reversed())
  }

  private static func emptyLine(_ octets: [UInt8]) -> Int? {
    octets.indices.dropLast(3).first {
      octets[$0] == 0x0D && octets[$0 + 1] == 0x0A && octets[$0 + 2] == 0x0D && octets[$0 + 3] == 0x0A
    }
  }
}
