import Wire

@testable import Dialplan

/// A call that texts are expanded for: nothing is true around it but what a test sets.
struct Caller {
  var run: Run

  struct Facts: OfficeFacts {
    var epoch: Int64 = 1_764_000_000
    var devices: [String: DeviceState] = [:]
    var queues: [String: QueueFacts] = [:]
    var boxes: Set<String> = []
    var offsets: [String: Int64] = ["": 0, "UTC": 0, "Test/Plus2": 7200]

    func epoch(at now: Instant) -> Int64 { epoch + now.nanoseconds / 1_000_000_000 }
    func offset(ofZone name: String, at epoch: Int64) -> Int64? { offsets[name] }
    func state(ofDevice device: String) -> DeviceState { devices[device] ?? .unknown }
    func queue(_ name: String) -> QueueFacts? { queues[name] }
    func hasMailbox(_ box: String) -> Bool { boxes.contains(box) }
  }

  init(
    exten: String = "100", _ variables: [String: String] = [:], globals: [String: String] = [:], plan: Dialplan = Dialplan(),
    facts: Facts = Facts()
  ) {
    var own = Variables()
    for (name, value) in variables { _ = own.set(name, value) }
    let channel = Channel(
      name: "WebRTC/1", uniqueID: "1.1", caller: Channel.Party(name: "Ada", number: "5551234"),
      position: Position("c", exten, 1), variables: own)
    run = Run(plan: plan, channel: channel, office: Office(globals: globals, facts: facts))
  }

  /// What a text becomes; nothing that it could name is outside.
  mutating func expand(_ text: String) -> String {
    do throws(Pending) { return try Template(text).expanded(in: &run) } catch { return "pending \(error.fetch.url)" }
  }

  /// The sentences of the log since they were last asked for.
  mutating func sentences() -> [String] {
    defer { run.outputs = [] }
    return run.outputs.compactMap { if case .log(_, let sentence) = $0 { sentence } else { nil } }
  }
}
