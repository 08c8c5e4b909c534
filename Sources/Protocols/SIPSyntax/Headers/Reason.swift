/// Why a request was sent (RFC 3326): `SIP;cause=200;text="Call completed elsewhere"`.
package struct Reason: Hashable, Sendable {
  package var proto: String
  package var cause: Int?
  package var text: String?

  package init(_ proto: String = "SIP", cause: Int, text: String) {
    self.proto = proto
    self.cause = cause
    self.text = text
  }

  static func read(_ scanner: inout Scanner) throws(SIPSyntaxError) -> Reason {
    let proto = try scanner.token()
    let parameters = try HeaderParameters.read(&scanner)
    var reason = Reason(proto, cause: 0, text: "")
    reason.cause = parameters["cause"].flatMap { Int($0) }
    reason.text = parameters["text"]
    return reason
  }
}

extension Reason: CustomStringConvertible {
  package var description: String {
    var text = Array(proto.utf8)
    if let cause { text.append(";cause=\(cause)") }
    if let phrase = self.text {
      text.append(";text=")
      text.appendQuoted(phrase)
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension Headers {
  package var reasons: [Reason] { (try? list(.reason, Reason.read)) ?? [] }
}
