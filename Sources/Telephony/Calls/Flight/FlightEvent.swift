import RTP
import SIPCore
import SIPSyntax
import Wire

/// What a call's flight recorder is told by the exchange, in the order in which it happens.
package enum FlightNote: Hashable, Sendable {
  case happened(TenantID, CallID, FlightEvent)
  /// A message came in; whether it is of a call of ours and of which, the recorder knows by its Call-ID or its branch.
  case heard(SIPMessage, Flow)
  /// Whose leg it is about, the recorder knows.
  case reported(MediaEvent)
  /// The time of a transaction of that Call-ID has come.
  case rang(callID: String)
  case connectionClosed(ConnectionID)
  /// A call was not admitted that has no record; of a business, or of none that we know.
  case turnedAway(TenantID?, RefusedCall)
  /// The business is gone, and what is known of its calls goes with it.
  case forgotten(TenantID)
}

/// One thing that happened to a call. Secrets never come this far: no password, token, digit or key is part of any case.
///
/// Each stands in a block of its own size, as one kind is twenty times as long as another and every call keeps dozens.
package indirect enum FlightEvent: Hashable, Codable, Sendable {
  case input(FlightInput)
  /// Whom the call may ring, before it chooses.
  case view(FlightView)
  case asked(name: String?, page: String?, extensionDialled: String?, hasOffer: Bool)
  /// - words: what the visitor was told, where that says more than the reason.
  case refused(Refusal.Reason, words: String?)
  case chose(AgentChoice)
  /// Whom an attendant wanted to ring, and nobody was rung.
  case missed(RingTarget, RingFailure)
  case rings(AgentName, phones: Int, browsers: Int)
  /// The call has a new leg.
  case leg(LegID, FlightParty)
  /// A phone is sent its INVITE, in a SIP dialog of this Call-ID.
  case invites(LegID, callID: String)
  /// A phone's connection was gone before its INVITE.
  case unsendable(LegID)
  case unanswered(LegID, isConnectionGone: Bool)
  case declinedInBrowser(AgentName)
  case answered(AgentName, LegID)
  case visitorLost
  case visitorBack(hasOffer: Bool)
  /// The agent's browser, in the call or while it rang.
  case agentLost(AgentName, waits: Duration)
  case agentBack(AgentName, hasOffer: Bool)
  case message(FlightMessage)
  /// A message again; the number is that of its first time.
  case again(Int)
  case media(FlightMedia)
  case command(FlightCommand)
  case toldVisitor(VisitorEvent)
  case toldAgent(AgentEvent)
  case ended(EndReason, seconds: Int)
  /// All is known of the call.
  case recorded(FlightOutcome)
}

/// Who is at the other end of a leg.
package enum FlightParty: Hashable, Codable, Sendable {
  case visitor
  case phone(AgentName, Flow)
  case browser(AgentName)
}

/// What a media plane reported of a leg. Keys that were pressed are not among it: they may be a secret.
package enum FlightMedia: Hashable, Codable, Sendable {
  case opened(LegID, port: UInt16)
  case connected(LegID)
  case failed(LegID, MediaFailure)
  case consentLost(LegID)
  case fellSilent(LegID)
  case heardAgain(LegID)
  case heard(LegID, SoundReport)
  case gone(LegID)
  case speaks(LegID, AudioCodec)
  case unreached(LegID, isCertain: Bool)
  case reachedAgain(LegID)
  case closed(LegID, LegReport)

  init?(_ event: MediaEvent) {
    switch event {
    case .opened(let leg, let port): self = .opened(leg, port: port)
    case .connected(let leg): self = .connected(leg)
    case .failed(let leg, let failure): self = .failed(leg, failure)
    case .consentLost(let leg): self = .consentLost(leg)
    case .fellSilent(let leg): self = .fellSilent(leg)
    case .heardAgain(let leg): self = .heardAgain(leg)
    case .heard(let leg, let report): self = .heard(leg, report)
    case .gone(let leg): self = .gone(leg)
    case .speaks(let leg, let codec): self = .speaks(leg, codec)
    case .unreached(let leg, let isCertain): self = .unreached(leg, isCertain: isCertain)
    case .reachedAgain(let leg): self = .reachedAgain(leg)
    case .closed(let leg, let report): self = .closed(leg, report)
    case .digit, .played, .strained, .relaxed: return nil
    }
  }

  package var leg: LegID {
    switch self {
    case .opened(let leg, _), .connected(let leg), .failed(let leg, _), .consentLost(let leg), .fellSilent(let leg),
      .heardAgain(let leg), .heard(let leg, _), .gone(let leg), .speaks(let leg, _), .unreached(let leg, _),
      .reachedAgain(let leg), .closed(let leg, _):
      leg
    }
  }
}

/// A wish to a media plane without its credentials, fingerprints and digits.
package enum FlightCommand: Hashable, Codable, Sendable {
  case open(LegID)
  case connect(LegID, to: SocketAddress, NegotiatedAudio)
  case bridge(LegID, LegID)
  case echo(LegID)
  case play(LegID, Sound)
  case quiet(LegID)
  case sendDigits(LegID, count: Int)
  case restart(LegID)
  case close(LegID)

  init(_ command: MediaCommand) {
    switch command {
    case .openBrowser(let leg, _), .openPhone(let leg): self = .open(leg)
    case .connectPhone(let leg, let phone): self = .connect(leg, to: phone.remote, phone.audio)
    case .bridge(let leg, let other): self = .bridge(leg, other)
    case .echo(let leg): self = .echo(leg)
    case .play(let leg, let sound): self = .play(leg, sound)
    case .quiet(let leg): self = .quiet(leg)
    case .sendDigits(let leg, let digits): self = .sendDigits(leg, count: digits.count)
    case .restart(let leg, _, _): self = .restart(leg)
    case .close(let leg): self = .close(leg)
    }
  }

  package var leg: LegID {
    switch self {
    case .open(let leg), .connect(let leg, _, _), .bridge(let leg, _), .echo(let leg), .play(let leg, _), .quiet(let leg),
      .sendDigits(let leg, _), .restart(let leg), .close(let leg):
      leg
    }
  }
}
