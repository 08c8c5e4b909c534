import SIPSyntax
import Wire

/// Why a response is not believed to answer a request of ours. It is dropped and counted, and ends no call.
///
/// RFC 3261 §17.1.3 asks for branch and method only. Whoever has read one message of a call knows its branch; so an answer also comes from
/// the host that was asked, and says whose request it answers. Its port may be another: a router in between gives what port it likes.
package enum StrayResponse: String, Hashable, Sendable, CaseIterable {
  /// No request of ours waits for it, or none any more.
  case transaction
  /// It comes from a host that was not asked.
  case address
  case callID = "call-id"
  case fromTag = "from-tag"
  case number = "cseq"

  /// - Parameter peer: the host that the request went to.
  /// - Returns: `nil` for what answers the request.
  package init?(_ response: SIPResponse, from source: IPAddress, to request: SIPRequest, askedOf peer: IPAddress) {
    guard source == peer else {
      self = .address
      return
    }
    guard let callID = try? response.headers.callID, callID == (try? request.headers.callID) else {
      self = .callID
      return
    }
    guard let from = try? response.headers.from, from.tag == (try? request.headers.from)?.tag else {
      self = .fromTag
      return
    }
    guard let number = try? response.headers.cseq.number, number == (try? request.headers.cseq.number) else {
      self = .number
      return
    }
    return nil
  }
}

/// How many strayed, by why.
package struct StrayResponses: Hashable, Sendable {
  private var counts = Array(repeating: UInt64(0), count: StrayResponse.allCases.count)
  package init() {}

  package mutating func note(_ why: StrayResponse) {
    if let index = StrayResponse.allCases.firstIndex(of: why) { counts[index] &+= 1 }
  }

  package subscript(why: StrayResponse) -> UInt64 { StrayResponse.allCases.firstIndex(of: why).map { counts[$0] } ?? 0 }
}
