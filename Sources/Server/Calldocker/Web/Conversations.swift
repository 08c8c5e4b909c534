import Calls
import Foundation

/// What clients write, read by Foundation's JSON at this edge only. Names follow the wire contract.
struct WireEvent: Decodable {
  let name: String
  let body: WireBody

  init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    name = try list.decode(String.self)
    body = list.isAtEnd ? WireBody() : try list.decode(WireBody.self)
  }

  static func read(_ payload: String) -> WireEvent? { try? JSONDecoder().decode(WireEvent.self, from: Data(payload.utf8)) }
}

/// Every field that any event has; an event takes what it needs.
struct WireBody: Decodable {
  var uuid: String?
  var sdp: String?
  var callId: String?
  var `extension`: String?
  var name: String?
  var page: String?
  var digits: String?
  var agentId: String?
  var token: String?
  var status: String?
  var resumeToken: String?
}

struct WireAnswer: Encodable {
  var success: Bool?
  var reason: String?
  var message: String?
  var fallback: String?
  var callId: String?
  var sdp: String?
  var state: String?
  var agent: String?
  var duration: Int?
  var from: String?
  var page: String?
  var resumeToken: String?

  init(success: Bool? = nil) { self.success = success }

  init(_ refusal: Refusal) {
    success = false
    reason = refusal.reason.rawValue
    message = refusal.message
  }

  var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }
}

extension WireAnswer {
  /// A visitor's `call-state`.
  init(_ event: VisitorEvent) {
    switch event {
    case .trying(let call): self.init(call, state: "trying")
    case .ringing(let call): self.init(call, state: "ringing")
    case .talking(let call, let agent):
      self.init(call, state: "talking")
      self.agent = agent
    case .held(let call): self.init(call, state: "held")
    case .ended(let call, let reason, let seconds):
      self.init(call, state: "ended")
      self.reason = reason.rawValue
      message = reason.message
      duration = seconds
    }
  }

  private init(_ call: CallID, state: String) {
    callId = call.description
    self.state = state
  }

  /// An agent's event, with the name under which it is sent.
  static func event(_ event: AgentEvent) -> (name: String, answer: WireAnswer) {
    var answer = WireAnswer()
    switch event {
    case .incomingCall(let call, let from, let page):
      answer.callId = call.description
      answer.from = from
      answer.page = page
      return ("incoming-call", answer)
    case .incomingCallEnded(let call, let why):
      answer.callId = call.description
      answer.reason = why.rawValue
      return ("incoming-call-ended", answer)
    case .visitorLost(let call): return ("call-state", WireAnswer(call, state: "reconnecting"))
    case .visitorBack(let call): return ("call-state", WireAnswer(call, state: "talking"))
    case .ended(let call, let reason, let seconds):
      return ("call-state", WireAnswer(.ended(call, reason, seconds: seconds)))
    }
  }
}
