import Cryptography
import SDP
import SIPCore
import SIPSyntax
import Wire

/// What reached a call's machines from outside, besides SIP messages and what media planes report: with these and the state that it
/// began in a call can be run again.
package enum FlightInput: Hashable, Codable, Sendable {
  case request(FlightStart)
  /// The visitor's first offer, or a new one.
  case offer(FlightOffer)
  /// So many keys; which ones may be a secret.
  case pressed(Int)
  case hangUp
  case gone(isDeliberate: Bool)
  /// By whoever knew the token.
  case resume(VisitorID, FlightOffer?)
  case accept(AgentSessionID, FlightOffer)
  case reject(AgentSessionID)
  case agentHangUp(AgentSessionID)
  case deskOffer(AgentSessionID, FlightOffer)
  /// By whoever knew the token, in a browser of this agent's.
  case deskResume(AgentSessionID, AgentName, FlightOffer?)
  /// A browser of the agent's came while the call rang elsewhere.
  case sessionJoined(AgentSessionID, AgentName)
  case sessionGone(AgentSessionID, isDeliberate: Bool)
  case connectionClosed(ConnectionID)
  /// The phone that talks has registered from elsewhere.
  case moved(Flow)
  case agentRemoved(AgentName)
  case shutDown
  /// A time that the call waited for has come.
  case timer
  case played(LegID)
}

extension FlightInput {
  /// Whether a person wants to know of it; of all others something is told that follows from them.
  var isTold: Bool {
    switch self {
    case .sessionJoined, .sessionGone, .moved, .agentRemoved, .timer: true
    default: false
    }
  }
}

/// What a call's request found, besides the agents.
package struct FlightStart: Hashable, Codable, Sendable {
  package var visitor: VisitorID
  /// Whether the visitor has another call.
  package var isVisitorBusy: Bool
  /// Calls that the tenant might still have.
  package var room: Int
  package var fallback: Fallback
  package var callsByPlane: [Int]
  package var exhaustedPlanes: [Int]
  /// `nil` if there was none, or none that could be understood.
  package var offer: FlightOffer?
  /// All tags, branches and Call-IDs of the call follow from it, and no secret.
  package var chance: ChanceKey
}

/// What matters of a browser's offer. Its credentials stay out, and its certificate is told by a hash of its fingerprint.
package struct FlightOffer: Hashable, Codable, Sendable {
  package var opus: UInt8
  package var event: UInt8?
  package var eventClock: UInt32?
  package var isPassive: Bool
  package var direction: String
  package var certificates: [String]

  init(_ offer: BrowserOffer) {
    opus = offer.opus.number
    event = offer.telephoneEvent?.number
    eventClock = offer.telephoneEvent?.clockRate
    isPassive = offer.role == .client
    direction = offer.direction.rawValue
    certificates = offer.fingerprints.map { Hex.encode(SHA256.hash($0.octets)) }
  }

  var withoutCertificates: FlightOffer {
    var offer = self
    offer.certificates = []
    return offer
  }

  /// An offer that means the same to a call, by a browser that is none.
  var text: String {
    var lines = [
      "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0",
      "m=audio 9 UDP/TLS/RTP/SAVPF \(opus)" + (event.map { " \($0)" } ?? ""), "a=ice-ufrag:replay",
      "a=ice-pwd:replayreplayreplayreplay", "a=setup:\(isPassive ? "passive" : "actpass")", "a=\(direction)",
      "a=rtpmap:\(opus) opus/48000/2",
    ]
    if let event, let eventClock { lines.append("a=rtpmap:\(event) telephone-event/\(eventClock)") }
    lines += certificates.compactMap { Hex.decode($0) }.map {
      "a=fingerprint:\(Fingerprint(algorithm: .sha256, octets: $0))"
    }
    return lines.joined(separator: "\r\n") + "\r\n"
  }
}

/// Whom a call might ring: everybody, or since the last time those with whom something is different.
package struct FlightView: Hashable, Codable, Sendable {
  /// Agents that one view holds: those who are named to whoever asks why, and the next to ring of all others.
  package static let maximumAgents = 64

  package var agents: [FlightAgent]
  package var gone: [AgentName]

  package init(agents: [FlightAgent] = [], gone: [AgentName] = []) {
    self.agents = agents
    self.gone = gone
  }

  /// What is different from what was seen before.
  func changes(since known: [AgentName: FlightAgent]) -> FlightView {
    let names = Set(agents.map(\.name))
    return FlightView(
      agents: agents.filter { known[$0.name] != $0 }, gone: known.keys.filter { !names.contains($0) }.sorted())
  }
}

/// An agent as a call found it.
package struct FlightAgent: Hashable, Codable, Sendable {
  package enum Business: String, Hashable, Codable, Sendable {
    case free
    case thisCall = "this-call"
    case otherCall = "other-call"
  }
  /// What an INVITE needs of a phone.
  package struct Phone: Hashable, Sendable {
    package var contact: NameAddress
    package var flow: Flow
    package var path: [String]

    /// The contact as it is written down: without a password, if it has one.
    package var shownContact: String {
      String(decoding: FlightMessage.withoutPasswords(Array(contact.description.utf8)), as: UTF8.self)
    }

    package static func == (left: Phone, right: Phone) -> Bool {
      left.flow == right.flow && left.path == right.path
        && (left.contact == right.contact || left.shownContact == right.shownContact)
    }
    package func hash(into hasher: inout Hasher) { hasher.combine(flow) }
  }
  package var name: AgentName
  package var order: Int
  package var teams: [String]
  package var phones: [Phone]
  package var sessions: [AgentSessionID]
  package var isPaused: Bool
  package var business: Business
  package var idleSince: Instant?
  package var phoneLoss: PhoneLoss?
  package var lastRegistered: Instant?

  init(_ agent: Agent, for call: CallID) {
    name = agent.name
    order = agent.order
    teams = agent.teams
    phones = agent.phones.all.map { Phone(contact: $0.contact, flow: $0.flow, path: $0.path) }
    sessions = agent.sessions
    isPaused = agent.status != .available
    business = agent.call.map { $0 == call ? .thisCall : .otherCall } ?? .free
    idleSince = agent.idleSince
    phoneLoss = agent.phoneLoss
    lastRegistered = agent.lastRegistered
  }
}

/// What is known of a call once it is over.
package struct FlightOutcome: Hashable, Codable, Sendable {
  package var agent: AgentName?
  package var answeredAt: Instant?
  package var endedAt: Instant?
  package var end: EndReason?
  package var visitorLeg: LegReport?
  package var agentLeg: LegReport?

  init(_ record: CallRecord) {
    agent = record.agent
    (answeredAt, endedAt, end) = (record.answeredAt, record.endedAt, record.end)
    (visitorLeg, agentLeg) = (record.visitorLeg, record.agentLeg)
  }
}
