import Wire

extension Functions {
  /// What is known of the call itself.
  static let channel: [DialplanFunction] = [
    DialplanFunction("CHANNEL", read: item, write: setItem), DialplanFunction("TIMEOUT", read: timeout, write: setTimeout),
    DialplanFunction("EXCEPTION", read: exception), DialplanFunction("STACK_PEEK", read: frame),
    DialplanFunction("HANGUPCAUSE", read: cause), DialplanFunction("CDR", read: record, write: setRecord),
    DialplanFunction("CHANNEL_EXISTS", read: isChannel),
  ]

  private static func item(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let (list, channel) = (ArgumentList(arguments), run.channel)
    switch list[0].lowercased() {
    case "name": return channel.name
    case "uniqueid", "linkedid": return channel.attributes["CHANNEL(\(list[0].lowercased()))"] ?? channel.uniqueID
    case "language": return channel.language
    case "musicclass": return channel.musicClass
    case "state": return channel.isHungUp ? "Down" : channel.isAnswered ? "Up" : "Ring"
    case "context": return channel.position.context
    case "exten": return channel.position.exten
    case "channeltype", "channel_type": return String(channel.name.prefix { $0 != "/" })
    case "":
      throw .needs("the name of an item, as CHANNEL(language)")
    default: return channel.attributes["CHANNEL(\(list.arguments.joined(separator: ",").lowercased()))"] ?? ""
    }
  }

  private static func setItem(_ arguments: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    let item = arguments.lowercased()
    switch item {
    case "language": run.channel.language = value
    case "musicclass": run.channel.musicClass = value
    case "name", "uniqueid", "linkedid", "state", "context", "exten", "channeltype":
      throw .complaint("\(item) can only be read.")
    case _ where item.hasPrefix("hangup_handler"): throw .complaint("handlers of the end are not served; write an extension h.")
    default: try run.keep("CHANNEL(\(item))", value)
    }
  }

  private static func isChannel(_ name: String, _ run: inout Run) -> String { name == run.channel.name ? "1" : "0" }

  // MARK: TIMEOUT

  private static func seconds(_ duration: Duration) -> String {
    let milliseconds = max(0, duration.milliseconds)
    let rest = String(milliseconds % 1000)
    return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.utf8.count) + rest
  }

  private static func timeout(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    switch arguments.lowercased() {
    case "absolute": return seconds(run.channel.patience.end.map { $0 - run.now } ?? .zero)
    case "digit": return seconds(run.channel.patience.digit)
    case "response": return seconds(run.channel.patience.response)
    default: throw .complaint("it knows absolute, digit and response, not “\(arguments)”.")
    }
  }

  private static func setTimeout(_ arguments: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    guard let time = Run.seconds(value) else { throw .complaint("“\(value)” are no seconds.") }
    switch arguments.lowercased() {
    case "absolute": run.channel.patience.end = time > .zero ? run.now + time : nil
    case "digit": run.channel.patience.digit = time
    case "response": run.channel.patience.response = time
    default: throw .complaint("it knows absolute, digit and response, not “\(arguments)”.")
    }
  }

  // MARK: Where the call came from

  private static func exception(_ item: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    guard let exception = run.channel.exception else { return "" }
    switch item.lowercased() {
    case "reason": return exception.reason
    case "context": return exception.position.context
    case "exten": return exception.position.exten
    case "priority": return String(exception.position.priority)
    default: throw .complaint("it knows reason, context, exten and priority, not “\(item)”.")
    }
  }

  /// `STACK_PEEK(n,c|e|p|l)`: where the n-th subroutine returns to, 1 being the one that runs.
  private static func frame(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments)
    guard let number = Int(Run.trimmed(list[0])), number > 0 else { throw .needs("STACK_PEEK(n,c|e|p|l)") }
    guard number <= run.channel.stack.count else {
      guard list[2].isEmpty else { return "" }
      throw .complaint("the call is only \(run.channel.stack.count) subroutines deep, not \(number).")
    }
    let position = run.channel.stack[run.channel.stack.count - number].returnsTo
    switch list[1].lowercased().utf8.first {
    case UInt8(ascii: "c"): return position.context
    case UInt8(ascii: "e"): return position.exten
    case UInt8(ascii: "p"): return String(position.priority)
    default: return position.description
    }
  }

  // MARK: How it ended

  /// `HANGUPCAUSE(channel,tech|ast)`: the SIP answer, or the words of Q.850.
  private static func cause(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments)
    switch list[1].lowercased() {
    case "tech", "": return run.channel.attributes["HANGUPCAUSE(tech)"] ?? ""
    case "ast": return words[run.channel.cause] ?? "Unknown"
    default: throw .complaint("it knows tech and ast, not “\(list[1])”.")
    }
  }

  private static let words = [
    0: "Not defined", 1: "Unallocated (unassigned) number", 3: "No route to destination", 16: "Normal Clearing",
    17: "User busy",
    18: "No user responding", 19: "User alerting, no answer", 20: "Subscriber absent", 21: "Call Rejected",
    22: "Number changed",
    27: "Destination out of order", 28: "Invalid number format", 31: "Normal, unspecified", 34: "Circuit/channel congestion",
    38: "Network out of order", 41: "Temporary failure", 42: "Switching equipment congestion",
    58: "Bearer capability not available",
    102: "Recover on timer expiry", 127: "Interworking, unspecified",
  ]

  // MARK: CDR

  private static func record(_ arguments: String, _ run: inout Run) -> String {
    let (name, channel) = (ArgumentList(arguments)[0].lowercased(), run.channel)
    if let kept = channel.attributes["CDR(\(name))"] { return kept }
    return switch name {
    case "src": channel.caller.number ?? ""
    case "clid": channel.caller.clid
    case "dst": channel.position.exten
    case "dcontext": channel.position.context
    case "channel": channel.name
    case "uniqueid": channel.uniqueID
    case "disposition": channel.isAnswered ? "ANSWERED" : "NO ANSWER"
    default: ""
    }
  }

  private static func setRecord(_ arguments: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    let name = ArgumentList(arguments)[0].lowercased()
    guard !name.isEmpty else { throw .needs("the name of a field, as CDR(userfield)") }
    let fixed = [
      "src", "clid", "dst", "dcontext", "channel", "uniqueid", "disposition", "start", "answer", "end", "duration", "billsec",
    ]
    guard !fixed.contains(name) else { throw .complaint("\(name) is what the call itself says; it can only be read.") }
    try run.keep("CDR(\(name))", value)
  }
}
