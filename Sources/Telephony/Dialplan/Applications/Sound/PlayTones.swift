/// `PlayTones(name or list)`: while the dialplan goes on, until `StopPlayTones` or another sound.
struct PlayTones: Application {
  static let name = "PlayTones"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    guard !arguments.isEmpty else {
      run.log(.warning, "PlayTones needs the name of a tone, or a list of frequencies.")
      return .next
    }
    if !run.channel.isHungUp { run.put(.tones(arguments)) }
    return .next
  }
}

/// `StopPlayTones()`.
struct StopPlayTones: Application {
  static let name = "StopPlayTones"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    run.put(.stopTones)
    return .next
  }
}
