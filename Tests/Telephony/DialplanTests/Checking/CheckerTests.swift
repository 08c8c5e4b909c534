import Testing

@testable import Dialplan

@Suite("Checking a dialplan")
struct CheckerTests {
  private static let known: Checker.Known = {
    var known = Checker.Known(sounds: ["welcome", "menu", "digits/1"])
    known.functions = ["CALLERID", "LEN", "CUT"]
    return known
  }()

  /// `line:column sentence | advice`
  private func check(_ text: String, line: Int = 0) -> [String] {
    let loaded = Dialplan.load(from: SourceFiles(["extensions.conf": text]))
    let findings = loaded.findings.all + Checker.check(loaded.plan, knowing: Self.known)
    #expect(!findings.contains { $0.severity == .error })
    return findings.map { "\($0.place.line):\($0.place.column) \($0.what)" + ($0.advice.map { " | \($0)" } ?? "") }
  }

  @Test("A plan without faults has no findings")
  func clean() {
    let findings = check(
      """
      [main]
      exten => s,1,Answer()
       same => n(again),Background(welcome&menu)
       same => n,WaitExten(5)
      exten => 1,1,Dial(PJSIP/ada&PJSIP/bob,20,gm(default))
       same => n,GotoIf($["${DIALSTATUS}" = "BUSY"]?busy:away)
       same => n(busy),VoiceMail(100@main,b)
       same => n,Hangup()
       same => n(away),VoiceMail(100@main,u)
      exten => 2,1,Gosub(tools,say,1(a,b))
       same => n,Goto(s,again)
      exten => i,1,Goto(main,s,again)
      exten => t,1,Hangup()
      exten => h,1,NoOp(${CALLERID(num)} ${CUT(X,-,1)})
      [tools]
      exten => say,1,Set(LOCAL=${LEN(${ARG1})})
       same => n,While($[${LOCAL} > 0])
       same => n,EndWhile()
       same => n,ExecIf($[1 = 1]?Goto(say,done):NoOp(x:y))
       same => n(done),Return()
      """)
    #expect(findings == [])
  }

