extension Run {
  /// What a device does; lamps that dialplans switch themselves (`Custom:`) are kept in the store.
  func state(ofDevice device: String) -> DeviceState {
    guard let lamp = Functions.lamp(device) else { return office.facts.state(ofDevice: device) }
    return office.store[Functions.lamps, lamp].flatMap { DeviceState(rawValue: $0) } ?? .unknown
  }
}

extension Functions {
  /// Telephones, groups of calls, mailboxes.
  static let office: [DialplanFunction] = [
    DialplanFunction("DEVICE_STATE", read: device, write: setDevice), DialplanFunction("GROUP", read: group, write: join),
    DialplanFunction("GROUP_COUNT", read: groupCount), DialplanFunction("VM_INFO", read: mailbox),
    DialplanFunction("MAILBOX_EXISTS", read: isMailbox), DialplanFunction("PJSIP_DIAL_CONTACTS", read: contacts),
  ]

  // MARK: Devices

  fileprivate static let lamps = "CustomDevstate"

  fileprivate static func lamp(_ device: String) -> String? {
    device.lowercased().hasPrefix("custom:") ? String(device.dropFirst(7)) : nil
  }

  private static func device(_ name: String, _ run: inout Run) -> String { run.state(ofDevice: Run.trimmed(name)).rawValue }

  private static func setDevice(_ name: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    guard let lamp = lamp(name), !lamp.isEmpty else { throw .complaint("only Custom: devices can be set, not \(name).") }
    let written = value.uppercased()
    guard let state = DeviceState(rawValue: written == "ON_HOLD" ? "ONHOLD" : written) else {
      throw .complaint("there is no state “\(value)”; one is NOT_INUSE, INUSE, BUSY, RINGING.")
    }
    guard lamp.utf8.count <= maximumKeyLength else { throw .complaint("a name has room for \(maximumKeyLength) bytes.") }
    let change = KeyStore.Change(family: lamps, key: lamp, value: state.rawValue)
    guard run.office.store.apply(change) else { throw .complaint("the store is full.") }
    run.put(.stored(change))
  }

  /// Every phone of an agent rings where the agent does: no contact has to be named.
  private static func contacts(_ arguments: String, _ run: inout Run) -> String {
    let agent = ArgumentList(arguments)[0]
    return agent.isEmpty ? "" : "PJSIP/\(agent)"
  }

  // MARK: Groups

  /// Bytes of a group's or a category's name.
  package static var maximumGroupName: Int { 80 }

  private static func group(_ category: String, _ run: inout Run) -> String {
    run.office.groups.group(ofCall: run.channel.uniqueID, category: category) ?? ""
  }

  /// `Set(GROUP([category])=group)`; the value may name the category, too (`group@category`).
  private static func join(_ category: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    let parts = value.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let (group, category) = (parts[0], category.isEmpty && parts.count > 1 ? parts[1] : category)
    guard group.utf8.count <= maximumGroupName, category.utf8.count <= maximumGroupName else {
      throw .complaint("a group's name has room for \(maximumGroupName) bytes.")
    }
    run.office.groups.join(group, category: category, call: run.channel.uniqueID)
  }

  /// `GROUP_COUNT([group][@category])`: the call's own group where none is said.
  private static func groupCount(_ arguments: String, _ run: inout Run) -> String {
    let parts = arguments.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let category = parts.count > 1 ? parts[1] : ""
    let group = parts.first.flatMap { $0.isEmpty ? nil : $0 } ?? Self.group(category, &run)
    return group.isEmpty ? "0" : String(run.office.groups.count(of: group, category: category))
  }

  // MARK: Mailboxes

  /// `VM_INFO(box[@context],attribute[,folder])`.
  private static func mailbox(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments)
    guard let box = list.given(0) else { throw .needs("VM_INFO(box,attribute)") }
    let exists = run.office.facts.hasMailbox(box)
    switch list[1].lowercased() {
    case "exists": return exists ? "1" : "0"
    case let attribute:
      throw .complaint(
        exists ? "of a mailbox it knows only whether it exists, not \(attribute)." : "there is no mailbox \(box).")
    }
  }
  private static func isMailbox(_ box: String, _ run: inout Run) -> String { run.office.facts.hasMailbox(box) ? "1" : "0" }
}
