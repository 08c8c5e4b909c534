extension Functions {
  /// What stood in the call's request, and what is to stand in those that it makes.
  ///
  /// The owner of the channel gives `header(name)` among its attributes, in lower case, several values with line ends between them, and
  /// reads `add-header(name)`.
  static let headers: [DialplanFunction] = [
    DialplanFunction("PJSIP_HEADER", read: header, write: setHeader), DialplanFunction("SIP_HEADER", read: sipHeader),
    DialplanFunction("PJSIP_HEADERS", read: headerNames),
  ]

  /// `PJSIP_HEADER(read,name[,n])`.
  private static func header(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments)
    guard list[0].lowercased() == "read", !list[1].isEmpty else { throw .needs("PJSIP_HEADER(read,name[,number])") }
    return value(list[1], list[2], run)
  }
  private static func sipHeader(_ arguments: String, _ run: inout Run) -> String {
    let list = ArgumentList(arguments)
    return value(list[0], list[1], run)
  }

  private static func value(_ name: String, _ number: String, _ run: Run) -> String {
    let values = (run.channel.attributes["header(\(name.lowercased()))"] ?? "").split(separator: "\n")
    let number = (Int(number) ?? 1) - 1
    return values.indices.contains(number) ? String(values[number]) : ""
  }

  private static func headerNames(_ prefix: String, _ run: inout Run) -> String {
    run.channel.attributes.keys.compactMap { key in
      guard key.hasPrefix("header("), key.hasSuffix(")") else { return nil }
      let name = String(key.dropFirst(7).dropLast())
      return name.hasPrefix(prefix.lowercased()) ? name : nil
    }.sorted().joined(separator: ",")
  }

  /// `Set(PJSIP_HEADER(add|update|remove,name)=value)`.
  private static func setHeader(_ arguments: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    let list = ArgumentList(arguments)
    let name = list[1].lowercased()
    guard !name.isEmpty, name.utf8.allSatisfy(isOfToken) else { throw .complaint("“\(list[1])” is no name of a header.") }
    guard name.hasPrefix("x-") || allowed.contains(name) else {
      throw .complaint("the header \(list[1]) belongs to the house; a dialplan adds X-… headers, Alert-Info and Call-Info.")
    }
    guard !value.utf8.contains(where: { $0 < 32 || $0 == 127 }) else { throw .complaint("a header has no line ends in it.") }
    switch list[0].lowercased() {
    case "add", "update": try run.keep("add-header(\(name))", value)
    case "remove": run.channel.attributes["add-header(\(name))"] = nil
    default: throw .complaint("it knows read, add, update and remove, not “\(list[0])”.")
    }
  }

  private static let allowed: Set<String> = ["alert-info", "call-info", "subject", "priority", "user-to-user"]

  /// A token of RFC 3261 §25.1.
  private static func isOfToken(_ octet: UInt8) -> Bool {
    switch octet {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "-.!%*_+`'~".utf8.contains(octet)
    }
  }
}
