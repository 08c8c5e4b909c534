extension Functions {
  /// What the dialplan itself has.
  static let plans: [DialplanFunction] = [
    DialplanFunction("DIALPLAN_EXISTS", read: exists), DialplanFunction("VALID_EXTEN", read: isValid),
    DialplanFunction("EXTENSION_STATE", read: state),
  ]

  /// `DIALPLAN_EXISTS(context[,extension[,priority]])`: the priority a number or a label.
  private static func exists(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments)
    guard let context = list.given(0) else { throw .needs("DIALPLAN_EXISTS(context[,extension[,priority]])") }
    guard let exten = list.given(1) else { return run.plan.contexts[context] == nil ? "0" : "1" }
    return has(context, exten, list.given(2) ?? "1", run) ? "1" : "0"
  }

  /// `VALID_EXTEN([context],extension[,priority])`: the context is the call's own where none is said.
  private static func isValid(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments)
    guard let exten = list.given(1) else { throw .needs("VALID_EXTEN([context],extension[,priority])") }
    return has(list.given(0) ?? run.channel.position.context, exten, list.given(2) ?? "1", run) ? "1" : "0"
  }

  private static func has(_ context: String, _ exten: String, _ priority: String, _ run: Run) -> Bool {
    guard let number = Int(priority) else {
      return run.plan.priority(of: priority, context: context, exten: exten, run.inquiry) != nil
    }
    return run.plan.step(at: Position(context, exten, number), run.inquiry) != nil
  }

  /// `EXTENSION_STATE(extension[@context])`: what the devices of its hint do, taken together.
  private static func state(_ arguments: String, _ run: inout Run) -> String {
    let parts = arguments.split(separator: "@", maxSplits: 1).map(String.init)
    let position = Position(parts.count > 1 ? parts[1] : run.channel.position.context, parts.first ?? "", 1)
    let devices = run.hint(of: position).split(separator: ",").first?.split(separator: "&") ?? []
    return DeviceState(of: devices.map { run.state(ofDevice: Run.trimmed($0)) }).rawValue
  }
}

extension DeviceState {
  /// What several devices do, seen as one.
  init(of states: [DeviceState]) {
    let all = Set(states)
    let talks = !all.isDisjoint(with: [.inUse, .busy, .onHold])
    if all.contains(.ringInUse) || all.contains(.ringing) && talks {
      self = .ringInUse
    } else if all.count == 1, let only = states.first {
      self = only
    } else if all.contains(.ringing) {
      self = .ringing
    } else if talks {
      // One of them is free: the extension can still be reached.
      self = all.isDisjoint(with: [.notInUse, .inUse]) && all.contains(.busy) ? .busy : .inUse
    } else if all.contains(.notInUse) {
      self = .notInUse
    } else {
      self = all.contains(.unavailable) ? .unavailable : all.contains(.invalid) ? .invalid : .unknown
    }
  }
}
