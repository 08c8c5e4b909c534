import Calls
import Foundation

/// What clients write, read by Foundation's JSON at this edge only. Names follow the wire contract.
package struct WireEvent: Decodable {
  package let name: String
  package let body: WireBody

  package init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    name = try list.decode(String.self)
    body = list.isAtEnd ? WireBody() : try list.decode(WireBody.self)
  }

  package static func read(_ payload: String) -> WireEvent? {
    try? JSONDecoder().decode(WireEvent.self, from: Data(payload.utf8))
  }
}

/// Every field that any event has; an event takes what it needs.
package struct WireBody: Decodable {
  package var uuid: String?
  package var sdp: String?
  package var callId: String?
  package var `extension`: String?
  package var name: String?
  package var page: String?
  package var digits: String?
  package var agentId: String?
  package var token: String?
  package var status: String?
  package var reason: String?
  package var resumeToken: String?
}

/// Something that is said to a client: an object of the wire contract.
package protocol WireMessage: Encodable, Sendable {}

extension WireMessage {
  package var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }
}

package struct WireAnswer: WireMessage {
  package var success: Bool?
  package var reason: String?
  package var message: String?
  package var fallback: String?
  package var callId: String?
  package var sdp: String?
  package var state: String?
  package var agent: String?
  package var duration: Int?
  package var from: String?
  package var page: String?
  package var resumeToken: String?
  /// One-way audio: `not-heard` or `hears-nothing`, and what the page can do about it by itself: `restart-ice`.
  package var trouble: String?
  package var advice: String?

  package init(success: Bool? = nil) { self.success = success }

  package init(_ refusal: Refusal) {
    success = false
    reason = refusal.reason.rawValue
    message = refusal.message
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
    case .troubled(let call, let agent, let trouble):
      self.init(call, trouble)
      self.agent = agent
    case .held(let call): self.init(call, state: "held")
    case .takenOver(let call): self.init(takenOver: call)
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

  /// For this page the call is over, and it lets go of microphone and sound.
  private init(takenOver call: CallID) {
    self.init(call, state: "ended")
    reason = "taken-over"
    message = "This call goes on in another window."
  }

  private init(_ call: CallID, _ trouble: SoundTrouble) {
    self.init(call, state: "talking")
    self.trouble = trouble.kind.rawValue
    message = trouble.message
    advice = trouble.advice
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
    case .troubled(let call, let trouble): return ("call-state", WireAnswer(call, trouble))
    case .visitorBack(let call), .soundIsWell(let call): return ("call-state", WireAnswer(call, state: "talking"))
    case .takenOver(let call): return ("call-state", WireAnswer(takenOver: call))
    case .ended(let call, let reason, let seconds):
      return ("call-state", WireAnswer(.ended(call, reason, seconds: seconds)))
    }
  }
}
