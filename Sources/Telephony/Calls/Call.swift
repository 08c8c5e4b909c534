import SIPCore
import SIPSyntax
import Wire

/// One visitor's call, from the click to the end.
package struct Call: Sendable {
  /// How long one agent's phones ring before the next agent's do.
  package static let ringingTime = Duration.seconds(25)

  /// In a block of its own: a tenant's table of calls has room for more than there are.
  package indirect enum Phase: Sendable {
    /// Whoever leads it decides what comes next.
    case attended
    case ringing(Attempt)
    case talking(Party, since: Instant)
    /// The visitor hears the greeting and then itself.
    case echo(since: Instant)
  }

  /// How long a call rings on for the only agent there is whose desk was lost, so that it may come back.
  package static let deskReturnTime = Duration.seconds(10)

  /// How long a call waits for a browser whose connection was lost.
  package static let absenceTime = Duration.seconds(60)

  package let id: CallID
  package let tenant: TenantID
  /// Changes when the visitor comes back over another connection.
  package internal(set) var visitor: VisitorID
  package let plane: MediaPlaneID
  package let name: String?
  package let page: String?
  package let extensionDialled: String?
  package let startedAt: Instant
  /// The visitor's leg, once its offer came.
  package internal(set) var leg: LegID?
  package internal(set) var seat: BrowserSeat
  package internal(set) var phase: Phase
  /// What everybody may see of the call is drawn from here: tags, branches, Call-IDs. Secrets never are, so that a record of the call may
  /// hold the key.
  var chance: Randomness
  /// Agents who had their chance.
  var tried: Set<AgentName> = []
  /// The best reason so far why nobody answered.
  var disappointment = EndReason.noAnswer
  var hasRung = false
  /// What an attendant that leads the call must be told of; `nil` where the house's own rule finds the agents.
  var led: Led?
  var sound = SoundGuard()

  var callerName: String {
    guard let name, !name.isEmpty else { return "Website visitor" }
    return name
  }
}

/// The ringing of one agent, or of several together, on all their phones and in all their browsers.
package struct Attempt: Sendable {
  /// Those who still ring, in the order in which they were chosen.
  var agents: [AgentName]
  var forks: [PhoneFork]
  var desks: [DeskFork]
  let giveUpAt: Instant

  var isOver: Bool { forks.isEmpty && desks.isEmpty }

  /// Whether nothing of an agent's rings any more.
  func isOver(for agent: AgentName) -> Bool {
    !forks.contains { $0.agent == agent } && !desks.contains { $0.agent == agent }
  }

  func desk(_ session: AgentSessionID) -> DeskFork? { desks.first { $0.session == session } }
}

/// One browser in which a call rings.
struct DeskFork: Hashable, Sendable {
  let agent: AgentName
  let session: AgentSessionID
}

/// One INVITE to one phone.
struct PhoneFork: Sendable {
  enum State: Sendable {
    /// Waiting for a port.
    case opening
    case inviting(TransactionKey)
  }
  let agent: AgentName
  let leg: LegID
  let binding: Binding
  var state = State.opening
  var invite: SIPRequest?
}

/// Who answered.
package enum Party: Sendable {
  case phone(PhoneParty)
  case browser(BrowserParty)

  var agent: AgentName {
    switch self {
    case .phone(let phone): phone.agent
    case .browser(let desk): desk.agent
    }
  }
  var leg: LegID {
    switch self {
    case .phone(let phone): phone.leg
    case .browser(let desk): desk.leg
    }
  }
}

/// A phone that answered: its dialog, and what we said last.
package struct PhoneParty: Sendable {
  let agent: AgentName
  let leg: LegID
  let binding: Binding
  /// The one that the phone used last.
  var flow: Flow
  let invite: SIPRequest
  let key: TransactionKey
  let port: UInt16
  var dialog: Dialog
  var acknowledgement: [UInt8]
  /// Where its last description wants its sound.
  var remote: SocketAddress
  var sessionVersion: UInt64 = 1
  var isHolding = false
  var renegotiation: Renegotiation?
  var refresh = Refresh.unused

  /// A re-INVITE of the phone's that we answered and whose ACK has not come.
  struct Renegotiation: Sendable {
    let key: TransactionKey
    let number: UInt32
    /// Whether the INVITE came without an offer, so that the ACK brings the answer to ours (RFC 3261 §13.2.1).
    let isOurOffer: Bool
  }

  /// Our one re-INVITE of a call: a phone whose sound does not flow is asked for it anew.
  enum Refresh: Sendable {
    /// Times that it may cross an INVITE of the phone's and go out again.
    static let maximumCrossings = 3

    case unused
    /// Two INVITEs crossed; ours goes out again when its time has come (RFC 3261 §14.1).
    case waiting(crossings: Int)
    case asking(TransactionKey, SIPRequest, crossings: Int)
    /// The 2xx may be repeated, and so is its ACK.
    case answered(TransactionKey, acknowledgement: [UInt8])
    case failed

    var key: TransactionKey? {
      switch self {
      case .asking(let key, _, _), .answered(let key, _): key
      case .unused, .waiting, .failed: nil
      }
    }
    var isAsking: Bool { if case .asking = self { true } else { false } }
    var isOver: Bool {
      switch self {
      case .answered, .failed: true
      case .unused, .waiting, .asking: false
      }
    }
  }
}
