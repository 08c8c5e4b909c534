import SIPCore
import SIPSyntax
import Wire

extension FuzzTarget {
  /// A datagram: what was understood must survive being printed and read again, header by header, and so must our answer to it.
  static let sip: Body = { octets throws(BrokenPromise) in
    let message: SIPMessage
    do throws(SIPSyntaxError) {
      message = try SIPMessage(parsing: octets)
    } catch {
      try promise((100...699).contains(Int(error.status.value)), "an error has a status")
      if let request = error.answerableRequest { try answer(request, error.status, isWhole: false) }
      return
    }
    let printed = message.serialized()
    try survives(message, printed)
    try readHeaders(message.headers)
    guard case .request(let request) = message else { return }
    try answer(request, .ok, isWhole: printed.count < SIPLimit.messageBytes.maximum - 1024)
    var stamped = request
    guard (try? stamped.stampSource(SocketAddress(.loopback, 5060))) != nil else { return }
    let via = try? stamped.headers.topVia
    let isStamped = via?.received == .loopback || via?.sentBy.host.address == .loopback
    try promise(isStamped, "a stamped request says where it came from")
    try promise(TransactionKey(request: request) != nil, "a message that was read has a transaction")
    try promise(
      TransactionKey(request: stamped) == TransactionKey(request: request), "the stamp changes nothing about the transaction")
  }

  private static func survives(_ message: SIPMessage, _ printed: [UInt8]) throws(BrokenPromise) {
    var fault: SIPSyntaxError?
    var again: SIPMessage?
    do throws(SIPSyntaxError) {
      again = try SIPMessage(parsing: printed)
    } catch { fault = error }
    // Canonical escapes and the length that we add may carry a message past a limit; then it is refused, never misread.
    if case .limit = fault?.problem { return }
    try promise(again == message, "a message survives being printed: \(fault.map { "\($0)" } ?? "it is another")")
  }

  /// An answer that we could not read ourselves would be thrown away by others as well.
  private static func answer(_ request: SIPRequest, _ status: StatusCode, isWhole: Bool) throws(BrokenPromise) {
    let printed = SIPResponse(to: request, status, toTag: "ours").serialized()
    let again = try? SIPMessage(parsing: printed)
    guard case .response(let response)? = again else { return try promise(!isWhole, "our answer can be read") }
    try promise(response.status == status, "our answer says \(status)")
    try promise(!isWhole || (try? response.headers.to.tag) != nil, "our answer has a tag")
  }

  private static func readHeaders(_ headers: Headers) throws(BrokenPromise) {
    if let from = try? headers.from { try survives(from) }
    if let to = try? headers.to { try survives(to) }
    for address in ((try? headers.routes) ?? []) + ((try? headers.recordRoutes) ?? []) { try survives(address) }
    if case .addresses(let contacts)? = try? headers.contacts {
      for contact in contacts {
        try survives(contact)
        _ = (contact.expires, contact.instance)
      }
    }
    for via in (try? headers.vias) ?? [] {
      var again = Headers()
      again.append(.via, via.description)
      try promise((try? again.topVia) == via, "Via survives: \(via)")
    }
    if let cseq = try? headers.cseq {
      var again = Headers()
      again.append(.cseq, cseq.description)
      try promise((try? again.cseq) == cseq, "CSeq survives: \(cseq)")
    }
    for reason in headers.reasons {
      var again = Headers()
      again.append(.reason, reason.description)
      try promise(again.reasons == [reason], "Reason survives: \(reason)")
    }
    _ = (try? headers.maxForwards, try? headers.contentLength, headers.expires, headers.contentType)
    for name in [HeaderName.require, .supported, .allow] {
      try promise(headers.tokens(name).allSatisfy { !$0.isEmpty }, "no token is empty")
    }
  }

  private static func survives(_ address: NameAddress) throws(BrokenPromise) {
    // Escaping may carry a URI past its limit; then it is refused, never misread.
    guard address.uri.description.utf8.count <= SIPLimit.uriBytes.maximum else { return }
    var again = Headers()
    again.append(.to, address.description)
    try promise((try? again.to) == address, "an address survives: \(address)")
  }
}
