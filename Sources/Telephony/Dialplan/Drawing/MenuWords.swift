/// What applications do, in the words of a handbook.
enum Words {
  /// `nil` for what a caller does not notice.
  static func done(_ application: String, _ arguments: String) -> String? {
    let list = ArgumentList(arguments)
    let first = plain(list[0])
    switch application {
    case "dial": return rings(list)
    case "queue": return "queue \(first)"
    case "voicemail": return "voicemail \(plain(box(list[0])))"
    case "voicemailmain": return "listen to voicemail"
    case "playback", "controlplayback":
      let sounds = Words.sounds(arguments)
      return sounds.isEmpty ? nil : "plays \(sounds.joined(separator: ", "))"
    case "record": return "records a message"
    case "read": return "asks for digits"
    case "authenticate": return "asks for a PIN"
    case "confbridge", "meetme": return "conference \(first)"
    case "directory": return "asks for a name"
    case "musiconhold": return "music \(first)"
    case "echo": return "echo"
    case "chanspy", "extenspy": return "listens in \(first)"
    case "park", "parkedcall": return "parks the call"
    case "saydigits", "saynumber", "sayalpha", "sayunixtime": return "says \(first)"
    case "sendtext": return "sends a text"
    case "execif", "execiftime": return conditionally(application, arguments)
    default: return nil
    }
  }

  private static func conditionally(_ application: String, _ arguments: String) -> String? {
    let choice = Choice(nested: arguments)
    let parts = choice.one.split(separator: "(", maxSplits: 1, omittingEmptySubsequences: false)
    let name = Run.trimmed(parts.first ?? "").lowercased()
    let inner = parts.count > 1 ? String(parts[1].dropLast()) : ""
    guard !name.hasPrefix("exec"), let done = done(name, inner) ?? (name == "hangup" ? "the call ends" : nil) else {
      return nil
    }
    let isTime = application == "execiftime"
    return "\(isTime ? TimeRule(choice.condition).words : "if \(condition(choice.condition))"): \(done)"
  }

  private static func rings(_ list: ArgumentList) -> String {
    let names = list[0].split(separator: "&").prefix(8).map { destination(Run.trimmed($0)) }
    let seconds = list[1].split(separator: "^").first.flatMap { Int($0) }.map { " for \($0) s" } ?? ""
    return "rings \(names.joined(separator: ", "))\(seconds)"
  }

  private static func destination(_ text: String) -> String {
    let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return plain(text) }
    if parts[1] == "${EXTEN}" { return "what was dialled" }
    switch parts[0].uppercased() {
    case "TEAM": return "team \(plain(parts[1]))"
    case "NEXT": return "the next free agent" + (parts[1] == "*" ? "" : " of team \(plain(parts[1]))")
    case "LOCAL": return plain(parts[1].split(separator: "/").first.map(String.init) ?? parts[1]).replacing("@", with: " in ")
    default: return plain(parts[1])
    }
  }

  private static func box(_ text: String) -> String {
    text.split(separator: "&").map { $0.split(separator: "@").first.map(String.init) ?? "" }.joined(separator: ", ")
  }

  static func sounds(_ arguments: String) -> [String] {
    ArgumentList(arguments)[0].split(separator: "&").prefix(4).map {
      plain($0.split(separator: "/").last.map(String.init) ?? "")
    }
  }

  static func call(_ arguments: String) -> String {
    "runs \(plain(arguments.split { $0 == "," || $0 == "(" }.first.map(String.init) ?? ""))"
  }

  /// `$["${DIALSTATUS}" = "BUSY"]` is `DIALSTATUS = BUSY`.
  static func condition(_ text: String) -> String { plain(text) }

  /// Without what only the machine needs.
  static func plain(_ text: String) -> String {
    if text == "${EXTEN}" { return "of what was dialled" }
    let bare = text.replacing("$[", with: "").replacing("${", with: "").filter { !["]", "}", "\""].contains($0) }
    return Run.trimmed(String(bare.prefix(120))[...])
  }
}
