import Dialplan

/// Plans of a size and kind that the benchmark needs.
enum DialplanExamples {
  // MARK: An office

  /// Ten thousand lines: menus with digits, people with voicemail, subroutines, numbers that lead out, hours and comments.
  static let office: String = {
    var lines = ["[general]", "autofallthrough=yes", "", "[globals]", "OFFICE=Berlin", "RINGS=20", "", "[bench]"]
    lines += ["exten => s,1,Goto(menu0,s,1)", "include => people", "include => out", ""]
    lines += subroutine + out
    var people = ["[people]"]
    var number = 0
    while lines.count + people.count < 10_000 {
      lines += menu(number)
      people += person(2000 + number)
      number += 1
    }
    lines[lines.firstIndex(of: "MENUS") ?? 0] = "; \(number) menus"
    return (lines + people).joined(separator: "\n") + "\n"
  }()

  private static let subroutine = [
    "MENUS", "[ring]", "; ARG1 is the agent, ARG2 the seconds.", "exten => s,1,NoOp(Ringing ${ARG1} for ${CALLERID(num)})",
    " same => n,Set(LOCAL(seconds)=${IF($[${LEN(${ARG2})} > 0]?${ARG2}:${RINGS})})",
    " same => n,Dial(PJSIP/${ARG1},${seconds})",
    " same => n,GotoIf($[\"${DIALSTATUS}\" = \"BUSY\"]?busy)", " same => n,VoiceMail(${ARG1}@default,u)",
    " same => n,Return()", " same => n(busy),VoiceMail(${ARG1}@default,b)", " same => n,Return()", "",
  ]

  private static let out = [
    "[out]", "exten => _0[1-9]XXXXXX.,1,Set(number=${EXTEN:1})", " same => n,Dial(PJSIP/trunk,60)", " same => n,Hangup()",
    "exten => _00[1-9]X.,1,GotoIfTime(8:00-18:00,mon-fri,*,*?day:night)", " same => n(day),Dial(PJSIP/trunk,60)",
    " same => n,Hangup()", " same => n(night),Congestion(5)", "",
  ]

  private static func menu(_ number: Int) -> [String] {
    return [
      "; -------------------------------------------------------------", "; Menu \(number)", "[menu\(number)]",
      "exten => s,1,Answer()", " same => n,Set(tries=0) ; nobody has pressed a key yet", " same => n,Set(CHANNEL(language)=en)",
      " same => n(again),Background(welcome&press-1)", " same => n,WaitExten(5)",
      "exten => 1,1,Gosub(ring,s,1(agent\(number),20))", " same => n,Hangup()",
      "exten => 2,1,Set(wanted=sales-${EXTEN}-\(number))", " same => n,Queue(${wanted},,,,120)", " same => n,Goto(s,again)",
      "exten => 3,1,GotoIf($[\"${CALLERID(num):0:3}\" = \"030\" & ${tries} < 3]?bench,\(2000 + number),1:s,again)",
      "exten => 9,1,Verbose(2,Menu \(number) is left by ${CALLERID(all)})", " same => n,Hangup(16)",
      "exten => i,1,Set(tries=$[${tries} + 1])", " same => n,GotoIf($[${tries} > 3]?h,1)", " same => n,Playback(pbx-invalid)",
      " same => n,Goto(s,again)", "exten => t,1,Playback(vm-goodbye)", " same => n,Hangup()",
      "exten => h,1,NoOp(Gone after ${tries} tries, ${HANGUPCAUSE})", "",
    ]
  }

  private static func person(_ number: Int) -> [String] {
    [
      "exten => \(number),1,Set(CALLERID(name)=${CALLERID(name)} for \(number))",
      " same => n,Gosub(ring,s,1(agent\(number),${RINGS}))",
      " same => n,Hangup()", "exten => \(number),hint,PJSIP/agent\(number)",
    ]
  }

  // MARK: Loops

  struct Loop: Sendable {
    var name: String
    var text: String
    /// The same by hand, in Swift; how many steps it was.
    var byHand: @Sendable () -> Int
    /// Whether a million steps a second are expected of it.
    var isAimed = true
  }

  static let loops = [
    Loop(name: "NoOp and Goto", text: hops, byHand: hopsByHand),
    Loop(name: "Set, GotoIf and expressions", text: sums, byHand: sumsByHand),
    Loop(name: "Set with functions", text: texts, byHand: textsByHand, isAimed: false),
  ]

