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
    var rest = target[...]
    var position = channel.position
    let first = Self.part(&rest)
    let second = Self.part(&rest)
    let priority: String
    switch (first, second) {
    case (let context?, let exten?):
      (position.context, position.exten) = (context, exten)
      priority = Self.trimmed(rest)
    case (let exten?, nil):
      position.exten = exten
      priority = Self.trimmed(rest)
    case (nil, _): priority = Self.trimmed(rest)
    }
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

  /// Takes what stands before the next comma, and the comma; `nil` if there is none.
  private static func part(_ text: inout Substring) -> String? {
    guard let comma = text.utf8.firstIndex(of: UInt8(ascii: ",")) else { return nil }
    defer { text = text[text.utf8.index(after: comma)...] }
    return trimmed(text[..<comma])
  }

  private func relative(_ priority: String) -> Int? {
    guard let sign = priority.utf8.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), let offset = Int(priority)
    else { return nil }
    let (sum, overflows) = channel.position.priority.addingReportingOverflow(offset)
    return overflows ? nil : sum
  }

  /// Goes to a target, or ends where there is none.
  mutating func jump(_ target: String) -> Progress { position(of: target).map { .go($0) } ?? .end }

  static func trimmed(_ text: some StringProtocol) -> String {
    var part = Substring(text).utf8
    while let first = part.first, first == 0x20 || first == 0x09 { part.removeFirst() }
    while let last = part.last, last == 0x20 || last == 0x09 { part.removeLast() }
    return String(Substring(part))
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
