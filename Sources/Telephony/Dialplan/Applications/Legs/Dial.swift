import Wire

/// `Dial(destination[&…][,timeout[^progress][,options[,URL]]])`: all ring together, the first answer wins; `DIALSTATUS`.
///
/// Options: `g` go on when the callee hangs up, `m(class)` music, `r` ringing at once, `R` ringing until sound comes, `c` the others
/// were answered elsewhere, `d` a digit leaves to that extension, `H` the caller hangs up with `*`, `S(seconds)` and `L(ms)` limits.
struct Dial: Application {
  static let name = "Dial"
  /// Destinations of one `Dial`.
  static let maximumDestinations = 100
  /// `i` and `I` ask for what is so here anyhow: calls are not forwarded, and no news of the other party is sent.
  static let served = "gmrRcdHSLiI"

  private enum Leg: Hashable {
    case ringing
    case ended(Run.LegEnd, cause: Int)

    var end: (kind: Run.LegEnd, cause: Int)? { if case .ended(let kind, let cause) = self { (kind, cause) } else { nil } }
  }
  private enum Phase: Hashable {
    case ringing(since: Instant)
    case talking(leg: Int, rang: Instant, since: Instant)
  }
  private var activity = ActivityID(0)
  private var options = Options("")
  private var legs: [Leg] = []
  private var names: [String] = []
  private var phase = Phase.ringing(since: Instant())
  private var hasRung = false
  private(set) var deadline: Instant?

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let list = ArgumentList(arguments)
    options = Options(list[2])
    run.complain(of: options, servedBy: Self.name, Self.served)
    for variable in ["ANSWEREDTIME", "DIALEDTIME", "RINGTIME", "DIALEDPEERNAME", "DIALEDPEERNUMBER"] { run.set(variable, "") }
    names = list[0].split(separator: "&").map { Run.trimmed($0) }.filter { !$0.isEmpty }
    guard !names.isEmpty, !run.channel.isHungUp else {
      run.log(.warning, "Dial has nobody to ring.")
      return conclude("CHANUNAVAIL", in: &run)
    }
    guard names.count <= Self.maximumDestinations else {
      run.log(.warning, "Dial rings at most \(Self.maximumDestinations) at once, not \(names.count).")
      return conclude("CHANUNAVAIL", in: &run)
    }
    return ring(timeout: list[1], in: &run)
  }

  private mutating func ring(timeout: String, in run: inout Run) -> Progress {
    legs = Array(repeating: .ringing, count: names.count)
    phase = .ringing(since: run.now)
    activity = run.newActivity()
    let seconds = timeout.split(separator: "^", omittingEmptySubsequences: false).first ?? ""
    var request = Run.RingRequest(
      destinations: names.map { Run.RingRequest.Destination($0) },
      inherited: run.channel.variables.inherited, caller: run.channel.caller)
    request.timeout = Run.seconds(seconds).flatMap { $0 > .zero ? $0 : nil }
    request.music = options["m"].map { $0.isEmpty ? run.channel.musicClass : $0 }
    request.ringsAtOnce = options["r"] != nil || options["R"] != nil
    deadline = request.timeout.map { run.now + $0 }
    run.put(.ring(activity, request))
    if let music = request.music { run.put(.music(musicClass: music)) }
    if request.music == nil, request.ringsAtOnce { indicateRinging(in: &run) }
    return .wait
  }

  private mutating func indicateRinging(in run: inout Run) {
    guard !hasRung, options["m"] == nil else { return }
    hasRung = true
    run.put(.indicate(.ringing))
  }

  mutating func receive(_ event: Run.Event, in run: inout Run) -> Progress {
    switch (phase, event) {
    case (.ringing(let since), .leg(activity, let index, let event)) where legs.indices.contains(index):
      return heard(event, of: index, ringingSince: since, in: &run)
    case (.ringing, .digit(let digit)): return pressedWhileRinging(digit, in: &run)
    case (.talking(let leg, _, _), .leg(activity, let index, let event)) where index == leg && event.isEnd:
      return over(calleeHungUp: true, in: &run)
    case (.talking, .digit("*")) where options["H"] != nil: return over(calleeHungUp: false, in: &run)
    default: return .wait
    }
  }

  private mutating func heard(_ event: Run.LegEvent, of index: Int, ringingSince: Instant, in run: inout Run) -> Progress {
    switch event {
    case .ringing: indicateRinging(in: &run)
    case .progress:
      if legs.count == 1 { run.put(.indicate(.progress)) }
    case .answered(let name): answered(index, name, ringingSince: ringingSince, in: &run)
    case .ended(let end, let cause):
      legs[index] = .ended(end, cause: cause)
      if !legs.contains(.ringing) { return nobody(in: &run) }
    case .hungUp:
      legs[index] = .ended(.noAnswer, cause: 16)
      if !legs.contains(.ringing) { return nobody(in: &run) }
    }
    return .wait
  }

  private mutating func answered(_ index: Int, _ name: String, ringingSince: Instant, in run: inout Run) {
    if options["m"] != nil { run.put(.stopMusic) }
    run.answer()
    phase = .talking(leg: index, rang: ringingSince, since: run.now)
    run.set("DIALSTATUS", "ANSWER")
    run.set("DIALEDPEERNAME", name)
    run.set("DIALEDPEERNUMBER", names[index])
    deadline = limit.map { run.now + $0 }
  }

  /// How long the two may talk: `S(seconds)`, `L(ms[:…])`.
  private var limit: Duration? {
    if let seconds = options["S"], let time = Run.seconds(seconds), time > .zero { return time }
    guard let first = options["L"]?.split(separator: ":").first, let milliseconds = Int64(first), milliseconds > 0 else {
      return nil
    }
    return .milliseconds(milliseconds)
  }

  private mutating func pressedWhileRinging(_ digit: Character, in run: inout Run) -> Progress {
    let context = run.channel.variables["EXITCONTEXT"] ?? run.channel.position.context
    guard options["d"] != nil, run.plan.has(String(digit), in: context, run.inquiry) else { return .wait }
    takeBack(in: &run)
    _ = conclude("CANCEL", in: &run)
    return .go(Position(context, String(digit), 1))
  }

  mutating func wake(in run: inout Run) -> Progress {
    switch phase {
    case .ringing:
      run.channel.cause = 0
      takeBack(in: &run)
      return conclude("NOANSWER", in: &run)
    case .talking: return over(calleeHungUp: true, in: &run)
    }
  }

  /// Nobody rings any more: busy is told before congestion, and that before what could not be reached.
  private mutating func nobody(in run: inout Run) -> Progress {
    let ends = legs.compactMap(\.end)
    let order: [Run.LegEnd] = [.busy, .congestion, .unavailable, .noAnswer]
    let told = order.lazy.compactMap { kind in ends.last { $0.kind == kind } }.first ?? (.unavailable, 3)
    run.channel.cause = told.cause
    if options["m"] != nil { run.put(.stopMusic) }
    return conclude(told.kind.rawValue, in: &run)
  }

  /// The two have talked.
  private mutating func over(calleeHungUp: Bool, in run: inout Run) -> Progress {
    tell(in: &run)
    run.put(.stopRinging(activity, isAnsweredElsewhere: false))
    run.channel.cause = 16
    run.set("DIALSTATUS", "ANSWER")
    return calleeHungUp && options["g"] != nil ? .next : .end
  }

  private mutating func takeBack(in run: inout Run) {
    run.put(.stopRinging(activity, isAnsweredElsewhere: options["c"] != nil))
    if options["m"] != nil { run.put(.stopMusic) }
  }

  private mutating func conclude(_ status: String, in run: inout Run) -> Progress {
    tell(in: &run)
    return run.conclude("DIALSTATUS", status)
  }

  /// How long it rang, and how long was talked.
  private func tell(in run: inout Run) {
    let (began, answered): (Instant, Instant?) =
      switch phase {
      case .ringing(let since): (since, nil)
      case .talking(_, let rang, let since): (rang, since)
      }
    guard activity != ActivityID(0) else { return }
    run.setTime("DIALEDTIME", run.now - began)
    run.setTime("RINGTIME", (answered ?? run.now) - began)
    if let answered { run.setTime("ANSWEREDTIME", run.now - answered) }
  }

  mutating func cutOff(in run: inout Run) {
    if case .talking = phase {
      tell(in: &run)
      run.put(.stopRinging(activity, isAnsweredElsewhere: false))
    } else {
      takeBack(in: &run)
      _ = conclude("CANCEL", in: &run)
    }
  }
}

extension Run {
  /// Whole seconds, and milliseconds beside them.
  fileprivate mutating func setTime(_ variable: String, _ time: Duration) {
    set(variable, String(time.milliseconds / 1000))
    set(variable + "_MS", String(time.milliseconds))
  }
}

extension Run.LegEvent {
  fileprivate var isEnd: Bool {
    switch self {
    case .hungUp, .ended: true
    case .ringing, .progress, .answered: false
    }
  }
}

extension Run.RingRequest.Destination {
  /// `Tech/resource`, as dialplans write it.
  init(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1, !parts[1].isEmpty else {
      self = .unknown(text)
      return
    }
    switch parts[0].lowercased() {
    case "pjsip", "sip": self = .agent(parts[1])
    case "team": self = .team(parts[1])
    case "next": self = .next(team: parts[1] == "*" ? nil : parts[1])
    case "local":
      let at = parts[1].split(separator: "@", maxSplits: 1).map(String.init)
      self = .local(exten: at.first ?? "", context: at.count > 1 ? at[1] : "default")
    default: self = .unknown(text)
    }
  }
}
