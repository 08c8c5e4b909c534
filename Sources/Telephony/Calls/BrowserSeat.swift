import Cryptography
import Wire

/// The two people of a call.
package enum Side: Hashable, Sendable {
  case visitor
  case agent
}

/// One person's browser in a call, whoever it is: whether it is there, who may come back to it, and how its sound fares.
package struct BrowserSeat: Sendable {
  /// Whether the browser's connection to us stands. Its sound may go on without it, and the other way round.
  package enum Presence: Hashable, Sendable {
    case present
    case absent(until: Instant)
  }

  package internal(set) var presence = Presence.present
  /// Whoever knows this may come back into the call; good for one time.
  package internal(set) var resumeToken: String
  /// Which browser the leg shook hands with: one that comes back with others is a page that was loaded anew.
  var fingerprints: [Fingerprint] = []
  /// How many of its offers were answered.
  var answers: UInt64 = 0
  /// Whether the leg fell silent while it should be heard.
  var isUnheard = false
  /// Whether no check came for so long that only a new offer brings the sound back.
  var hasLostConsent = false

  init(resumeToken: String) { self.resumeToken = resumeToken }

  var isAbsent: Bool { presence != .present }
}

/// An agent's browser that answered.
package struct BrowserParty: Sendable {
  let agent: AgentName
  /// Changes when the agent comes back over another connection.
  var session: AgentSessionID
  var leg: LegID
  var seat: BrowserSeat
}

extension Call {
  /// The agent's browser, where one answered.
  var desk: BrowserParty? {
    get { if case .talking(.browser(let desk), _) = phase { desk } else { nil } }
    set {
      guard let newValue, case .talking(.browser, let since) = phase else { return }
      phase = .talking(.browser(newValue), since: since)
    }
  }

  /// Whose browser's leg it is; `nil` for a phone's, and for one that only rings.
  func side(of leg: LegID) -> Side? {
    if leg == self.leg { return .visitor }
    return leg == desk?.leg ? .agent : nil
  }

  func leg(of side: Side) -> LegID? { side == .visitor ? leg : desk?.leg }

  /// `nil` for an agent who talks by phone.
  subscript(side: Side) -> BrowserSeat? {
    get { side == .visitor ? seat : desk?.seat }
    set {
      guard let newValue else { return }
      if side == .visitor { seat = newValue } else { desk?.seat = newValue }
    }
  }

  mutating func set(_ leg: LegID, of side: Side) { if side == .visitor { self.leg = leg } else { desk?.leg = leg } }

  var isAnybodyAbsent: Bool { seat.isAbsent || desk?.seat.isAbsent == true }
}
