extension Headers {
  /// Hops that are left (RFC 3261 §20.22).
  package var maxForwards: UInt8? {
    get throws(SIPSyntaxError) { try single(.maxForwards) { scanner throws(SIPSyntaxError) in try scanner.number() } }
  }

  /// Seconds (§20.19); malformed is as if absent, as §20.19 asks of registrars.
  package var expires: UInt32? {
    (try? single(.expires) { scanner throws(SIPSyntaxError) in try scanner.number(UInt32.self) }) ?? nil
  }

  package var contentLength: Int? {
    get throws(SIPSyntaxError) {
      try single(.contentLength) { scanner throws(SIPSyntaxError) in Int(try scanner.number(UInt32.self)) }
    }
  }

  /// The media type in lower case, without parameters (§20.15).
  package var contentType: String? {
    self[.contentType].map { $0.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" } }
  }

  /// The option tags or methods listed in all fields of that name, in lower case.
  package func tokens(_ name: HeaderName) -> [String] { spelledTokens(name).map { $0.lowercased() } }

  /// The same as they were written, to be said back.
  package func spelledTokens(_ name: HeaderName) -> [String] {
    let found = try? list(name) { scanner throws(SIPSyntaxError) in String(decoding: scanner.takeRest(), as: UTF8.self) }
    return (found ?? []).filter { !$0.isEmpty }
  }
}
