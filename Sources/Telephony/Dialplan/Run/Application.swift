import Wire

/// One application while it is executed for one call: begun once, then told what happens until it says how the call goes on.
package protocol Application: Sendable {
  /// What the dialplan calls it, as Asterisk writes it.
  static var name: String { get }

  /// What it takes, for the checker of plans.
  static var form: ApplicationForm { get }

  init()

  /// Executed with its arguments, which are substituted already.
  mutating func begin(_ arguments: String, in run: inout Run) -> Progress

  /// Something happened while it waited.
  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress

  /// When it wants to be woken.
  var deadline: Instant? { get }
  mutating func wake(in run: inout Run) -> Progress

  /// The caller hung up, or the call's time is over: what it asked for is taken back, and its result variables are set.
  mutating func cutOff(in run: inout Run)
}

extension Application {
  package mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress { .wait }
  package var deadline: Instant? { nil }
  package mutating func wake(in run: inout Run) -> Progress { .wait }
  package mutating func cutOff(in run: inout Run) {}
}

/// How a call goes on after an application, or after a part of it.
package enum Progress: Hashable, Sendable {
  /// At the next priority.
  case next
  /// The application has asked for something and waits.
  case wait
  /// At a position that it found.
  case go(Position)
  /// Digits were typed: they are collected further and then looked up.
  case dialled(String)
  /// Nothing was typed in time: `t`.
  case silence
  /// The call ends (and `h` runs).
  case end
}