  @Test("Time zones that there are not are told, with the city that is meant; without a list of zones nothing is")
  func zones() {
    let text = """
      [c]
      include => d,9:00-17:00,*,*,*,Europe/Berln
      include => d,9:00-17:00,*,*,*,UTC
      exten => s,1,GotoIfTime(9:00-17:00,mon-fri,*,*,berlin?d,1)
       same => n,GotoIfTime(9:00-17:00,mon-fri,*,*,Europe/Berlin?d,1)
       same => n,GotoIfTime(9:00-17:00,mon-fri,*,*,${ZONE}?d,1)
       same => n,ExecIfTime(9:00-17:00,mon-fri,*,*, Mars?NoOp():NoOp())
       same => n,NoOp(${STRFTIME(${EPOCH},Amerika/New_York,%H)} ${STRFTIME(,${ZONE},%H)} ${STRFTIME(,,%H)})
       same => n,NoOp(${IFTIME(9:00-17:00,*,*,*,Europe/London?a:b)} ${STRFTIME(,America/New_York)})
      exten => d,1,Hangup()
      [d]
      exten => 1,1,Hangup()
      """
    let plan = Dialplan.load(from: SourceFiles(["extensions.conf": text])).plan
    let zones: Set = ["Europe/Berlin", "America/New_York"]
    let found = Checker.check(plan, knowing: Checker.Known(zones: zones)).map {
      "\($0.place.line):\($0.place.column) \($0.what)" + ($0.advice.map { " | \($0)" } ?? "")
    }
    #expect(
      found == [
        "2:12 There is no time zone Europe/Berln: UTC is taken for it. | Did you mean Europe/Berlin?",
        "4:48 There is no time zone berlin: UTC is taken for it. | Did you mean Europe/Berlin?",
        "7:47 There is no time zone Mars: UTC is taken for it. | Zones are called after cities, such as Europe/Berlin.",
        "8:19 There is no time zone Amerika/New_York: nothing stands in its place. | Did you mean America/New_York?",
        "9:19 There is no time zone Europe/London: UTC is taken for it. | Zones are called after cities, such as Europe/Berlin.",
      ])
    #expect(Checker.check(plan).isEmpty)
  }

  @Test("Applications and functions that there are not")
  func unknown() {
    let findings = check(
      """
      [c]
      exten => 1,1,Backgroud(menu)
       same => n,Frobnicate()
       same => n,System(rm)
       same => n,Macro(x)
       same => n,NoOp,a
       same => n,
       same => n,NoOp(${LNE(x)})
       same => n,Set(CALLERIDD(num)=1)
       same => n,ExecIf(1?Sett(A=1):NoOp())
       same => n,Set(nothing)
       same => n,Set(A B=1)
      """)
    #expect(
      findings.map { $0.split(separator: " ", maxSplits: 1)[0] } == [
        "2:14", "3:12", "4:12", "5:12", "6:12", "7:12", "8:19", "9:16", "10:21", "11:16", "12:16",
      ])
    #expect(findings[0] == "2:14 There is no application Backgroud: the call ends here. | Did you mean Background?")
    #expect(findings[1] == "3:12 There is no application Frobnicate: the call ends here.")
    #expect(findings[6].hasSuffix("Did you mean LEN?"))
    #expect(findings[8].hasSuffix("Did you mean Set?"))
  }

  @Test("Arguments: too few, too many, options that do nothing, sounds that there are not")
  func arguments() {
    let findings = check(
      """
      [c]
      exten => 1,1,Dial()
       same => n,Dial(PJSIP/a,20,gZm(x)ry,url)
       same => n,Playback(welcome&welcom&${X}&digits/1)
       same => n,Playback(${X})
       same => n,Wait(1,2)
       same => n,Background(menu)
      """)
    #expect(
      findings == [
        "2:19 Dial needs whom to ring.", "3:29 Dial does not serve the options Z, y here, and goes on without.",
        "4:29 There is no sound welcom: nothing is heard. | Did you mean welcome?",
        "6:19 Wait takes one argument; what follows is passed over.",
        "7:12 A caller who presses a wrong key here is hung up on, as [c] has no extension i. | Write exten => i,1,… for wrong keys.",
      ])
  }

  @Test("Queues and mailboxes that there are not, where it is known which there are")
  func names() {
    let plan = Dialplan.load(
      from: SourceFiles([
        "extensions.conf": """
        [c]
        exten => 1,1,Queue(salse,n)
         same => n,Queue(sales)
         same => n,VoiceMail(100&200@sales&300,u)
         same => n,VoiceMail(${X}@sales)
         same => n,VoiceMailMain()
        """
      ])
    ).plan
    let known = Checker.Known(queues: ["sales"], mailboxes: ["100@default", "200@sales"])
    #expect(
      Checker.check(plan, knowing: known).map(\.description) == [
        "extensions.conf:2:20: warning: There is no queue salse. Did you mean sales?",
        "extensions.conf:4:36: warning: There is no mailbox 300.",
      ])
    #expect(Checker.check(plan) == [])
  }

  @Test("Targets that are nowhere; those that only a call will tell are left alone")
  func targets() {
    let findings = check(
      """
      [c]
      exten => s,1,Goto(100,1)
      exten => s,2,Goto(d,s,1)
      exten => s,3,Goto(mian)
      exten => s,4(main),GotoIf($[1 ? 2 :: 3]?5:nope)
      exten => s,5,Gosub(d,x,1(a,b))
      exten => s,6,Goto(${X},1)
      exten => s,7,Goto(dd,s,1)
      exten => s,8,Goto(+1)
      exten => s,9,Goto(+9)
      exten => s,10,GotoIfTime(9:00-17:00,mon-fri,*,*?open)
      exten => s,11,Goto(7)
      exten => s,12,Goto(200)
      exten => s,13,Goto(s,main)
      exten => s,14,GotoIf(1)
      exten => s,15,Goto()
      exten => s,16,ExecIf(1?Goto(none,1):Hangup)
      exten => 200,2,NoOp()
      exten => _3XX,1,Goto(200,3)
      exten => _4XX,1,Goto(l)
      exten => _4XX,n,Goto(main)
      exten => _4XX,n,Goto(777)
      [d]
      exten => s,1,NoOp()
      """)
    #expect(
      findings.map { $0.split(separator: "|")[0] } == [
        "2:19 There is no extension 100 in [c]: the call ends here.", "4:19 s has no label mian: the call ends here. ",
        "5:43 s has no label nope: the call ends here.", "6:20 There is no extension x in [d]: the call ends here.",
        "8:19 There is no context [dd]: the call ends here. ", "10:19 s has no priority 18: the call ends here.",
        "11:49 s has no label open: the call ends here.", "13:20 s has no priority 200: the call ends here.",
        "15:22 There is no ? in this GotoIf: it decides nothing. ", "16:20 Goto names no place to go to: the call ends here.",
        "17:29 There is no extension none in [c]: the call ends here.",
        "18:16 Nothing leads here: 200 has a priority 2 and no 1. ",
        "19:22 There is no extension 200 in [c]: the call ends here.", "20:22 _4XX has no label l: the call ends here.",
        "22:22 _4XX has no priority 777: the call ends here.",
      ])
  }

  @Test("Includes of nothing")
  func includes() {
    #expect(
      check("[sales]\ninclude => sale\ninclude => sales\n") == [
        "2:12 There is no context [sale] to include. | Did you mean sales?",
        "3:12 [sales] includes itself, which does nothing. | Leave this line out.",
      ])
  }

  @Test("Menus: keys that begin others, wrong keys, no keys")
  func menus() {
    let menu = """
      [m]
      exten => s,1,Background(menu)
       same => n,WaitExten(5)
      exten => 1,1,NoOp()
      exten => 10,1,NoOp()
      exten => _2X,1,NoOp()
      exten => _2.,1,NoOp()
      exten => 3,1,NoOp()
      include => more
      [more]
      exten => _3XX,1,NoOp()
      exten => 4,1,NoOp()
      """
    #expect(
      check(menu).map { $0.split(separator: "|")[0] } == [
        "2:14 A caller who presses a wrong key here is hung up on, as [m] has no extension i. ",
        "3:12 A caller who presses nothing here is hung up on, as [m] has no extension t. ",
        "4:10 A caller who presses 1 in [m] waits for the next digit to time out, as it could become 10. ",
        "6:10 A caller who presses 20 in [m] waits for the next digit to time out, as it could become _2.. ",
        "8:10 A caller who presses 3 in [m] waits for the next digit to time out, as it could become _3XX. ",
      ])
    #expect(check(menu + "\nexten => e,1,NoOp()\n").count == 3)
    #expect(check("[m]\nexten => s,1,Background(menu)\n same => n,WaitExten()\n") == [])
    #expect(check("[m]\nexten => s,1,WaitExten()\n same => n,NoOp()\nexten => 1,1,NoOp()\nexten => i,1,NoOp()\n") == [])
  }

  @Test("Extensions that no call can reach")
  func shadows() {
    let findings = check(
      """
      [c]
      exten => _5!,1,NoOp()
      exten => _5,1,NoOp()
      exten => 6,1,NoOp()
      exten => _6,1,NoOp()
      exten => 7,1,NoOp()
      exten => _7,1,NoOp()
      exten => _7,2,NoOp()
      exten => _8.9,1,NoOp()
      exten => _5!1,2,NoOp()
      """)
    #expect(
      findings.map { $0.split(separator: "|")[0] } == [
        "3:10 No call reaches _5: _5! in line 2 takes whatever it matches. ",
        "5:10 No call reaches _6: 6 in line 4 takes whatever it matches. ",
        "9:10 What stands behind the . of _8.9 is not looked at. ", "10:10 What stands behind the ! of _5!1 is not looked at. ",
      ])
  }

  @Test("Blocks that are not closed, or never opened")
  func blocks() {
    let findings = check(
      """
      [c]
      exten => 1,1,While(1)
       same => n,If(1)
       same => n,ExitWhile()
       same => n,Else()
       same => n,EndWhile()
       same => n,EndWhile()
      exten => 2,1,ExitIf()
      """)
    #expect(
      findings.map { $0.split(separator: "|")[0] } == [
        "3:12 This If has no EndIf in 1. ", "7:12 This EndWhile has no While above it in its extension: the call ends here.",
        "8:14 This ExitIf has no If above it in its extension: the call ends here.",
      ])
  }

  @Test("Steps behind a gap that nothing leads to")
  func gaps() {
    let plan = """
      [c]
      exten => 1,1,NoOp()
      exten => 1,3,NoOp()
      exten => 1,102,NoOp()
      exten => 1,202(far),Goto(1,302)
      exten => 1,302,NoOp()
      exten => 2,1,NoOp()
      exten => 2,3,NoOp()
      exten => _[2-3],2,NoOp()
      exten => _[2-3],5,NoOp()
      include => d
      [d]
      exten => 9,7,NoOp()
      """
    #expect(
      check(plan).map { $0.split(separator: "|")[0] } == [
        "3:14 Nothing leads here: 1 has a priority 3 and no 2. ", "4:16 Nothing leads here: 1 has a priority 102 and no 101. ",
      ])
    #expect(check(plan + "\nexten => 10,1,Goto(1,${X})\n") == [])
  }

  @Test("Loops without anything that waits or decides")
  func loops() {
    let findings = check(
      """
      [c]
      exten => s,1,NoOp()
       same => n(here),Set(A=1)
       same => n,Goto(here)
      exten => a,1,Goto(b,1)
      exten => b,1,Goto(c,a,1)
      exten => w,1,Wait(1)
       same => n,Goto(1)
      exten => g,1,GotoIf($[${A}]?out)
       same => n,Goto(1)
       same => n(out),Hangup()
      exten => _9X,1,Goto(1)
      """)
    #expect(
      findings.map { $0.split(separator: ",")[0] } == [
        "4:12 A call that comes here goes round without end", "6:14 A call that comes here goes round without end",
        "12:16 A call that comes here goes round without end",
      ])
    #expect(findings.first?.contains("c,s,2 → c,s,3") == true)
  }

  @Test("The observed dialplans have no errors", arguments: ObservedPlans.all)
  func observed(_ observed: ObservedPlans.Plan) {
    let loaded = Dialplan.load(from: SourceFiles(observed.texts))
    #expect(Checker.check(loaded.plan).filter { $0.severity == .error } == [])
  }
}
