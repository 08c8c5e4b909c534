import SIPSyntax

/// What ties messages to one transaction (RFC 3261 §17.1.3, §17.2.3).
package struct TransactionKey: Hashable, Sendable {
  package enum Side: Hashable, Sendable {
    case client
    case server
  }
  private let side: Side
  private let branch: String
  private let sentBy: String
  private let method: Method

  /// The key of a request at its server; an ACK belongs to its INVITE, a CANCEL is a transaction of its own.
  package init?(request: SIPRequest, method: Method? = nil) {
    guard let via = try? request.headers.topVia else { return nil }
    side = .server
    sentBy = via.sentBy.description
    let named = method ?? request.method
    self.method = named == .ack ? .invite : named
    if let branch = via.branch, branch.starts(with: Via.cookie), branch.utf8.count > Via.cookie.utf8.count {
      self.branch = branch
      return
    }
    // RFC 2543 knew no unique branches: dialog and number have to do.
    guard let callID = try? request.headers.callID, let cseq = try? request.headers.cseq,
      let from = try? request.headers.from
    else { return nil }
    branch = "2543|\(callID)|\(cseq.number)|\(from.tag ?? "")|\(via.branch ?? "")"
  }

  /// The key of a request that we send, or of the response that comes back.
  package init(client branch: String, method: Method) {
    side = .client
    self.branch = branch
    sentBy = ""
    self.method = method
  }

  package init?(response: SIPResponse) {
    guard let branch = try? response.headers.topVia.branch, let cseq = try? response.headers.cseq else { return nil }
    self.init(client: branch, method: cseq.method)
  }
}
