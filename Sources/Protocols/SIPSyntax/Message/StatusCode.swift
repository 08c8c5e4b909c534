/// A response's three digits, 100 to 699 (RFC 3261 §21).
package struct StatusCode: Hashable, Comparable, Sendable {
  package let value: UInt16

  /// `nil` outside 100...699.
  package init?(_ value: Int) {
    guard (100...699).contains(value) else { return nil }
    self.value = UInt16(value)
  }

  private init(known value: UInt16) { self.value = value }

  package var isProvisional: Bool { value < 200 }
  package var isSuccess: Bool { (200...299).contains(value) }
  package var isRedirection: Bool { (300...399).contains(value) }
  package var isFinal: Bool { value >= 200 }
  /// 300 to 699: the final responses that an INVITE's own transaction acknowledges.
  package var isFailure: Bool { value >= 300 }

  package static func < (left: StatusCode, right: StatusCode) -> Bool { left.value < right.value }

  package static let trying = StatusCode(known: 100)
  package static let ringing = StatusCode(known: 180)
  package static let callIsBeingForwarded = StatusCode(known: 181)
  package static let queued = StatusCode(known: 182)
  package static let sessionProgress = StatusCode(known: 183)
  package static let ok = StatusCode(known: 200)
  package static let accepted = StatusCode(known: 202)
  package static let multipleChoices = StatusCode(known: 300)
  package static let movedPermanently = StatusCode(known: 301)
  package static let movedTemporarily = StatusCode(known: 302)
  package static let useProxy = StatusCode(known: 305)
  package static let alternativeService = StatusCode(known: 380)
  package static let badRequest = StatusCode(known: 400)
  package static let unauthorized = StatusCode(known: 401)
  package static let paymentRequired = StatusCode(known: 402)
  package static let forbidden = StatusCode(known: 403)
  package static let notFound = StatusCode(known: 404)
  package static let methodNotAllowed = StatusCode(known: 405)
  package static let notAcceptable = StatusCode(known: 406)
  package static let proxyAuthenticationRequired = StatusCode(known: 407)
  package static let requestTimeout = StatusCode(known: 408)
  package static let gone = StatusCode(known: 410)
  package static let requestEntityTooLarge = StatusCode(known: 413)
  package static let requestURITooLong = StatusCode(known: 414)
  package static let unsupportedMediaType = StatusCode(known: 415)
  package static let unsupportedURIScheme = StatusCode(known: 416)
  package static let badExtension = StatusCode(known: 420)
  package static let extensionRequired = StatusCode(known: 421)
  package static let sessionIntervalTooSmall = StatusCode(known: 422)
  package static let intervalTooBrief = StatusCode(known: 423)
  package static let temporarilyUnavailable = StatusCode(known: 480)
  package static let callOrTransactionDoesNotExist = StatusCode(known: 481)
  package static let loopDetected = StatusCode(known: 482)
  package static let tooManyHops = StatusCode(known: 483)
  package static let addressIncomplete = StatusCode(known: 484)
  package static let ambiguous = StatusCode(known: 485)
  package static let busyHere = StatusCode(known: 486)
  package static let requestTerminated = StatusCode(known: 487)
  package static let notAcceptableHere = StatusCode(known: 488)
  package static let badEvent = StatusCode(known: 489)
  package static let requestPending = StatusCode(known: 491)
  package static let undecipherable = StatusCode(known: 493)
  package static let serverInternalError = StatusCode(known: 500)
  package static let notImplemented = StatusCode(known: 501)
  package static let badGateway = StatusCode(known: 502)
  package static let serviceUnavailable = StatusCode(known: 503)
  package static let serverTimeout = StatusCode(known: 504)
  package static let versionNotSupported = StatusCode(known: 505)
  package static let messageTooLarge = StatusCode(known: 513)
  package static let busyEverywhere = StatusCode(known: 600)
  package static let decline = StatusCode(known: 603)
  package static let doesNotExistAnywhere = StatusCode(known: 604)
  package static let notAcceptableAnywhere = StatusCode(known: 606)
}

extension StatusCode: CustomStringConvertible {
  package var description: String { String(value) }

  /// The phrase that goes with the code where nobody chose another; an unknown code gets its class's x00 phrase (§8.1.3.2).
  package var standardReason: String {
    Self.reasons[value] ?? Self.reasons[value / 100 * 100] ?? "Unknown"
  }

  private static let reasons: [UInt16: String] = [
    100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress",
    200: "OK", 202: "Accepted",
    300: "Multiple Choices", 301: "Moved Permanently", 302: "Moved Temporarily", 305: "Use Proxy", 380: "Alternative Service",
    400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Timeout",
    410: "Gone", 413: "Request Entity Too Large", 414: "Request-URI Too Long", 415: "Unsupported Media Type",
    416: "Unsupported URI Scheme", 420: "Bad Extension", 421: "Extension Required", 422: "Session Interval Too Small",
    423: "Interval Too Brief", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected",
    483: "Too Many Hops", 484: "Address Incomplete", 485: "Ambiguous", 486: "Busy Here", 487: "Request Terminated",
    488: "Not Acceptable Here", 489: "Bad Event", 491: "Request Pending", 493: "Undecipherable",
    500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
    504: "Server Time-out", 505: "Version Not Supported", 513: "Message Too Large",
    600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere", 606: "Not Acceptable",
  ]
}