  private static let hopCount = 1000

  /// From extension to extension, then a second's rest.
  private static let hops: String = {
    var lines = ["[bench]", "exten => s,1,Goto(1,1)"]
    for number in 1...hopCount {
      lines += ["exten => \(number),1,NoOp(a word)", " same => n,NoOp(another)", " same => n,Goto(\(number + 1),1)"]
    }
    return (lines + ["exten => \(hopCount + 1),1,Wait(1)", " same => n,Goto(1,1)"]).joined(separator: "\n") + "\n"
  }()

  /// One search for an extension's name and one note of a step for each.
  private static func hopsByHand() -> Int {
    var steps: [(exten: String, priority: Int, what: String)] = []
    var exten = "1"
    for number in 1...hopCount {
      guard let priorities = handPlan[exten] else { return 0 }
      for (priority, what) in priorities.enumerated() { steps.append((exten, priority, what)) }
      exten = String(number + 1)
    }
    return steps.count
  }

  private static let handPlan = Dictionary(
    uniqueKeysWithValues: (1...hopCount).map { (String($0), ["a word", "another", "\($0 + 1),1"]) })

  private static let sumCount = 1000

  /// Two variables are reckoned with a thousand times, then a second's rest.
  private static let sums = """
    [bench]
    exten => s,1,Set(i=0)
     same => n,Set(sum=0)
     same => n(next),Set(i=$[${i} + 1])
     same => n,Set(sum=$[${sum} + ${i} * 2])
     same => n,GotoIf($["${sum}" = "never"]?done)
     same => n,GotoIf($[${i} < \(sumCount)]?next)
     same => n(done),Wait(1)
     same => n,Goto(1)

    """

  /// Variables are texts by name, read and written as numbers.
  private static func sumsByHand() -> Int {
    var variables = ["i": "0", "sum": "0"]
    var steps = 0
    func number(_ name: String) -> Int { variables[name].flatMap { Int($0) } ?? 0 }
    repeat {
      variables["i"] = String(number("i") + 1)
      variables["sum"] = String(number("sum") + number("i") * 2)
      if variables["sum"] == "never" { break }
      steps += 4
    } while number("i") < sumCount
    return steps
  }

  /// As many times a number is taken apart, and the caller's is asked for.
  private static let texts = """
    [bench]
    exten => s,1,Set(i=0)
     same => n(next),Set(i=${INC(i)})
     same => n,Set(digits=${LEN(${EPOCH}${i})})
     same => n,Set(line=${CUT(number-${i}-of,-,2)} ${CALLERID(num)})
     same => n,GotoIf($[${i} < \(sumCount)]?next)
     same => n,Wait(1)
     same => n,Goto(1)

    """

  private static func textsByHand() -> Int {
    var variables = ["i": "0"]
    var (steps, number) = (0, 0)
    while number < sumCount {
      number = (variables["i"].flatMap { Int($0) } ?? 0) + 1
      let text = String(number)
      variables["i"] = text
      variables["digits"] = String("1795000000".utf8.count + text.utf8.count)
      variables["line"] = "\("number-\(text)-of".split(separator: "-")[1]) 5551234"
      steps += 4
    }
    return steps
  }

  // MARK: Numbers

  struct Directory {
    var name: String
    var plan: Dialplan
    var dialled: [String]
  }

  static func directories() throws -> [Directory] {
    let people = (2000..<3000).map { "exten => \($0),1,NoOp()" }
    let countries = (100..<1100).map { "exten => _00\($0)X.,1,NoOp()" }
    return [
      Directory(name: "1,000 extensions", plan: plan(people), dialled: (2000..<3000).map(String.init)),
      Directory(name: "1,000 patterns", plan: plan(countries), dialled: (100..<1100).map { "00\($0)4567890" }),
      Directory(
        name: "both, included",
        plan: plan(["include => people", "include => countries", "[people]"] + people + ["[countries]"] + countries),
        dialled: (2000..<3000).map(String.init) + (100..<1100).map { "00\($0)4567890" }),
    ]
  }

  private static func plan(_ lines: [String]) -> Dialplan {
    Dialplan.load(from: SourceFiles(["extensions.conf": (["[bench]"] + lines).joined(separator: "\n") + "\n"])).plan
  }
}
