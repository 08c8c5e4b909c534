import SIPSyntax
import Wire

/// What ties messages to one transaction (RFC 3261 §17.1.3, §17.2.3).
///
/// One text of a few dozen bytes: thousands of keys stand in several tables at once.
package struct TransactionKey: Hashable, Sendable {
  private enum Side: String {
    case client = "c"
    case server = "s"
  }
  /// Side, method, who sent it and the branch, which alone may hold a space.
  private let text: [UInt8]

  private init(_ side: Side, _ method: Method, sentBy: String, branch: String) {
    text = Array("\(side.rawValue) \(method) \(sentBy) \(branch)".utf8)
  }

  /// The key of a request at its server; an ACK belongs to its INVITE, a CANCEL is a transaction of its own.
  package init?(request: SIPRequest, method: Method? = nil) {
    guard let via = try? request.headers.topVia else { return nil }
    let named = method ?? request.method
    let sentBy = via.sentBy.description
    if let branch = via.branch, branch.starts(with: Via.cookie), branch.utf8.count > Via.cookie.utf8.count {
      self.init(.server, named == .ack ? .invite : named, sentBy: sentBy, branch: branch)
      return
    }
    // RFC 2543 knew no unique branches: dialog and number have to do.
    guard let callID = try? request.headers.callID, let cseq = try? request.headers.cseq,
      let from = try? request.headers.from
    else { return nil }
    let branch = "2543|\(callID)|\(cseq.number)|\(from.tag ?? "")|\(via.branch ?? "")"
    self.init(.server, named == .ack ? .invite : named, sentBy: sentBy, branch: branch)
  }

  /// The key of a request that we send, or of the response that comes back.
  package init(client branch: String, method: Method) {
    self.init(.client, method, sentBy: "", branch: branch)
  }

  package init?(response: SIPResponse) {
    guard let branch = try? response.headers.topVia.branch, let cseq = try? response.headers.cseq else { return nil }
    self.init(client: branch, method: cseq.method)
  }

  /// A short name that tells it from others, and that nobody can choose without the key.
  func hash(_ key: ChanceKey) -> UInt64 { SipHash.hash(text, key) }

  package func hash(into hasher: inout Hasher) { text.withUnsafeBytes { hasher.combine(bytes: $0) } }
}
