import RTP

/// What is wrong with the sound that should come from one side.
package enum SoundFault: Hashable, Codable, Sendable {
  case nothingArrives
  /// Packets that carry not even the noise of a room.
  case digitalSilence
  /// Packets of a type that was not agreed and that means nothing here.
  case foreignCodec(PayloadType)
  /// It arrives here, and by the other side's reports not there.
  case undelivered
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
    case (.notHeard, .foreignCodec):
      "The other side does not hear you: your telephone speaks in a way that was not agreed. We are asking it again."
    case (.notHeard, .undelivered):
      "The other side does not hear you: your voice does not reach their telephone. Please wait, or call again."
    case (.notHeard, .nothingArrives): "The other side does not hear you. We are looking for another way for your voice."
    case (.notHeard, .digitalSilence): "The other side does not hear you: your microphone is silent. Is it switched off?"
    case (.hearsNothing, .nothingArrives): "You hear nothing: no sound comes from the other side. Please wait, or call again."
    case (.hearsNothing, .foreignCodec):
      "You hear nothing: the other side's telephone speaks in a way that was not agreed. Please wait, or call again."
    case (.hearsNothing, .undelivered):
      "You hear nothing: the sound does not reach your telephone. Please look after its network, or call again."
    case (.hearsNothing, .digitalSilence): "You hear nothing: the other side's microphone is silent. Please wait."
    }
  }

  /// What the page of whoever is told can do by itself: `restart-ice` looks for a new path (RFC 8445 §9); `wait` says that nothing here is
  /// amiss, and that we are looking for a way.
  package var advice: String? {
    guard kind == .notHeard else { return nil }
    switch fault {
    case .nothingArrives: return "restart-ice"
    case .undelivered, .foreignCodec: return "wait"
    case .digitalSilence: return nil
    }
  }
}

/// What is known of a conversation's sound, from either side.
struct SoundGuard: Sendable {
  /// Reports in a row of a silent microphone before it is told, which is ten seconds: the noise gate of a headset gives nothing at all
  /// while its owner listens to a greeting.
  static let silencesToTell = 5

  struct Side: Sendable {
    private(set) var fault: SoundFault?
    private var silences = 0

    mutating func nothingArrives() { fault = .nothingArrives }

    mutating func foreign(_ type: PayloadType) { fault = .foreignCodec(type) }

    mutating func arrivesAgain() {
      switch fault {
      case .nothingArrives, .foreignCodec: fault = nil
      case .digitalSilence, .undelivered, nil: break
      }
    }

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
  /// Whether by its own reports nothing of ours arrives at the agent's phone.
  var isUndelivered = false

  subscript(side: Calls.Side) -> Side {
    get { side == .visitor ? visitor : agent }
    set { if side == .visitor { visitor = newValue } else { agent = newValue } }
  }

  /// What each was told last, and has not been taken back.
  var visitorWasTold: SoundTrouble?
  var agentWasTold: SoundTrouble?

  /// One's own trouble goes first: it is the one that one can do something about.
  var visitorTrouble: SoundTrouble? {
    let own = visitor.fault ?? (isUndelivered ? .undelivered : nil)
    return own.map { SoundTrouble(.notHeard, $0) } ?? agent.fault.map { SoundTrouble(.hearsNothing, $0) }
  }

  /// That the visitor's sound does not arrive is told by `AgentEvent.visitorLost`.
  var agentTrouble: SoundTrouble? {
    if let fault = agent.fault { return SoundTrouble(.notHeard, fault) }
    if isUndelivered { return SoundTrouble(.hearsNothing, .undelivered) }
    return visitor.fault == .digitalSilence ? SoundTrouble(.hearsNothing, .digitalSilence) : nil
  }
}
