/// A request or a response (RFC 3261 §7).
package enum SIPMessage: Hashable, Sendable {
  case request(SIPRequest)
  case response(SIPResponse)

  package var headers: Headers {
    switch self {
    case .request(let request): request.headers
    case .response(let response): response.headers
    }
  }

  package func serialized() -> [UInt8] {
    switch self {
    case .request(let request): request.serialized()
    case .response(let response): response.serialized()
    }
  }
}

package struct SIPRequest: Hashable, Sendable {
  package var method: Method
  package var uri: URI
  package var headers: Headers
  package var body: [UInt8]

  package init(_ method: Method, _ uri: URI, headers: Headers = Headers(), body: [UInt8] = []) {
    self.method = method
    self.uri = uri
    self.headers = headers
    self.body = body
  }

  package func serialized() -> [UInt8] {
    var text = Array("\(method) ".utf8)
    uri.write(to: &text)
    text.append(" SIP/2.0\r\n")
    return text.completed(headers, body)
  }
}

package struct SIPResponse: Hashable, Sendable {
  package var status: StatusCode
  package var reason: String
  package var headers: Headers
  package var body: [UInt8]

  package init(_ status: StatusCode, reason: String? = nil, headers: Headers = Headers(), body: [UInt8] = []) {
    self.status = status
    self.reason = reason ?? status.standardReason
    self.headers = headers
    self.body = body
  }

  /// A response with what every response copies from its request (RFC 3261 §8.2.6.2).
  ///
  /// - Parameter toTag: our end of the dialog; added to To unless the request already names one or the response is a 100.
  package init(to request: SIPRequest, _ status: StatusCode, reason: String? = nil, toTag: String? = nil) {
    self.init(status, reason: reason)
    headers.copy(.via, from: request.headers)
    headers.copyFirst(.from, from: request.headers)
    if let toTag, status != .trying, var to = try? request.headers.to, to.tag == nil {
      to.tag = toTag
      headers.append(.to, to.description)
    } else {
      headers.copyFirst(.to, from: request.headers)
    }
    headers.copyFirst(.callID, from: request.headers)
    headers.copyFirst(.cseq, from: request.headers)
    if status.isSuccess || (101...199).contains(Int(status.value)) { headers.copy(.recordRoute, from: request.headers) }
  }

  package func serialized() -> [UInt8] {
    var text = Array("SIP/2.0 \(status) ".utf8)
    text.appendVisible(reason.utf8)
    text.append("\r\n")
    return text.completed(headers, body)
  }
}

extension [UInt8] {
  fileprivate consuming func completed(_ headers: Headers, _ body: [UInt8]) -> [UInt8] {
    headers.write(to: &self)
    append("Content-Length: \(body.count)\r\n\r\n")
    return self + body
  }
}
