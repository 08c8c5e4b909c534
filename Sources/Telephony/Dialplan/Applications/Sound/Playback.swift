/// `Playback(file[&file…][,options])`: to the end, whatever the caller presses; `PLAYBACKSTATUS`.
///
/// Options: `skip` (not unless answered), `noanswer`; `say` and `mix` are how `say:` is written here.
struct Playback: Application {
  static let name = "Playback"
  private var activity: ActivityID?

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let list = ArgumentList(arguments)
    let options = list[1].lowercased()
    if options.contains("skip"), !run.channel.isAnswered { return run.conclude("PLAYBACKSTATUS", "SUCCESS") }
    if !options.contains("noanswer") { run.answer() }
    guard let playing = run.play(list[0]) else { return run.conclude("PLAYBACKSTATUS", "FAILED") }
    activity = playing
    return .wait
  }

  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress {
    guard case .finished(let id, let outcome) = event, id == activity else { return .wait }
    return run.conclude("PLAYBACKSTATUS", outcome == .done ? "SUCCESS" : "FAILED")
  }

  mutating func cutOff(in run: inout Run) {
    run.stop(activity)
    run.set("PLAYBACKSTATUS", "FAILED")
  }
}

extension Run {
  /// Begins to play a list `a&b`; `nil` where nobody hears it or there is nothing to hear.
  mutating func play(_ files: String, language: String? = nil) -> ActivityID? {
    let sounds = files.split(separator: "&").map { Self.trimmed($0) }.filter { !$0.isEmpty }
    guard !channel.isHungUp, !sounds.isEmpty else { return nil }
    let activity = newActivity()
    put(.play(activity, sounds: sounds, language: language ?? channel.language))
    return activity
  }

  mutating func stop(_ activity: ActivityID?) {
    if let activity { put(.stop(activity)) }
  }

  /// Sets a status and goes on.
  mutating func conclude(_ variable: String, _ status: String) -> Progress {
    set(variable, status)
    return .next
  }
}
