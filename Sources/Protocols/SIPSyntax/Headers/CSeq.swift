/// The number of a request in its dialog, and its method (RFC 3261 §20.16).
package struct CSeq: Hashable, Sendable, CustomStringConvertible {
  /// Below 2^31 (§8.1.1.5).
  package var number: UInt32
  package var method: Method

  package init(_ number: UInt32, _ method: Method) {
    self.number = number
    self.method = method
  }

  static func read(_ scanner: inout Scanner) throws(SIPSyntaxError) -> CSeq {
    let number: UInt32 = try scanner.number()
    guard number < 0x8000_0000 else { throw scanner.fails(.number) }
    scanner.skipWhitespace()
    guard let method = Method(scanner.take(while: .token)) else { throw scanner.fails(.token) }
    return CSeq(number, method)
  }

  package var description: String { "\(number) \(method)" }
}

extension Headers {
  package var cseq: CSeq {
    get throws(SIPSyntaxError) { try required(.cseq, CSeq.read) }
  }

  /// Compared byte by byte (§20.8).
  package var callID: String {
    get throws(SIPSyntaxError) {
      let value = try required(.callID) { scanner throws(SIPSyntaxError) in scanner.takeRest() }
      guard !value.isEmpty else { throw SIPSyntaxError(.value(.text), in: .callID, at: 0) }
      return String(decoding: value, as: UTF8.self)
    }
  }
}
