extension Channel.Party {
  /// `"Name" <number>`, both marks also where there is nothing between them.
  var clid: String { "\"\(name ?? "")\" <\(number ?? "")>" }
}

extension Functions {
  /// Who calls, whom the call is connected to, who sent it on.
  static let identities: [DialplanFunction] = [
    DialplanFunction("CALLERID", read: caller, write: setCaller),
    DialplanFunction("CONNECTEDLINE", read: connected, write: setConnected),
    DialplanFunction("REDIRECTING", read: redirecting, write: setRedirecting),
    DialplanFunction("CALLERPRES", read: presentation, write: setPresentation),
  ]

  private static func part(_ arguments: String) -> String {
    let name = Run.trimmed(ArgumentList(arguments)[0]).lowercased()
    return name == "number" ? "num" : name
  }

  private static func caller(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let (part, channel) = (part(arguments), run.channel)
    switch part {
    case "dnid": return channel.attributes["CALLERID(dnid)"] ?? channel.dialled
    case "rdnis": return channel.attributes["REDIRECTING(from-num)"] ?? ""
    case "ani", "ani-num": return channel.attributes["CALLERID(ani)"] ?? channel.caller.number ?? ""
    case "ani-name": return channel.caller.name ?? ""
    default: return try value(of: part, channel.caller, "CALLERID", run)
    }
  }

  private static func value(
    of part: String, _ party: Channel.Party, _ function: String, _ run: Run
  ) throws(DialplanFunction.Trouble) -> String {
    switch part {
    case "all": return party.clid
    case "num": return party.number ?? ""
    case "name": return party.name ?? ""
    case "num-valid": return party.number == nil ? "0" : "1"
    case "name-valid": return party.name == nil ? "0" : "1"
    case "num-pres", "name-pres", "pres":
      return run.channel.attributes["\(function)(\(part))"] ?? run.channel.attributes["\(function)(pres)"]
        ?? "allowed_not_screened"
    case "": throw .needs("all, num or name, as \(function)(num)")
    default: return run.channel.attributes["\(function)(\(part))"] ?? ""
    }
  }

  private static func setCaller(_ arguments: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    let part = part(arguments)
    switch part {
    case "ani", "ani-num": try run.keep("CALLERID(ani)", value)
    case "rdnis": try run.keep("REDIRECTING(from-num)", value)
    default: try set(part, value, \.caller, "CALLERID", &run)
    }
  }

  private static func set(
    _ part: String, _ value: String, _ party: WritableKeyPath<Channel, Channel.Party>, _ function: String, _ run: inout Run
  ) throws(DialplanFunction.Trouble) {
    let trimmed = Run.trimmed(value)
    guard trimmed.utf8.count <= maximumIdentity else {
      throw .complaint("a name or number has room for \(maximumIdentity) bytes.")
    }
    switch part {
    case "all": run.channel[keyPath: party] = Channel.Party(written: value)
    case "num": run.channel[keyPath: party].number = trimmed.isEmpty ? nil : trimmed
    case "name": run.channel[keyPath: party].name = trimmed.isEmpty ? nil : trimmed
    case "num-valid", "name-valid": throw .complaint("\(part) follows from what is set, and can only be read.")
    case "": throw .needs("all, num or name, as \(function)(num)")
    default: try run.keep("\(function)(\(part))", value)
    }
  }

  /// Bytes of a name or number that a dialplan sets: it goes into headers.
  package static var maximumIdentity: Int { 256 }

  private static func connected(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    try value(of: part(arguments), run.channel.connected, "CONNECTEDLINE", run)
  }
  private static func setConnected(_ arguments: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    try set(part(arguments), value, \.connected, "CONNECTEDLINE", &run)
  }

  private static func redirecting(_ arguments: String, _ run: inout Run) -> String {
    run.channel.attributes["REDIRECTING(\(part(arguments)))"] ?? ""
  }
  private static func setRedirecting(_ arguments: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    try run.keep("REDIRECTING(\(part(arguments)))", value)
  }

  private static func presentation(_ arguments: String, _ run: inout Run) -> String {
    run.channel.attributes["CALLERID(pres)"] ?? "allowed_not_screened"
  }
  private static func setPresentation(_ arguments: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    try run.keep("CALLERID(pres)", value)
  }
}
