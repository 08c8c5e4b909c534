/// `queues.conf`, read.
package struct QueuesFile: Sendable {
  /// As they were opened first.
  package internal(set) var queues: [WrittenQueue] = []
  /// Members that were added while the service ran are kept.
  package internal(set) var keepsMembers = false
  /// The time after a call is counted over all queues of a member.
  package internal(set) var sharesLastCall = false
  package internal(set) var findings = FindingList()

  package static func load(_ name: String = "queues.conf", from files: SourceFiles) -> QueuesFile {
    var file = QueuesFile()
    let text = SourceReader.read(name, from: files)
    file.findings = text.findings
    var reader = QueuesReader(file)
    for section in text.sections where section.name.lowercased() == "general" && !section.isTemplate {
      reader.readGeneral(section)
    }
    for section in text.sections where section.name.lowercased() != "general" && !section.isTemplate {
      reader.readQueue(section)
    }
    return reader.file
  }

  package func queue(_ name: String) -> WrittenQueue? { queues.first { $0.name == name } }
}

private struct QueuesReader {
  var file: QueuesFile
  private var fillsAll = false
  private var indices: [String: Int] = [:]
  /// Queue and interface.
  private var members: Set<[String]> = []

  init(_ file: QueuesFile) { self.file = file }

  /// Known to Asterisk; what they do is not done here.
  private static let meaningless: Set<String> = [
    "monitor-type", "monitor-format", "updatecdr", "negative_penalty_invalid", "log_membername_as_agent", "membermacro",
    "force_longest_waiting_caller", "autopausedelay", "autopausebusy", "autopauseunavail", "eventwhencalled",
    "eventmemberstatus",
    "membergosub", "defaultrule", "queue-callerannounce", "announce-position-only-up", "relative-periodic-announce",
    "periodic-announce-startdelay", "log-restricted-caller-id", "shared_lastcall",
  ]
  private static let keys = [
    "strategy", "timeout", "timeoutpriority", "timeoutrestart", "retry", "wrapuptime", "maxlen", "joinempty", "leavewhenempty",
    "weight", "penaltymemberslimit", "servicelevel", "autopause", "ringinuse", "autofill", "memberdelay", "musicclass",
    "context",
    "setinterfacevar", "setqueueentryvar", "setqueuevar", "announce-frequency", "min-announce-frequency", "announce-position",
    "announce-position-limit", "announce-holdtime", "announce-round-seconds", "announce-to-first-user", "periodic-announce",
    "periodic-announce-frequency", "random-periodic-announce", "announce", "reportholdtime", "member",
  ]

  mutating func readGeneral(_ section: SourceSection) {
    for line in section.lines {
      switch line.key.lowercased() {
      case "persistentmembers": file.keepsMembers = line.isTrue
      case "autofill": fillsAll = line.isTrue
      case "shared_lastcall": file.sharesLastCall = line.isTrue
      case let key where Self.meaningless.contains(key): notServed(line)
      default: line.unknown(&file.findings, in: "general", among: ["persistentmembers", "autofill", "shared_lastcall"])
      }
    }
  }

  mutating func readQueue(_ section: SourceSection) {
    let index = indices[section.name] ?? file.queues.count
    if indices[section.name] == nil {
      indices[section.name] = index
      var queue = WrittenQueue(name: section.name, place: section.place)
      queue.autoFills = fillsAll
      file.queues.append(queue)
    }
    var queue = file.queues[index]
    for line in section.lines {
      if let rest = read(line, &queue) { announce(rest, &queue) }
    }
    file.queues[index] = queue
  }

  private mutating func notServed(_ line: SourceLine) {
    file.findings.warn(line.place, "\(line.key) does nothing here, and the line is not read.")
  }

  /// Who rings and waits, and how long; the line itself if it is about none of that.
  private mutating func read(_ line: SourceLine, _ queue: inout WrittenQueue) -> SourceLine? {
    switch line.key.lowercased() {
    case "strategy": strategy(line, &queue)
    case "timeout": set(&queue.timeout, line.count(&file.findings))
    case "timeoutpriority":
      set(&queue.timeoutPriority, line.choice(&file.findings, as: WrittenQueue.TimeoutPriority.self))
    case "timeoutrestart": queue.timeoutRestarts = line.isTrue
    // Nothing, or less, is the usual pause.
    case "retry": set(&queue.retry, line.number(&file.findings).map { $0 > 0 ? $0 : 5 })
    case "wrapuptime": set(&queue.wrapUpTime, line.count(&file.findings))
    case "maxlen": set(&queue.maximumLength, line.count(&file.findings))
    case "joinempty": set(&queue.joinEmpty, absences(line, whenYes: []))
    case "leavewhenempty": set(&queue.leaveWhenEmpty, absences(line, whenYes: Self.nobody))
    case "weight": set(&queue.weight, line.count(&file.findings))
    case "penaltymemberslimit": set(&queue.penaltyMembersLimit, line.count(&file.findings))
    case "servicelevel": set(&queue.serviceLevel, line.count(&file.findings))
    case "autopause": set(&queue.autoPause, line.choice(&file.findings, as: WrittenQueue.AutoPause.self))
    case "ringinuse": queue.ringsInUse = line.isTrue
    case "autofill": queue.autoFills = line.isTrue
    case "memberdelay": set(&queue.memberDelay, line.count(&file.findings))
    case "musicclass", "music", "musiconhold": queue.musicClass = line.value.isEmpty ? nil : line.value
    case "context": queue.context = line.value.isEmpty ? nil : line.value
    case "setinterfacevar": queue.setsInterfaceVariables = line.isTrue
    case "setqueueentryvar": queue.setsEntryVariables = line.isTrue
    case "setqueuevar": queue.setsQueueVariables = line.isTrue
    case "member": member(line, &queue)
    default: return line
    }
    return nil
  }

