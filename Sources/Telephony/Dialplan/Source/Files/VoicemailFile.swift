/// A mailbox as `voicemail.conf` has it: `box => pin,name,email,pager,options`.
package struct WrittenMailbox: Hashable, Sendable, CustomStringConvertible {
  package var number: String
  package var context: String
  /// What its owner types; empty for none.
  package var pin: String
  /// Its owner may not change the pin: it was written with a dash in front.
  package var keepsPin = false
  package var name: String?
  package var email: String?
  package var pager: String?
  /// `attach=no|tz=central`, by lower-case names.
  package var options: [String: String] = [:]
  package var place: SourcePlace

  /// How dialplans call it. Nothing that is secret or personal.
  package var description: String { "\(number)@\(context)" }
}

/// `voicemail.conf`, read.
package struct VoicemailFile: Sendable {
  /// In written order.
  package internal(set) var mailboxes: [WrittenMailbox] = []
  /// `[general]` by lower-case names, as written.
  package internal(set) var settings: [String: String] = [:]
  /// `[zonemessages]`: zone and spoken format by name.
  package internal(set) var zones: [String: (zone: String, format: String)] = [:]
  package internal(set) var findings = FindingList()
  private var indices: [String: Int] = [:]

  /// `[general]` settings that are known.
  private static let known: Set<String> = [
    "format", "serveremail", "attach", "maxmsg", "maxsecs", "minsecs", "maxgreet", "skipms", "maxsilence", "silencethreshold",
    "maxlogins", "emaildateformat", "pagerdateformat", "sendvoicemail", "review", "operator", "envelope", "saycid",
    "sayduration",
    "saydurationm", "forcename", "forcegreetings", "emailsubject", "emailbody", "emailaddress", "pagersubject", "pagerbody",
    "pagerfromstring", "fromstring", "charset", "tz", "locale", "delete", "nextaftercmd", "moveheard", "searchcontexts",
    "dialout",
    "callback", "exitcontext", "cidinternalcontexts", "usedirectory", "volgain", "backupdeleted", "tempgreetwarn",
    "passwordlocation",
    "messagewrap", "minpassword", "vm-mismatch", "vm-newpassword", "vm-password", "vm-passchanged", "vm-reenterpassword",
    "vm-invalid-password", "vm-pls-try-again", "vm-prepend-timeout", "pollmailboxes", "pollfreq", "adsifdn", "adsisec",
    "adsiver",
  ]
  /// These would run a program.
  private static let programs: Set<String> = ["mailcmd", "externnotify", "externpass", "externpassnotify", "externpasscheck"]

  package static func load(_ name: String = "voicemail.conf", from files: SourceFiles) -> VoicemailFile {
    let text = SourceReader.read(name, from: files)
    var file = VoicemailFile()
    file.findings = text.findings
    for section in text.sections where !section.isTemplate {
      for line in section.lines {
        switch section.name.lowercased() {
        case "general": file.readSetting(line)
        case "zonemessages": file.readZone(line)
        default: file.readMailbox(line, section.name)
        }
      }
    }
    return file
  }

  /// `100@sales`; without a context, that of `default`.
  package func mailbox(_ name: String) -> WrittenMailbox? {
    let isWhole = name.utf8.contains(UInt8(ascii: "@"))
    return indices[isWhole ? name : name + "@default"].map { mailboxes[$0] }
  }

  private mutating func readSetting(_ line: SourceLine) {
    let key = line.key.lowercased()
    if Self.programs.contains(key) {
      return findings.warn(line.place, "\(line.key) would run a program of this machine, which is not done here.")
    }
    guard Self.known.contains(key) else { return line.unknown(&findings, in: "general", among: Self.known.sorted()) }
    settings[key] = line.value
  }

  private mutating func readZone(_ line: SourceLine) {
    let parts = line.value.utf8.split(separator: UInt8(ascii: "|"), maxSplits: 1).map { String(Substring($0)) }
    guard parts.count == 2 else {
      return findings.warn(
        line.valuePlace, "\(line.key) is no zone; the line is not read.",
        advice: "Write central=Europe/Berlin|'vm-received' Q 'digits/at' R.")
    }
    zones[line.key] = (parts[0], parts[1])
  }

  private mutating func readMailbox(_ line: SourceLine, _ context: String) {
    let fields = WrittenArguments.parts(of: line.value, at: ",", .nothing).map(\.trimmed.text)
    func field(_ index: Int) -> String? { fields.indices.contains(index) && !fields[index].isEmpty ? fields[index] : nil }
    guard !line.key.isEmpty, line.key.utf8.allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: "@") }) else {
      return findings.warn(line.place, "“\(line.key)” is no mailbox.", advice: "Write 100 => PIN,Name,email@example.com.")
    }
    let pin = field(0) ?? ""
    let isKept = pin.utf8.first == UInt8(ascii: "-")
    var mailbox = WrittenMailbox(
      number: line.key, context: context, pin: isKept ? String(Substring(pin.utf8.dropFirst())) : pin, place: line.place)
    mailbox.keepsPin = isKept
    guard indices[mailbox.description] == nil else {
      return findings.warn(line.place, "There is a mailbox \(mailbox) already; the first one stays.")
    }
    if !mailbox.pin.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
      findings.warn(line.valuePlace, "The pin of \(mailbox) cannot be typed.", advice: "A pin is of digits.")
    }
    (mailbox.name, mailbox.email, mailbox.pager) = (field(1), field(2), field(3))
    for option in (field(4) ?? "").utf8.split(separator: UInt8(ascii: "|")) {
      let parts = option.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        findings.warn(
          line.valuePlace, "\(String(Substring(option))) is no option of \(mailbox).",
          advice: "Options are written name=value|name=value.")
        continue
      }
      mailbox.options[String(Substring(parts[0])).lowercased()] = String(Substring(parts[1]))
    }
    indices[mailbox.description] = mailboxes.count
    mailboxes.append(mailbox)
  }
}
