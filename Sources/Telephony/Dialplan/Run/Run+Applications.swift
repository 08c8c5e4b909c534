import Wire

/// What applications and functions do to the call that they are executed for.
extension Run {
  mutating func put(_ output: Output) { outputs.append(output) }

  mutating func log(_ level: LogLevel, _ sentence: String) { outputs.append(.log(level, sentence)) }

  mutating func newActivity() -> ActivityID {
    lastActivity += 1
    return ActivityID(lastActivity)
  }

  /// Who asks, and when.
  var inquiry: Inquiry { Inquiry(caller: channel.caller.number, epoch: epoch, zones: office.facts) }

  /// Seconds since 1970.
  var epoch: Int64 { office.facts.epoch(at: now) }

  /// Sets a variable of the call; without room for it that is said, and the call goes on.
  mutating func set(_ name: String, _ value: String) {
    guard !channel.variables.set(name, value) else { return }
    log(
      .warning,
      "The variable \(name) was not set: a call has room for \(Variables.maximumNames) of \(Variables.maximumLength) bytes.")
  }

  /// Lets the caller hear us, if it does not yet.
  mutating func answer() {
    guard !channel.isAnswered, !channel.isHungUp else { return }
    channel.isAnswered = true
    put(.answer)
  }

  /// Where `[[context,]exten,]priority` leads, the priority a number, a label, or `+N` and `-N` from here.
  ///
  /// - Returns: `nil`, with a sentence in the log, for a label that does not exist; a number is taken as it is.
  mutating func position(of target: String) -> Position? {
    let parts = target.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false).map { Self.trimmed($0) }
    var position = channel.position
    let priority = parts.last ?? ""
    if parts.count > 1 { position.exten = parts[parts.count - 2] }
    if parts.count > 2 { position.context = parts[0] }
    if let number = relative(priority) ?? Int(priority), number > 0 {
      position.priority = number
      return position
    }
    guard let number = plan.priority(of: priority, context: position.context, exten: position.exten, inquiry) else {
      log(.warning, "There is no priority or label \(priority) in extension \(position.exten) of context \(position.context).")
      return nil
    }
    position.priority = number
    return position
  }

  private func relative(_ priority: String) -> Int? {
    guard let sign = priority.first, sign == "+" || sign == "-", let offset = Int(priority) else { return nil }
    let (sum, overflows) = channel.position.priority.addingReportingOverflow(offset)
    return overflows ? nil : sum
  }

  /// Goes to a target, or ends where there is none.
  mutating func jump(_ target: String) -> Progress { position(of: target).map { .go($0) } ?? .end }

  static func trimmed(_ text: some StringProtocol) -> String {
    var part = Substring(text)
    while let first = part.utf8.first, first == 0x20 || first == 0x09 { part.removeFirst() }
    while let last = part.utf8.last, last == 0x20 || last == 0x09 { part.removeLast() }
    return String(part)
  }

  /// A time in seconds, as dialplans write it: `2`, `0.5`; `nil` for text that is no number, and never more than a year.
  static func seconds(_ text: some StringProtocol) -> Duration? {
    guard let value = Double(trimmed(text)), value.isFinite else { return nil }
    return .milliseconds(Int64(min(max(value, 0), 31_536_000) * 1000))
  }
}

/// Waits for a first digit where the plan has nothing more to execute (`autofallthrough=no`).
struct Listening: Application {
  static let name = "(listening)"
  var deadline: Instant?

  init() {}
  init(until: Instant) { deadline = until }

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress { .silence }
  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress {
    if case .digit(let digit) = event { .dialled(String(digit)) } else { .wait }
  }
  mutating func wake(in run: inout Run) -> Progress { .silence }
}

/// Lets the caller hear for a while why nobody was reached.
struct Lingering: Application {
  static let name = "(lingering)"
  var deadline: Instant?

  init() {}
  init(until: Instant) { deadline = until }

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress { .end }
  mutating func wake(in run: inout Run) -> Progress { .end }
}
