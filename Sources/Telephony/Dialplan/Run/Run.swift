import Wire

/// A dialplan executed for one call: told what the caller and the house do and when, answering with what is to be done.
///
/// It lives between `start` and `Output.ended`. It has no clock, no socket and no file: what is true outside it asks of the `Office`
/// that is lent to it, and what it wants done it puts out.
package struct Run: Sendable {
  /// Steps without a moment passing in between: past it the dialplan loops.
  package static var maximumStepsAtOnce: Int { 10_000 }
  /// Steps of a whole call.
  package static var maximumSteps: Int { 1_000_000 }
  package static var maximumDepth: Int { 128 }
  /// Digits that one caller can make us remember.
  package static var maximumDigits: Int { 128 }

  package let plan: Dialplan
  package internal(set) var channel: Channel
  var office: Office
  var now: Instant
  var outputs: [Output] = []
  var lastActivity: UInt64 = 0
  /// How many functions call one another at this moment (`EVAL`).
  var callsInCalls = 0
  /// What `RAND` draws from: the same for the same call, so that a call can be run again.
  var chance: Randomness
  private var state = State.fresh

  private enum State: Sendable {
    case fresh
    /// An application waits.
    case executing(any Application)
    /// Digits are collected, to be looked up once no more can belong to them.
    case collecting(digits: String, until: Instant)
    /// A step waits for what its arguments ask for.
    case asking(Fetch)
    case over
  }

  package init(plan: Dialplan, channel: Channel, office: Office) {
    self.plan = plan
    self.channel = channel
    self.office = office
    now = Instant()
    chance = .seeded(SipHash.hash(channel.uniqueID.utf8, ChanceKey(0, 0)))
  }
}
