import Wire

/// A call that is imagined: who calls where and when, what it types, and how those whom it reaches react.
package struct Scenario: Sendable {
  package var context: String
  package var exten: String
  package var caller = Channel.Party()
  /// When it begins, in seconds since 1970.
  package var epoch: Int64 = 0
  /// The k-th is typed while the k-th step is executed that listens for digits; an empty one types nothing.
  package var inputs: [String] = []
  /// The caller hangs up 0.4 s into the first step of this application.
  package var hangsUpOn: String?
  /// How `Dial`, `Queue`, `VoiceMail` and `Record` end, by lower-case name: the k-th for the k-th of its steps, the last for all others.
  package var results: [String: [String]] = [:]
  /// How long the prompts are, by name; `nil` where every prompt exists and lasts a second.
  package var sounds: [String: Duration]?
  package var queues: Swift.Set<String> = []
  package var mailboxes: Swift.Set<String>?
  package var zones: any TimeZones = OnlyUTC()

  package init(context: String, exten: String) {
    self.context = context
    self.exten = exten
  }

  /// Applications during which a caller's input is typed.
  package static let listening: Swift.Set<String> = [
    "background", "waitexten", "read", "authenticate", "controlplayback", "record", "voicemail", "voicemailmain", "queue",
    "echo",
  ]
  /// From the beginning of such a step to its first digit, and from one digit to the next.
  package static let firstDigit = Duration.milliseconds(300)
  package static let nextDigit = Duration.milliseconds(250)
  package static let hangUpDelay = Duration.milliseconds(400)
}

/// What a walk saw.
package struct Walked: Hashable, Sendable {
  package struct Step: Hashable, Sendable {
    package var position: Position
    package var application: String
    package var arguments: String
    /// Since the call began.
    package var at: Duration
  }
  package enum Line: Hashable, Sendable {
    case step(Step)
    case log(Run.LogLevel, String)
  }
  package var lines: [Line] = []
  /// Q.850.
  package var cause = 0
  /// Why it was not walked to its end.
  package var stopped: String?

  package var steps: [Step] { lines.compactMap { if case .step(let step) = $0 { step } else { nil } } }
}
