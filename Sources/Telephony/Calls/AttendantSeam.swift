import RTP
import Wire

// All that the exchange and an attendant say to each other: the attendant decides what a call does next (a dialplan, as a rule), the
// exchange has the call, its legs and the agents. Neither knows how the other does it.

/// Names one ringing that an attendant asked for.
package struct RingID: Hashable, Codable, Sendable {
  package let number: UInt64
  package init(_ number: UInt64) { self.number = number }
}

/// Whom an attendant wants to ring.
package enum RingTarget: Hashable, Codable, Sendable {
  case agent(AgentName)
  /// Everybody of a team who is available.
  case team(String)
  /// The one who waited longest of those who are available and were not rung for this call yet; of a team, or of everybody.
  case next(team: String?)
  /// Nobody of this house; it is told so like all others.
  case nobody
}

/// How a target was not reached.
package enum RingEnd: String, Hashable, Codable, Sendable, Comparable {
  case busy
  case congestion
  case unavailable
  case noAnswer = "no-answer"

  /// What is told of several who were rung together.
  package static func < (left: RingEnd, right: RingEnd) -> Bool { left.rank < right.rank }
  private var rank: Int {
    switch self {
    case .busy: 0
    case .congestion: 1
    case .unavailable: 2
    case .noAnswer: 3
    }
  }
}

/// Why, with the cause of ITU-T Q.850 that says it.
package struct RingFailure: Hashable, Codable, Sendable {
  package var end: RingEnd
  package var cause: Int

  package init(_ end: RingEnd, cause: Int) {
    self.end = end
    self.cause = cause
  }

  static let absent = RingFailure(.unavailable, cause: 3)
  static let silent = RingFailure(.noAnswer, cause: 19)
  static let busy = RingFailure(.busy, cause: 17)
}

/// What an attendant is told of a call that it leads.
package enum AttendantNews: Hashable, Sendable {
  /// A visitor called.
  case arrived(Arrival)
  case pressed(DTMFDigit)
  case rang(RingID, target: Int)
  case answered(RingID, target: Int, AgentName)
  /// A target is out, before it answered.
  case failed(RingID, target: Int, RingFailure)
  /// Whoever had answered hung up, or is gone.
  case parted(RingID, target: Int)
  /// The call is over, whatever the attendant wanted with it.
  case over(EndReason)

  package struct Arrival: Hashable, Sendable {
    package var name: String?
    package var page: String?
    package var extensionDialled: String?

    package init(name: String? = nil, page: String? = nil, extensionDialled: String? = nil) {
      self.name = name
      self.page = page
      self.extensionDialled = extensionDialled
    }
  }
}

/// What an attendant wants for a call.
package enum AttendantWish: Hashable, Codable, Sendable {
  /// The visitor hears that it rings.
  case indicateRinging
  /// Lets targets ring together; each is told of by its place in the list.
  case ring(RingID, [RingTarget], within: Duration)
  /// Whoever still rings stops; whoever talks is hung up.
  case stopRinging(RingID)
  /// The visitor hears itself, or no more.
  case echo(Bool)
  case hangUp(EndReason)
}

/// A step of the attendant's, for the flight recorder: where in the business's plan, and what.
package struct AttendantStep: Hashable, Codable, Sendable {
  package var place: String
  package var application: String
  /// As written: what stands for a variable may be somebody's secret.
  package var arguments: String

  package init(place: String, application: String, arguments: String) {
    self.place = place
    self.application = application
    self.arguments = arguments
  }
}