  /// What is heard.
  private mutating func announce(_ line: SourceLine, _ queue: inout WrittenQueue) {
    switch line.key.lowercased() {
    case "announce-frequency": set(&queue.announceFrequency, line.count(&file.findings))
    case "min-announce-frequency": set(&queue.minimumAnnounceFrequency, line.count(&file.findings))
    case "announce-position":
      set(&queue.announcesPosition, line.choice(&file.findings, as: WrittenQueue.PositionNews.self))
    case "announce-position-limit": set(&queue.announcePositionLimit, line.count(&file.findings))
    case "announce-holdtime": set(&queue.announcesHoldTime, line.choice(&file.findings, as: WrittenQueue.HoldTimeNews.self))
    case "announce-round-seconds": set(&queue.announceRoundSeconds, line.count(&file.findings))
    case "announce-to-first-user": queue.announcesToFirst = line.isTrue
    case "periodic-announce": queue.periodicAnnouncements += line.fields.filter { !$0.isEmpty }
    case "periodic-announce-frequency": set(&queue.periodicAnnounceFrequency, line.count(&file.findings))
    case "random-periodic-announce": queue.isPeriodicRandom = line.isTrue
    case "announce": queue.announcement = line.value.isEmpty ? nil : line.value
    case "reportholdtime": queue.reportsHoldTime = line.isTrue
    case let key where Self.meaningless.contains(key): notServed(line)
    case let key where key.hasPrefix("queue-"): queue.sounds[key] = line.value
    default: line.unknown(&file.findings, in: queue.name, among: Self.keys)
    }
  }

  private func set<Value>(_ setting: inout Value, _ value: Value?) {
    if let value { setting = value }
  }

  private mutating func strategy(_ line: SourceLine, _ queue: inout WrittenQueue) {
    guard line.value.lowercased() == "roundrobin" else {
      return set(&queue.strategy, line.choice(&file.findings, as: WrittenQueue.Strategy.self))
    }
    queue.strategy = .roundRobin
    file.findings.warn(line.valuePlace, "roundrobin is the old name of rrmemory, which is taken.", advice: "Write rrmemory.")
  }

  private static let nobody: Set<WrittenQueue.Absence> = [.penalty, .paused, .invalid]

  private mutating func absences(_ line: SourceLine, whenYes: Set<WrittenQueue.Absence>) -> Set<WrittenQueue.Absence> {
    let isJoining = whenYes.isEmpty
    var absences: Set<WrittenQueue.Absence> = []
    for word in line.fields.map({ $0.lowercased() }) {
      switch word {
      case "yes", "true", "1", "on": absences = whenYes
      case "no", "false", "0", "off": absences = isJoining ? Self.nobody : []
      case "strict": absences.formUnion(Self.nobody.union([.unavailable]))
      case "loose": absences.formUnion([.penalty, .invalid])
      default:
        if let absence = WrittenQueue.Absence(rawValue: word) {
          absences.insert(absence)
        } else {
          let names = WrittenQueue.Absence.allCases.map(\.rawValue) + ["yes", "no", "strict", "loose"]
          file.findings.warn(
            line.valuePlace, "\(line.key) knows no “\(word)”; it is left out.",
            advice: Suggestion.sentence(for: word, among: names)
              ?? "It may be yes, no, or a list of \(names.joined(separator: ", ")).")
        }
      }
    }
    return absences
  }

  private mutating func member(_ line: SourceLine, _ queue: inout WrittenQueue) {
    let fields = line.fields
    func field(_ index: Int) -> String? { fields.indices.contains(index) && !fields[index].isEmpty ? fields[index] : nil }
    guard let interface = field(0) else {
      return file.findings.warn(line.place, "This member has no device.", advice: "Write member => PJSIP/alice.")
    }
    guard members.insert([queue.name, interface]).inserted else {
      return file.findings.warn(line.valuePlace, "\(interface) is a member of \(queue.name) already; the first line stays.")
    }
    var member = WrittenQueue.Member(interface: interface, place: line.valuePlace)
    if let penalty = field(1) {
      if let number = Int32(penalty), number >= 0 {
        member.penalty = Int(number)
      } else {
        file.findings.warn(line.valuePlace, "“\(penalty)” is no penalty, and is read as 0.")
      }
    }
    member.name = field(2)
    member.stateInterface = field(3)
    member.ringsInUse = field(4).map { ["yes", "true", "y", "t", "1", "on"].contains($0.lowercased()) }
    member.wrapUpTime = field(5).flatMap { Int32($0) }.map { Int(max(0, $0)) }
    member.isPaused = field(6).map { ["yes", "true", "y", "t", "1", "on"].contains($0.lowercased()) } ?? false
    queue.members.append(member)
  }
}
