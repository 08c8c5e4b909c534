import SIPSyntax
import Wire

/// Which dialog, seen from our side (RFC 3261 §12).
package struct DialogID: Hashable, Sendable {
  package var callID: String
  package var localTag: String
  package var remoteTag: String

  package init(callID: String, localTag: String, remoteTag: String) {
    self.callID = callID
    self.localTag = localTag
    self.remoteTag = remoteTag
  }

  /// The dialog that a request from the peer belongs to; `nil` for one outside any.
  package init?(received request: SIPRequest) {
    guard let callID = try? request.headers.callID, let to = try? request.headers.to, let from = try? request.headers.from,
      let localTag = to.tag
    else { return nil }
    self.init(callID: callID, localTag: localTag, remoteTag: from.tag ?? "")
  }
}

/// A relation between us and one peer that outlasts its transactions (RFC 3261 §12).
package struct Dialog: Hashable, Sendable {
  package enum Order: Hashable, Sendable {
    case inOrder
    /// Lower than one before: refused with 500 (§12.2.2).
    case outOfOrder
  }

  package let id: DialogID
  private let local: NameAddress
  private let remote: NameAddress
  private var target: URI
  private let routes: [String]
  private var localNumber: UInt32
  private var remoteNumber: UInt32?

  /// The dialog that a response opens for whoever sent the INVITE (§12.1.2).
  package init?(caller request: SIPRequest, _ response: SIPResponse) {
    guard let callID = try? request.headers.callID, let from = try? request.headers.from, let to = try? response.headers.to,
      let number = try? request.headers.cseq.number, let localTag = from.tag
    else { return nil }
    // A peer of RFC 2543 has no tag, which is then as good as an empty one.
    id = DialogID(callID: callID, localTag: localTag, remoteTag: to.tag ?? "")
    local = from
    remote = to
    // A phone that forgets or garbles its Contact is still reached where the INVITE reached it.
    target =
      if case .addresses(let contacts)? = try? response.headers.contacts, let contact = contacts.first {
        contact.uri
      } else {
        request.uri
      }
    routes = ((try? response.headers.recordRoutes) ?? []).reversed().map(\.description)
    localNumber = number
  }

  /// The dialog that our response opens for whoever received the INVITE (§12.1.1).
  package init?(callee request: SIPRequest, tag: String) {
    guard let callID = try? request.headers.callID, let from = try? request.headers.from, var to = try? request.headers.to,
      let number = try? request.headers.cseq.number, case .addresses(let contacts)? = try? request.headers.contacts,
      let contact = contacts.first
    else { return nil }
    to.tag = tag
    id = DialogID(callID: callID, localTag: tag, remoteTag: from.tag ?? "")
    local = to
    remote = from
    target = contact.uri
    routes = ((try? request.headers.recordRoutes) ?? []).map(\.description)
    localNumber = 0
    remoteNumber = number
  }

  /// Judges the number of a request from the peer, and remembers it.
  package mutating func receive(_ request: SIPRequest) -> Order {
    guard let number = try? request.headers.cseq.number else { return .outOfOrder }
    if request.method == .ack { return .inOrder }
    if let remoteNumber, number < remoteNumber { return .outOfOrder }
    remoteNumber = number
    refreshTarget(request.method, request.headers)
    return .inOrder
  }

  /// A re-INVITE or UPDATE, and a 2xx to ours, may move the peer (§12.2.1.2).
  package mutating func refreshTarget(_ method: Method, _ headers: Headers) {
    guard method == .invite || method == .update, case .addresses(let contacts)? = try? headers.contacts,
      let contact = contacts.first
    else { return }
    target = contact.uri
  }

  /// The next request of ours.
  package mutating func request(_ method: Method, via: Via, contact: NameAddress? = nil) -> SIPRequest {
    localNumber &+= 1
    return build(method, number: localNumber, via: via, contact: contact)
  }

  /// The ACK of a 2xx to the INVITE with that number (§13.2.2.4).
  package func acknowledgement(number: UInt32, via: Via) -> SIPRequest {
    build(.ack, number: number, via: via, contact: nil)
  }

  private func build(_ method: Method, number: UInt32, via: Via, contact: NameAddress?) -> SIPRequest {
    var request = SIPRequest(method, target)
    request.headers.append(.via, via.description)
    request.headers.append(.maxForwards, "70")
    for route in routes { request.headers.append(.route, route) }
    request.headers.append(.from, local.description)
    request.headers.append(.to, remote.description)
    request.headers.append(.callID, id.callID)
    request.headers.append(.cseq, CSeq(number, method).description)
    if let contact { request.headers.append(.contact, contact.description) }
    return request
  }
}
