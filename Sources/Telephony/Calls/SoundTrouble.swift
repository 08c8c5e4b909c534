/// What is wrong with the sound that should come from one side.
package enum SoundFault: Hashable, Codable, Sendable {
  case nothingArrives
  /// Packets that carry not even the noise of a room.
  case digitalSilence
}

/// One-way audio, as one of the two people is told of it.
package struct SoundTrouble: Hashable, Codable, Sendable {
  /// Seen from whoever is told.
  package enum Kind: String, Hashable, Codable, Sendable {
    case notHeard = "not-heard"
    case hearsNothing = "hears-nothing"
  }
  package var kind: Kind
  package var fault: SoundFault

  package init(_ kind: Kind, _ fault: SoundFault) {
    self.kind = kind
    self.fault = fault
  }

  package var message: String {
    switch (kind, fault) {
    case (.notHeard, .nothingArrives): "The other side does not hear you. We are looking for another way for your voice."
    case (.notHeard, .digitalSilence): "The other side does not hear you: your microphone is silent. Is it switched off?"
    case (.hearsNothing, .nothingArrives): "You hear nothing: no sound comes from the other side. Please wait, or call again."
    case (.hearsNothing, .digitalSilence): "You hear nothing: the other side's microphone is silent. Please wait."
    }
  }

  /// What the page of whoever is told can do by itself: `restart-ice` looks for a new path (RFC 8445 §9).
  package var advice: String? { kind == .notHeard && fault == .nothingArrives ? "restart-ice" : nil }
}

/// What is known of a conversation's sound, from either side.
struct SoundGuard: Sendable {
  /// Reports in a row of a silent microphone before it is told: a noise gate may close for a breath.
  static let silencesToTell = 2

  struct Side: Sendable {
    private(set) var fault: SoundFault?
    private var silences = 0

    mutating func nothingArrives() { fault = .nothingArrives }

    mutating func arrivesAgain() { if fault == .nothingArrives { fault = nil } }

    mutating func heard(_ level: SoundReport.Level) {
      switch level {
      case .unknown: break
      case .digitalSilence:
        silences += 1
        fault = silences >= SoundGuard.silencesToTell ? .digitalSilence : nil
      case .decibels: self = Side()
      }
    }
  }

  var visitor = Side()
  var agent = Side()

  subscript(side: Calls.Side) -> Side {
    get { side == .visitor ? visitor : agent }
    set { if side == .visitor { visitor = newValue } else { agent = newValue } }
  }

  /// What each was told last, and has not been taken back.
  var visitorWasTold: SoundTrouble?
  var agentWasTold: SoundTrouble?

  /// One's own trouble goes first: it is the one that one can do something about.
  var visitorTrouble: SoundTrouble? {
    visitor.fault.map { SoundTrouble(.notHeard, $0) } ?? agent.fault.map { SoundTrouble(.hearsNothing, $0) }
  }

  /// That the visitor's sound does not arrive is told by `AgentEvent.visitorLost`.
  var agentTrouble: SoundTrouble? {
    if let fault = agent.fault { return SoundTrouble(.notHeard, fault) }
    return visitor.fault == .digitalSilence ? SoundTrouble(.hearsNothing, .digitalSilence) : nil
  }
}
