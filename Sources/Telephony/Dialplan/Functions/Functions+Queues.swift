extension Functions {
  /// Queues.
  static let queues: [DialplanFunction] = [
    DialplanFunction("QUEUE_EXISTS", read: exists), DialplanFunction("QUEUE_WAITING_COUNT", read: waiting),
    DialplanFunction("QUEUE_MEMBER", read: member, write: setMember), DialplanFunction("QUEUE_MEMBER_COUNT", read: memberCount),
    DialplanFunction("QUEUE_MEMBER_LIST", read: memberList), DialplanFunction("QUEUE_VARIABLES", read: variables),
  ]

  private static func queue(_ name: String, _ run: Run) throws(DialplanFunction.Trouble) -> QueueFacts {
    guard let queue = run.office.facts.queue(Run.trimmed(name)) else { throw .complaint("there is no queue “\(name)”.") }
    return queue
  }

  private static func exists(_ name: String, _ run: inout Run) -> String {
    run.office.facts.queue(Run.trimmed(name)) == nil ? "0" : "1"
  }
  private static func waiting(_ name: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    String(try queue(name, run).waiting)
  }
  private static func memberCount(_ name: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    String(try queue(name, run).members.count(where: \.isLoggedIn))
  }
  private static func memberList(_ name: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    try queue(name, run).members.map(\.interface).joined(separator: ",")
  }

  /// `QUEUE_MEMBER(queue,option[,interface])`.
  private static func member(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments).arguments.map { Run.trimmed($0) }
    guard list.count >= 2 else { throw .needs("QUEUE_MEMBER(queue,option[,interface])") }
    let members = try queue(list[0], run).members
    switch list[1].lowercased() {
    case "logged": return String(members.count(where: \.isLoggedIn))
    case "free", "ready": return String(members.count(where: \.isFree))
    case "count": return String(members.count)
    case let option:
      let interface = list.count > 2 ? list[2] : ""
      guard let member = members.first(where: { $0.interface == interface }) else {
        throw .complaint("there is no member “\(interface)” in the queue \(list[0]).")
      }
      switch option {
      case "penalty": return String(member.penalty)
      case "paused": return member.isPaused ? "1" : "0"
      case "ringinuse": return member.ringsInUse ? "1" : "0"
      default: throw .complaint("it knows logged, free, ready, count, penalty, paused and ringinuse, not “\(option)”.")
      }
    }
  }

  private static func setMember(_ arguments: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    let list = ArgumentList(arguments).arguments.map { Run.trimmed($0) }
    guard list.count == 3 else { throw .needs("QUEUE_MEMBER(queue,paused,interface)") }
    guard list[1].lowercased() == "paused" else {
      throw .complaint("only paused can be set here, not \(list[1]); add the member anew with another penalty.")
    }
    let (queue, interface) = (list[0].isEmpty ? nil : list[0], list[2])
    run.put(
      .queueMember(
        Truth.holds(value)
          ? .pause(queue: queue, interface: interface, reason: nil) : .unpause(queue: queue, interface: interface)))
  }

  /// Sets `QUEUEMAX`, `QUEUESTRATEGY`, `QUEUECALLS`; 0 if the queue exists, else -1.
  private static func variables(_ name: String, _ run: inout Run) -> String {
    guard let queue = run.office.facts.queue(Run.trimmed(name)) else { return "-1" }
    run.set("QUEUENAME", Run.trimmed(name))
    run.set("QUEUESTRATEGY", queue.strategy)
    run.set("QUEUECALLS", String(queue.waiting))
    return "0"
  }
}

extension QueueFacts.Member {
  fileprivate var isLoggedIn: Bool { state != .unavailable && state != .invalid }
  /// Whether it would ring now.
  fileprivate var isFree: Bool { !isPaused && (state == .notInUse || state == .unknown) }
}
