import Wire

/// `Ringing()`: the caller hears that it rings.
struct Ringing: Telling {
  static let name = "Ringing"
  static let indication = Run.Indication.ringing
}

/// `Progress()`: sound may come before an answer.
struct Progressing: Telling {
  static let name = "Progress"
  static let indication = Run.Indication.progress
}

/// `Proceeding()`: the call is on its way.
struct Proceeding: Telling {
  static let name = "Proceeding"
  static let indication = Run.Indication.proceeding
}

/// `Busy([seconds])`: the caller hears so, for ever or for a while, and the call ends.
struct Busy: Refusing {
  static let name = "Busy"
  static let (indication, cause) = (Run.Indication.busy, 17)
  var deadline: Instant?
}

/// `Congestion([seconds])`: the same when there is no way.
struct Congestion: Refusing {
  static let name = "Congestion"
  static let (indication, cause) = (Run.Indication.congestion, 34)
  var deadline: Instant?
}

/// Tells the caller's network something, and goes on.
protocol Telling: Application {
  static var indication: Run.Indication { get }
}

extension Telling {
  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    if !run.channel.isHungUp { run.put(.indicate(Self.indication)) }
    return .next
  }
}

/// Tells the caller why nobody is reached, and ends the call with that cause (Q.850).
protocol Refusing: Application {
  static var indication: Run.Indication { get }
  static var cause: Int { get }
  var deadline: Instant? { get set }
}

extension Refusing {
  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    run.channel.cause = Self.cause
    deadline = Run.seconds(arguments).map { run.now + $0 }
    guard !run.channel.isHungUp else { return .end }
    run.put(.indicate(Self.indication))
    return .wait
  }
  mutating func wake(in run: inout Run) -> Progress { .end }
}
