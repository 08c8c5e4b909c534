/// What is wrong with a message, where, and what could still be read of it.
///
/// A malformed request whose `salvage` has the headers a response copies can be answered with `status`; anything else is dropped.
package struct SIPSyntaxError: Error, Hashable, Sendable {
  package enum Problem: Hashable, Sendable {
    /// Nothing but line ends or NULs: a keep-alive, not a message (RFC 5626 §3.5.1).
    case keepAlive
    case startLine
    case unsupportedVersion
    case headerLine
    case endsEarly
    case missingHeader
    case repeatedHeader
    case value(Expected)
    case bodyShorterThanContentLength
    case methodMismatch
    case limit(SIPLimit)
  }

  /// What the grammar wanted at `offset`.
  package enum Expected: Hashable, Sendable {
    case token
    case number
    case byte(UInt8)
    case quotedString
    case host
    case uri
    case percentEscape
    case end
    case text
  }

  package var problem: Problem
  package var header: HeaderName?
  /// Bytes from the start of the datagram; of a folded or built value, from that value's start.
  package var offset: Int
  /// The top line and the headers that were readable, with no body.
  package var salvage: Salvage?

  package init(_ problem: Problem, in header: HeaderName? = nil, at offset: Int) {
    self.problem = problem
    self.header = header
    self.offset = offset
  }

  /// The final response that tells the sender (RFC 3261 §21).
  package var status: StatusCode {
    switch problem {
    case .unsupportedVersion: .versionNotSupported
    case .limit(.bodyBytes): .requestEntityTooLarge
    case .limit(.messageBytes), .limit(.headBytes), .limit(.headerBytes), .limit(.headers), .limit(.vias): .messageTooLarge
    case .limit(.uriBytes): .requestURITooLong
    default: .badRequest
    }
  }

  /// The malformed request, if a response to it could find its way: it is no ACK, and its Via and its CSeq are there.
  package var answerableRequest: SIPRequest? {
    guard case .request(let request) = salvage?.message, request.method != .ack else { return nil }
    guard request.headers.contains(.cseq), (try? request.headers.topVia) != nil else { return nil }
    return request
  }

  /// A message inside an error, kept in one word so that throwing stays cheap.
  package struct Salvage: Hashable, Sendable {
    private let boxed: [SIPMessage]
    init(_ message: SIPMessage) { boxed = [message] }
    package var message: SIPMessage? { boxed.first }
  }
}

extension SIPSyntaxError: CustomStringConvertible {
  package var description: String {
    "\(problem) at byte \(offset)" + (header.map { " in \($0)" } ?? "")
  }
}
