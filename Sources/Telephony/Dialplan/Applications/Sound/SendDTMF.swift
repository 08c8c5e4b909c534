import Wire

/// `SendDTMF(digits[,gap_ms[,duration_ms]])`: to the caller; `w` is half a second of rest, `W` a whole one.
struct SendDTMF: Application {
  static let name = "SendDTMF"
  static let longest = Duration.seconds(10)
  private var activity: ActivityID?

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    guard !run.channel.isHungUp else { return .end }
    let list = ArgumentList(arguments)
    guard !list[0].isEmpty, list[0].allSatisfy({ "0123456789*#ABCDabcdwW".contains($0) }) else {
      run.log(.warning, "SendDTMF needs digits (0-9, *, #, A-D, w, W), not \(list[0]).")
      return .next
    }
    if !list[3].isEmpty { run.log(.warning, "SendDTMF sends to the caller only; the channel \(list[3]) is not served.") }
    let activity = run.newActivity()
    self.activity = activity
    run.put(
      .sendDigits(
        activity, digits: String(list[0].prefix(Run.maximumDigits)), gap: Self.time(list[1], standard: 250),
        duration: Self.time(list[2], standard: 100)))
    return .wait
  }

  private static func time(_ text: String, standard: Int64) -> Duration {
    min(Int64(text).flatMap { $0 > 0 ? .milliseconds($0) : nil } ?? .milliseconds(standard), longest)
  }

  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress {
    if case .finished(activity, _) = event { .next } else { .wait }
  }

  mutating func cutOff(in run: inout Run) { run.stop(activity) }
}
