import Wire

/// A dialplan executed for one call: told what the caller and the house do and when, answering with what is to be done.
///
/// It lives between `start` and `Output.ended`. It has no clock, no socket and no file: what is true outside it asks of the `Office`
/// that is lent to it, and what it wants done it puts out.
package struct Run: Sendable {
  /// Steps without a moment passing in between: past it the dialplan loops.
  package static var maximumStepsAtOnce: Int { 10_000 }
  /// Steps of a whole call.
  package static var maximumSteps: Int { 1_000_000 }
  /// Subroutines that wait for each other's return.
  package static var maximumDepth: Int { 128 }
  /// Digits of one number that a caller types.
  package static var maximumDigits: Int { 128 }
  /// How long a `Dial` rings that names no time.
  package static var longestRinging: Duration { .seconds(600) }
  /// How long a caller hears why nobody was reached, once its dialplan has nothing more to say.
  package static var farewell: Duration { .seconds(10) }

  package let plan: Dialplan
  package internal(set) var channel: Channel
  /// Lent for as long as one call of `start`, `receive` or `wake` lasts.
  var office: Office
  var now: Instant
  var outputs: [Output] = []
  /// A condition was false: the next `ElseIf` or `Else` of its own is a choice, not the end of a branch.
  var seeksBranch = false
  var lastActivity: UInt64 = 0
  /// How many functions call one another at this moment (`EVAL`).
  var callsInCalls = 0
  /// How many functions the present text has made others call.
  var callsOfText = 0
  /// What `RAND` draws from: the same for the same call, so that a call can be run again.
  var chance: Randomness
  /// Regular expressions that were read for this call.
  var expressions: [String: RegularExpression] = [:]
  private var state = State.fresh
  /// Steps that it may still take; fewer only in a test.
  var stepsLeft = Run.maximumSteps
  private var stepsAtOnce = 0
  /// Pages that the present step has asked for and got.
  private var fetched: [Fetch: String] = [:]
  /// The call as it was before the present step's arguments called functions.
  private var beforeFunctions: Before?

  private enum State: Sendable {
    case fresh
    /// An application waits.
    case executing(any Application)
    /// Digits are collected, to be looked up once no more can belong to them.
    case collecting(digits: String, until: Instant)
    /// A step waits for what its arguments ask for.
    case asking(Fetch)
    case over
  }

  package init(plan: Dialplan, channel: Channel) {
    self.plan = plan
    self.channel = channel
    office = .nowhere
    now = Instant()
    chance = .seeded(SipHash.hash(channel.uniqueID.utf8, ChanceKey(0, 0)))
  }

  package var isOver: Bool { if case .over = state { true } else { false } }

  package var deadline: Instant? {
    switch state {
    case .fresh, .over: nil
    case .executing(let application): earliest(application.deadline, channel.patience.end)
    case .collecting(_, let until): earliest(until, channel.patience.end)
    case .asking: channel.patience.end
    }
  }

  /// Begins at the channel's position; an empty extension is `s`.
  package mutating func start(in office: inout Office, at now: Instant) -> [Output] {
    act(in: &office, at: now) {
      if $0.channel.position.exten.isEmpty { $0.channel.position.exten = "s" }
      $0.proceed(.go($0.channel.position))
    }
  }

  package mutating func receive(_ event: Event, in office: inout Office, at now: Instant) -> [Output] {
    act(in: &office, at: now) { $0.receive(event) }
  }

  package mutating func wake(in office: inout Office, at now: Instant) -> [Output] {
    act(in: &office, at: now) { $0.wake() }
  }

  private mutating func act(in office: inout Office, at now: Instant, _ body: (inout Run) -> Void) -> [Output] {
    guard !isOver else { return [] }
    if now != self.now { stepsAtOnce = 0 }
    self.now = now
    swap(&self.office, &office)
    body(&self)
    swap(&self.office, &office)
    defer { outputs = [] }
    return outputs
  }

  // MARK: What happens

  private mutating func receive(_ event: Event) {
    if case .hungUp(let cause) = event { return hungUp(cause) }
    switch (state, event) {
    case (.executing(var application), _):
      let progress = application.receive(event, in: &self)
      go(on: progress, with: application)
    case (.collecting(let digits, _), .digit(let digit)):
      proceed(.dialled(digits + String(digit)))
    case (.asking(let asked), .fetched(let fetch, let page)) where asked == fetch:
      if page == nil { log(.warning, "CURL got nothing from \(fetch.url); its text is empty.") }
      fetched[fetch] = page ?? ""
      proceed(.go(channel.position))
    default: break
    }
  }

  private mutating func wake() {
    if let end = channel.patience.end, end <= now { return timeIsUp() }
    switch state {
    case .executing(var application):
      guard let deadline = application.deadline, deadline <= now else { return }
      let progress = application.wake(in: &self)
      go(on: progress, with: application)
    case .collecting(let digits, let until) where until <= now: proceed(lookUp(digits))
    default: break
    }
  }

  private mutating func go(on progress: Progress, with application: any Application) {
    state = .executing(application)
    if progress != .wait { proceed(progress) }
  }

  private mutating func hungUp(_ cause: Int) {
    guard !channel.isHungUp else { return }
    channel.cause = cause
    channel.isHungUp = true
    cutOff()
    proceed(.end)
  }

  /// `TIMEOUT(absolute)` is over.
  private mutating func timeIsUp() {
    channel.patience.end = nil
    cutOff()
    proceed(special("T", orExceptionFor: "ABSOLUTETIMEOUT"))
  }

  private mutating func cutOff() {
    guard case .executing(var application) = state else { return }
    application.cutOff(in: &self)
  }

  // MARK: How it goes on

  private mutating func proceed(_ first: Progress) {
    var progress = first
    while progress != .wait {
      switch progress {
      case .wait: break
      case .next:
        channel.position.priority += 1
        progress = execute()
      case .go(let position):
        channel.position = position
        progress = execute()
      case .dialled(let digits): progress = collect(digits)
      case .silence: progress = special("t", orExceptionFor: "RESPONSETIMEOUT")
      case .end: progress = end()
      }
    }
  }

  /// Executes the step at the channel's position.
  private mutating func execute() -> Progress {
    let position = channel.position
    guard let step = plan.step(at: position, inquiry) else { return missing(position) }
    guard mayStep() else { return stopLoop(at: step) }
    guard let arguments = substitute(step.arguments) else { return .wait }
    guard var application = step.kind?.init() ?? make(step.application) else { return .end }
    put(.step(position, application: step.application, arguments: arguments))
    let progress = application.begin(arguments, in: &self)
    if progress == .wait { state = .executing(application) }
    return progress
  }

  /// The arguments of a step; `nil` while a page is fetched that they ask for.
  private mutating func substitute(_ arguments: Template) -> String? {
    let said = outputs.count
    // An application may have called functions too.
    beforeFunctions = nil
    do throws(Pending) {
      let substituted = try arguments.expanded(in: &self)
      // A copy that is kept longer has to be made again with the first change.
      beforeFunctions = nil
      if !fetched.isEmpty { fetched.removeAll() }
      return substituted
    } catch {
      // What functions of these arguments did is undone: all are asked again once the page is there.
      let outputs = outputs.prefix(said)
      if let before = beforeFunctions { self = before.run }
      self.outputs = Array(outputs)
      state = .asking(error.fetch)
      put(.fetch(error.fetch))
      return nil
    }
  }

  /// Keeps what is so before the first function of a step's arguments is called.
  mutating func rememberBeforeFunctions() {
    guard beforeFunctions == nil else { return }
    var before = self
    // What was put out already stays; kept here too, it would have to be copied when more is.
    before.outputs = []
    beforeFunctions = Before(before)
  }

  private final class Before: Sendable {
    let run: Run
    init(_ run: Run) { self.run = run }
  }

  /// An application by its name; without one the call ends, and why is said.
  mutating func make(_ name: String) -> (any Application)? {
    if let kind = Applications.named(name) { return kind.init() }
    log(.warning, Applications.refusal(of: name) ?? "There is no application \(name): the call ends.")
    return nil
  }

  /// The page that the present step asked for, once it is there.
  func page(_ fetch: Fetch) -> String? { fetched[fetch] }

  private mutating func mayStep() -> Bool {
    stepsLeft -= 1
    stepsAtOnce += 1
    return stepsLeft >= 0 && stepsAtOnce <= Self.maximumStepsAtOnce
  }

  private mutating func stopLoop(at step: Step) -> Progress {
    let count = stepsLeft < 0 ? "\(Self.maximumSteps) steps" : "\(Self.maximumStepsAtOnce) steps without a pause"
    log(.error, "The dialplan loops at \(step.place): the call is ended after \(count).")
    return over()
  }

  /// No step at this priority: the extension is unknown, or the plan has nothing more to say.
  private mutating func missing(_ position: Position) -> Progress {
    if channel.isHungUp { return over() }
    guard plan.has(position.exten, in: position.context, inquiry) else { return invalid(position.exten) }
    guard plan.fallsThrough else {
      state = .executing(Listening(until: now + channel.patience.response))
      return .wait
    }
    let indication: Indication? =
      switch channel.variables["DIALSTATUS"] {
      case "BUSY": .busy
      case "CONGESTION", "CHANUNAVAIL": .congestion
      default: nil
      }
    guard let indication else { return .end }
    put(.indicate(indication))
    state = .executing(Lingering(until: now + Self.farewell))
    return .wait
  }

  private mutating func invalid(_ digits: String) -> Progress {
    set("INVALID_EXTEN", digits)
    return special("i", orExceptionFor: "INVALID")
  }

  /// A special extension where the context has it, else `e`, else the end.
  private mutating func special(_ exten: String, orExceptionFor reason: String) -> Progress {
    let context = channel.position.context
    if plan.has(exten, in: context, inquiry) { return .go(Position(context, exten, 1)) }
    guard plan.has("e", in: context, inquiry) else { return .end }
    channel.exception = Channel.Exception(reason: reason, position: channel.position)
    return .go(Position(context, "e", 1))
  }

  // MARK: Digits

  private mutating func collect(_ digits: String) -> Progress {
    let isFull = digits.utf8.count >= Self.maximumDigits
    guard !isFull, plan.match(digits, in: channel.position.context, inquiry).mayGrow else { return lookUp(digits) }
    state = .collecting(digits: digits, until: now + channel.patience.digit)
    return .wait
  }

  private mutating func lookUp(_ digits: String) -> Progress {
    let context = channel.position.context
    return plan.has(digits, in: context, inquiry) ? .go(Position(context, digits, 1)) : invalid(digits)
  }

  // MARK: The end

  /// Hangs up, and runs `h` of the present context once.
  private mutating func end() -> Progress {
    guard !isEnding else { return over() }
    isEnding = true
    if !channel.isHungUp {
      if channel.cause == 0 { channel.cause = 16 }
      put(.hangUp(cause: channel.cause))
      channel.isHungUp = true
    }
    let context = channel.position.context
    return plan.has("h", in: context, inquiry) ? .go(Position(context, "h", 1)) : over()
  }
  private var isEnding = false

  private mutating func over() -> Progress {
    if !channel.isHungUp { put(.hangUp(cause: channel.cause == 0 ? 16 : channel.cause)) }
    channel.isHungUp = true
    state = .over
    office.groups.leave(channel.uniqueID)
    put(.ended)
    return .wait
  }
}
