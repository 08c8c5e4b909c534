import Wire

/// The host and port that a client believes to speak to (RFC 9110 §7.2), once they are known to hold nothing else.
package struct HTTPAuthority: Hashable, Sendable, CustomStringConvertible {
  package static let maximumHost = 253

  /// A name, an IPv4 address, or an IPv6 address without its brackets.
  package let host: String
  package let port: UInt16?

  package init(_ host: String, port: UInt16?) {
    self.host = host
    self.port = port
  }

  /// Reads the value of a `Host` field: `example.com`, `192.0.2.1:8080`, `[2001:db8::1]:8080`. `nil` for anything that could
  /// mean more than a host in a URL or in a page.
  package init?(_ text: String) {
    let octets = Array(text.utf8)
    var host = octets[...]
    var port: UInt16?
    if let colon = octets.lastIndex(of: UInt8(ascii: ":")), octets.last != UInt8(ascii: "]") {
      let digits = octets[(colon + 1)...]
      guard (1...5).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
        let number = UInt16(String(decoding: digits, as: UTF8.self)), number > 0
      else { return nil }
      (host, port) = (octets[..<colon], number)
    }
    let isBracketed = host.first == UInt8(ascii: "[") && host.last == UInt8(ascii: "]")
    if isBracketed { host = host.dropFirst().dropLast() }
    let name = String(decoding: host, as: UTF8.self)
    guard (1...Self.maximumHost).contains(host.count) else { return nil }
    if isBracketed {
      guard host.contains(UInt8(ascii: ":")), IPAddress(name) != nil else { return nil }
    } else {
      guard host.allSatisfy(\.isInHostName) else { return nil }
    }
    self.init(name, port: port)
  }

  package var description: String {
    let shown = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    return port.map { "\(shown):\($0)" } ?? shown
  }
}

extension HTTPRequest {
  /// Whom the client believes to speak to, if it says so in letters that can be trusted.
  package var authority: HTTPAuthority? { headers["Host"].flatMap { HTTPAuthority($0) } }
}

extension UInt8 {
  /// Letters of names as hosts have them, and the underscore that some have in spite of RFC 952.
  fileprivate var isInHostName: Bool {
    switch self {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
    default: false
    }
  }
}
