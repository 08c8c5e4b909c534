/// The name of a header field, in the spelling of its RFC where we know it (RFC 3261 §7.3.1); compact forms are the same name (§7.3.3).
package struct HeaderName: Hashable, Sendable, CustomStringConvertible {
  package let text: String

  /// A name by its text in any case, or in its compact form; `nil` if it is no token.
  package init?(_ text: String) {
    self.init(Array(text.utf8)[...])
  }

  init?(_ bytes: Bytes) {
    guard !bytes.isEmpty, ByteSet.token.containsAll(bytes) else { return nil }
    if bytes.count == 1, let byte = bytes.first, let name = Self.compact(byte.lowercased) {
      self = name
    } else if let name = Self.known.first(where: { Self.matches($0.text, bytes) }) {
      self = name
    } else {
      text = String(decoding: bytes, as: UTF8.self)
    }
  }

  private init(known text: String) { self.text = text }

  package var description: String { text }

  package static func == (left: HeaderName, right: HeaderName) -> Bool { left.text.equalsIgnoringCase(right.text) }
  package func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte.lowercased) }
  }

  private static func matches(_ text: String, _ bytes: Bytes) -> Bool {
    text.utf8.count == bytes.count && zip(text.utf8, bytes).allSatisfy { $0.lowercased == $1.lowercased }
  }

  package static let via = HeaderName(known: "Via")
  package static let from = HeaderName(known: "From")
  package static let to = HeaderName(known: "To")
  package static let callID = HeaderName(known: "Call-ID")
  package static let cseq = HeaderName(known: "CSeq")
  package static let contact = HeaderName(known: "Contact")
  package static let contentLength = HeaderName(known: "Content-Length")
  package static let contentType = HeaderName(known: "Content-Type")
  package static let maxForwards = HeaderName(known: "Max-Forwards")
  package static let route = HeaderName(known: "Route")
  package static let recordRoute = HeaderName(known: "Record-Route")
  package static let expires = HeaderName(known: "Expires")
  package static let minExpires = HeaderName(known: "Min-Expires")
  package static let authorization = HeaderName(known: "Authorization")
  package static let proxyAuthorization = HeaderName(known: "Proxy-Authorization")
  package static let wwwAuthenticate = HeaderName(known: "WWW-Authenticate")
  package static let proxyAuthenticate = HeaderName(known: "Proxy-Authenticate")
  package static let require = HeaderName(known: "Require")
  package static let proxyRequire = HeaderName(known: "Proxy-Require")
  package static let supported = HeaderName(known: "Supported")
  package static let unsupported = HeaderName(known: "Unsupported")
  package static let allow = HeaderName(known: "Allow")
  package static let accept = HeaderName(known: "Accept")
  package static let userAgent = HeaderName(known: "User-Agent")
  package static let server = HeaderName(known: "Server")
  package static let reason = HeaderName(known: "Reason")
  package static let retryAfter = HeaderName(known: "Retry-After")
  package static let subject = HeaderName(known: "Subject")
  package static let date = HeaderName(known: "Date")
  /// RFC 3327.
  package static let path = HeaderName(known: "Path")

  private static let known: [HeaderName] = [
    .via, .from, .to, .callID, .cseq, .contact, .contentLength, .contentType, .maxForwards, .route, .recordRoute, .expires,
    .minExpires, .authorization, .proxyAuthorization, .wwwAuthenticate, .proxyAuthenticate, .require, .proxyRequire,
    .supported, .unsupported, .allow, .accept, .userAgent, .server, .reason, .retryAfter, .subject, .date, .path,
  ]

  private static func compact(_ letter: UInt8) -> HeaderName? {
    switch letter {
    case UInt8(ascii: "v"): .via
    case UInt8(ascii: "f"): .from
    case UInt8(ascii: "t"): .to
    case UInt8(ascii: "i"): .callID
    case UInt8(ascii: "m"): .contact
    case UInt8(ascii: "l"): .contentLength
    case UInt8(ascii: "c"): .contentType
    case UInt8(ascii: "k"): .supported
    case UInt8(ascii: "s"): .subject
    default: nil
    }
  }
}
