import Wire

/// `WaitExten([seconds][,options])`: waits for a first digit, by default for `TIMEOUT(response)`.
///
/// Options: `m(class)` music, `d(tone)` a tone while it waits.
struct WaitExten: Application {
  static let name = "WaitExten"
  private(set) var deadline: Instant?
  private var options = Options("")

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    guard !run.channel.isHungUp else { return .end }
    let list = ArgumentList(arguments)
    options = Options(list[1])
    deadline = run.now + (Run.seconds(list[0]).flatMap { $0 > .zero ? $0 : nil } ?? run.channel.patience.response)
    if let musicClass = options["m"] { run.put(.music(musicClass: musicClass.isEmpty ? run.channel.musicClass : musicClass)) }
    if let tone = options["d"] { run.put(.tones(tone.isEmpty ? "dial" : tone)) }
    return .wait
  }

  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress {
    guard case .digit(let digit) = event else { return .wait }
    cutOff(in: &run)
    return .dialled(String(digit))
  }

  mutating func wake(in run: inout Run) -> Progress {
    cutOff(in: &run)
    var next = run.channel.position
    next.priority += 1
    return run.plan.step(at: next, run.inquiry) == nil ? .silence : .next
  }

  mutating func cutOff(in run: inout Run) {
    if options["m"] != nil { run.put(.stopMusic) }
    if options["d"] != nil { run.put(.stopTones) }
  }
}
