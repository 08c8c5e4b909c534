import Wire

/// What calls of one business share, and what they can know of it: owned by whoever runs the calls, lent to each run while it acts.
package struct Office: Sendable {
  /// Global variables by name.
  package var globals: [String: String]
  /// `DB(family/key)`: kept by the owner (`Run.Output.stored`).
  package var store: KeyStore
  /// `GROUP(category)`: who is in which.
  package var groups: CallGroups
  package var facts: any OfficeFacts

  package init(
    globals: [String: String] = [:], store: KeyStore = KeyStore(), groups: CallGroups = CallGroups(), facts: any OfficeFacts
  ) {
    self.globals = globals
    self.store = store
    self.groups = groups
    self.facts = facts
  }
}

/// What is true outside, asked at the moment it is wanted.
package protocol OfficeFacts: TimeZones {
  /// Seconds since 1970.
  func epoch(at now: Instant) -> Int64
  func state(ofDevice device: String) -> DeviceState
  /// `nil` for a queue that does not exist.
  func queue(_ name: String) -> QueueFacts?
  func hasMailbox(_ box: String) -> Bool
}

/// `DEVICE_STATE`, `EXTENSION_STATE`: what a telephone does.
package enum DeviceState: String, Hashable, Sendable {
  case unknown = "UNKNOWN"
  case notInUse = "NOT_INUSE"
  case inUse = "INUSE"
  case busy = "BUSY"
  case invalid = "INVALID"
  case unavailable = "UNAVAILABLE"
  case ringing = "RINGING"
  case ringInUse = "RINGINUSE"
  case onHold = "ONHOLD"
}

/// What a dialplan may ask about a queue.
package struct QueueFacts: Hashable, Sendable {
  package struct Member: Hashable, Sendable {
    package var interface: String
    package var penalty = 0
    package var isPaused = false
    package var ringsInUse = true
    package var state = DeviceState.notInUse

    package init(_ interface: String) { self.interface = interface }
  }
  package var members: [Member] = []
  package var waiting = 0
  package var strategy = "ringall"
  package init() {}
}

extension Office {
  /// A plan takes force: its global variables, where calls have not changed them, or anew if the plan says so.
  package mutating func take(_ plan: Dialplan) {
    if plan.clearsGlobals { globals = [:] }
    for line in plan.globals where globals[line.name] == nil {
      globals[line.name] = Template(line.value).expanded(globals: globals)
    }
  }

  /// Where a run is while it does nothing.
  static let nowhere = Office(facts: Nowhere())

  private struct Nowhere: OfficeFacts {
    func epoch(at now: Instant) -> Int64 { 0 }
    func state(ofDevice device: String) -> DeviceState { .unknown }
    func queue(_ name: String) -> QueueFacts? { nil }
    func hasMailbox(_ box: String) -> Bool { false }
    func offset(ofZone name: String, at epoch: Int64) -> Int64? { nil }
  }
}
