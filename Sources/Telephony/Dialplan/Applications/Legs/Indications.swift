import Wire

/// `Ringing()`: the caller hears that it rings.
struct Ringing: Application {
  static let name = "Ringing"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress { run.indicate(.ringing) }
}

/// `Progress()`: sound may come before an answer.
struct Progressing: Application {
  static let name = "Progress"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress { run.indicate(.progress) }
}

/// `Proceeding()`: the call is on its way.
struct Proceeding: Application {
  static let name = "Proceeding"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress { run.indicate(.proceeding) }
}

/// `Busy([seconds])`: the caller hears so, for ever or for a while, and the call ends.
struct Busy: Application {
  static let name = "Busy"
  private(set) var deadline: Instant?

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    run.channel.cause = 17
    deadline = Run.seconds(arguments).map { run.now + $0 }
    return run.channel.isHungUp ? .end : run.refuse(.busy)
  }
  mutating func wake(in run: inout Run) -> Progress { .end }
}

/// `Congestion([seconds])`: the same when there is no way.
struct Congestion: Application {
  static let name = "Congestion"
  private(set) var deadline: Instant?

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    run.channel.cause = 34
    deadline = Run.seconds(arguments).map { run.now + $0 }
    return run.channel.isHungUp ? .end : run.refuse(.congestion)
  }
  mutating func wake(in run: inout Run) -> Progress { .end }
}

extension Run {
  fileprivate mutating func indicate(_ indication: Indication) -> Progress {
    if !channel.isHungUp { put(.indicate(indication)) }
    return .next
  }

  fileprivate mutating func refuse(_ indication: Indication) -> Progress {
    put(.indicate(indication))
    return .wait
  }
}
