import SIPCore
import Wire

// What visitors and agents in browsers say to the exchange, and hear from it. Names follow the wire contract.

/// A visitor's wish to be called through.
package struct CallRequest: Hashable, Sendable {
  /// Unicode scalars of a name, and of a page's address: what is longer is cut. A character may be a megabyte of accents.
  package static let maximumName = 100
  package static let maximumPage = 2000

  package var tenant: String
  package var offer: String?
  package var extensionDialled: String?
  package var name: String?
  package var page: String?
  /// The network that it comes from; `nil` where that tells nobody from anybody: this machine, or a proxy that names nobody.
  package var source: SourceNetwork?

  package init(
    tenant: String, offer: String? = nil, extensionDialled: String? = nil, name: String? = nil, page: String? = nil,
    source: SourceNetwork? = nil
  ) {
    self.source = source
    self.tenant = tenant
    self.offer = offer
    self.extensionDialled = extensionDialled
    self.name = name.map { Self.cut($0, to: Self.maximumName) }
    self.page = page.map { Self.cut($0, to: Self.maximumPage) }
  }

  private static func cut(_ text: String, to count: Int) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.prefix(count)))
  }
}

/// Why something was not done: a word for programs, a sentence for people.
package struct Refusal: Error, Hashable, Sendable {
  package enum Reason: String, Codable, Sendable, CaseIterable {
    case unknownTenant = "unknown-tenant"
    case noAgents = "no-agents"
    case busy
    case badRequest = "bad-request"
    case badSDP = "bad-sdp"
    case unauthorised
    case originRefused = "origin-refused"
    case rateLimited = "rate-limited"
    case unknownCall = "unknown-call"
    case shuttingDown = "shutting-down"
  }
  package var reason: Reason
  package var message: String

  package init(_ reason: Reason, _ message: String? = nil) {
    self.reason = reason
    self.message = message ?? Self.sentence(reason)
  }

  private static func sentence(_ reason: Reason) -> String {
    switch reason {
    case .unknownTenant: "This call button belongs to no business that we know."
    case .noAgents: "Nobody is available to take your call right now."
    case .busy: "All lines are busy. Please try again in a moment."
    case .badRequest: "The request was not understood."
    case .badSDP: "The browser's description of its audio was not understood."
    case .unauthorised: "You are not allowed to do this. Please log in again."
    case .originRefused: "This business does not take calls from the page that you are on."
    case .rateLimited: "There were too many calls in a short time. Please wait a minute, and try again."
    case .unknownCall: "This call is over."
    case .shuttingDown: "The service is being restarted. Please try again in a minute."
    }
  }
}

/// How a call ended.
package enum EndReason: String, Hashable, Codable, Sendable, CaseIterable {
  case visitorHungUp = "visitor-hung-up"
  case agentHungUp = "agent-hung-up"
  case noAnswer = "no-answer"
  case declined
  case unavailable
  case connectionLost = "connection-lost"
  case shuttingDown = "shutting-down"
  /// The business's dialplan ended it.
  case dialplan
  case failed

  package var message: String {
    switch self {
    case .visitorHungUp: "You ended the call."
    case .agentHungUp: "The other side ended the call."
    case .noAnswer: "Nobody answered. Please try again later."
    case .declined: "Nobody could take your call right now."
    case .unavailable: "Nobody is available right now."
    case .connectionLost: "The connection was lost."
    case .shuttingDown: "The service is being restarted. Please call again in a minute."
    case .dialplan: "The call is over."
    case .failed: "The call could not be connected."
    }
  }
}

package enum VisitorEvent: Hashable, Codable, Sendable {
  case trying(CallID)
  case ringing(CallID)
  case talking(CallID, agent: String)
  /// Both talk, and one does not hear the other; `talking` says when that is over.
  case troubled(CallID, agent: String, SoundTrouble)
  /// The agent put the visitor on hold; `talking` says when it is back.
  case held(CallID)
  /// Somebody came back into the call with this visitor's token, such as a tab that was duplicated: it goes on there.
  case takenOver(CallID)
  case ended(CallID, EndReason, seconds: Int)
}

package enum AgentEvent: Hashable, Codable, Sendable {
  case incomingCall(CallID, from: String, page: String?)
  case incomingCallEnded(CallID, IncomingEnd)
  /// The visitor's connection is lost; the call waits for it.
  case visitorLost(CallID)
  case visitorBack(CallID)
  /// One does not hear the other, though both are there.
  case troubled(CallID, SoundTrouble)
  case soundIsWell(CallID)
  /// The agent came back into the call in another of its browsers: it goes on there.
  case takenOver(CallID)
  /// The call that this agent was talking on is over.
  case ended(CallID, EndReason, seconds: Int)

  package enum IncomingEnd: String, Hashable, Codable, Sendable {
    case answeredElsewhere = "answered-elsewhere"
    case callerHungUp = "caller-hung-up"
    case timeout
  }
}

/// Why an agent's browser has no part in calls any more.
package enum Dismissal: Hashable, Sendable, CaseIterable {
  case agentRemoved
  case businessRemoved
  /// The agent logged out, or has another password, or the token was taken back.
  case loginEnded
  case loginExpired

  package var message: String {
    switch self {
    case .agentRemoved: "This agent was removed from the business."
    case .businessRemoved: "This business was removed."
    case .loginEnded: "This login was ended: somebody logged out or changed the password. Log in again."
    case .loginExpired: "This login has run out. Log in again."
    }
  }
}

/// What an operator should know; what belongs to people is kept apart so that a printer can hide it.
package struct LogLine: Hashable, Sendable {
  package enum Level: Int, Hashable, Sendable, Comparable {
    case debug
    case info
    case warning
    package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }
  package var level: Level
  package var tenant: TenantID?
  package var call: CallID?
  package var event: String
  /// Addresses, numbers and names.
  package var personal: String?
}
