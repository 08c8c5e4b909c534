import Calldocker
import Calls
import Foundation

extension FuzzTarget {
  /// An event's JSON as clients send it; whatever it said, our answer is JSON again, whole and true.
  static let events: Body = { octets throws(BrokenPromise) in
    let payload = String(decoding: octets, as: UTF8.self)
    guard let event = WireEvent.read(payload) else { return }
    try promise(event.name.utf8.count <= payload.utf8.count, "a name is part of what was said")
    var answer = WireAnswer(Refusal(.badRequest, event.name))
    answer.from = event.body.name
    answer.page = event.body.page
    answer.sdp = event.body.sdp
    let json = try? JSONSerialization.jsonObject(with: Data(answer.json.utf8))
    let members = json as? [String: Any]
    try promise(members?["message"] as? String == event.name, "an answer holds what it was given: \(answer.json)")
    try promise(members?["sdp"] as? String == event.body.sdp, "an answer holds what it was given: \(answer.json)")
    try promise(members?["success"] as? Bool == false, "a refusal says so")
    guard case .paused(let reason)? = AgentStatus(event.body.status ?? "", reason: event.body.reason),
      let name = AgentName("alice")
    else { return }
    try promise(reason?.unicodeScalars.count ?? 0 <= AgentStatus.maximumReason, "a reason is short")
    let presence = AgentPresence(agent: name, displayName: event.name, state: .paused, reason: reason)
    let state = try? JSONSerialization.jsonObject(with: Data(AgentStateMessage(presence).json.utf8)) as? [String: Any]
    try promise(state?["reason"] as? String == reason, "colleagues hear the reason as it was said")
    try promise(state?["displayName"] as? String == event.name, "a name is told as it is")
  }
}
