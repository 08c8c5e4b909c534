import Wire

/// `MusicOnHold([class][,seconds])`: until the caller hangs up, or for a while.
struct MusicOnHold: Application {
  static let name = "MusicOnHold"
  private(set) var deadline: Instant?

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    guard !run.channel.isHungUp else { return .end }
    let list = ArgumentList(arguments)
    run.put(.music(musicClass: list[0].isEmpty ? run.channel.musicClass : list[0]))
    deadline = Run.seconds(list[1]).map { run.now + $0 }
    return .wait
  }

  mutating func wake(in run: inout Run) -> Progress {
    run.put(.stopMusic)
    return .next
  }

  mutating func cutOff(in run: inout Run) { run.put(.stopMusic) }
}

/// `StartMusicOnHold([class])`: while the dialplan goes on.
struct StartMusicOnHold: Application {
  static let name = "StartMusicOnHold"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let musicClass = ArgumentList(arguments)[0]
    if !run.channel.isHungUp { run.put(.music(musicClass: musicClass.isEmpty ? run.channel.musicClass : musicClass)) }
    return .next
  }
}

/// `StopMusicOnHold()`.
struct StopMusicOnHold: Application {
  static let name = "StopMusicOnHold"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    run.put(.stopMusic)
    return .next
  }
}
