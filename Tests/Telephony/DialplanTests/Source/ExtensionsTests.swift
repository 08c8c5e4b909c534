import Testing

@testable import Dialplan

/// `extensions.conf` as observed on Asterisk 22.
@Suite("Loading an extensions.conf")
struct ExtensionsTests {
  private func load(_ text: String) -> Dialplan.Loaded { Dialplan.load(from: SourceFiles(["extensions.conf": text])) }

  /// `EXT[/CALLER],PRIO[(label)],App(args)` in matching order.
  private func steps(_ plan: Dialplan, _ context: String = "c") -> [String] {
    (plan.contexts[context]?.extensions ?? []).flatMap { item in
      item.steps.sorted { $0.key < $1.key }.map { priority, step in
        let label = item.labels.filter { $0.value == priority }.keys.sorted().map { "(\($0))" }.joined()
        return "\(item.pattern)\(item.caller.map { "/\($0)" } ?? ""),\(priority)\(label),\(step.application)(\(step.arguments))"
      }
    }
  }

  private func places(_ loaded: Dialplan.Loaded) -> [String] {
    loaded.findings.all.map { "\($0.place.line):\($0.place.column) \($0.severity.rawValue)" }
  }

  @Test("Priorities: numbers, n, s, labels, offsets before labels; the first of a priority stays")
  func priorities() {
    let loaded = load(
      """
      [c]
      exten => 100,1,NoOp(p1)
      exten => 100,n(two),NoOp(p2)
      exten => 100,n+0,NoOp(p3)
       same => n,Goto(20)
      exten => 100,20,NoOp(p20)
      exten => 100,s+1(foo),NoOp(p21)
      exten => 100,two+40(far),NoOp(p42)
      exten => 100,n,NoOp(p43)
      exten => 100,43,NoOp(duplicate)
      exten => other,n,NoOp(p44 of another)
       same => n+2(x)+7,NoOp(p47)
      """)
    #expect(
      steps(loaded.plan) == [
        "100,1,NoOp(p1)", "100,2(two),NoOp(p2)", "100,3,NoOp(p3)", "100,4,Goto(20)", "100,20,NoOp(p20)",
        "100,21(foo),NoOp(p21)",
        "100,42(far),NoOp(p42)", "100,43,NoOp(p43)", "other,44,NoOp(p44 of another)", "other,47(x),NoOp(p47)",
      ])
    #expect(places(loaded) == ["10:14 warning", "12:10 warning"])
  }

  @Test("What is dropped is said, with its place; the number goes on from the last line that could be read")
  func badLines() {
    let loaded = load(
      """
      [c]
      same => n,NoOp(no previous extension)
      exten => 100,n,NoOp(nothing to count from)
      exten => 100,1,NoOp(one)
      bogus => x
      exten => 100,zzz,NoOp(bad priority)
      exten => 100,n,NoOp(two
      exten => 100,n(lab,NoOp(bad label)
      exten => 100,n,NoOp(three)
      exten => 100,0,NoOp(zero)
      exten => ,1,NoOp()
      exten => 100
      exten => _[1-3,1,NoOp()
      ignorepat => 9
      exten => 100,hint,PJSIP/x
      exten => 100,n,NoOp(lost)
      same = 4x,NoOp(four)
      """)
    #expect(steps(loaded.plan) == ["100,1,NoOp(one)", "100,2,NoOp(two)", "100,3,NoOp(three)", "100,4,NoOp(four)"])
    #expect(loaded.plan.contexts["c"]?.extensions.first?.hint == "PJSIP/x")
    #expect(loaded.plan.contexts["c"]?.ignored.map(\.text) == ["9"])
    #expect(
      places(loaded).map { $0.split(separator: ":")[0] } == [
        "2", "3", "5", "6", "7", "8", "10", "11", "12", "13", "16", "17",
      ])
    #expect(!loaded.findings.hasErrors)
  }

  @Test("Applications: to the first parenthesis; arguments to the last, blanks kept")
  func applications() {
    let loaded = load(
      """
      [c]
      exten=>100,1,NoOp(a\\,b)
      same=>n,NoOp(semi\\;colon);comment
      \tsame\t=>\tn\t,\tNoOp(tabs)
       same => n, NoOp( spaced  arg )
       SAME => n,noop(keyword case)
       same => n,NoOp
       same => n,NoOp(nested(paren)s)
       same => n,NoOp(x) trailing
       same => n,NoOp((y)
       same => n,Set(X=a\\nb;c)
       same => n,Odd,a|b
       same => n,
       same => n,Blank (z)
      """)
    #expect(
      steps(loaded.plan).map { $0.split(separator: ",", maxSplits: 2)[2] } == [
        "NoOp(a\\,b)", "NoOp(semi;colon)", "NoOp(tabs)", "NoOp( spaced  arg )", "noop(keyword case)", "NoOp()",
        "NoOp(nested(paren)s)", "NoOp(x)", "NoOp((y)", "Set(X=a\\nb)", "Odd,a|b()", "()", "Blank(z)",
      ])
    #expect(places(loaded) == ["9:20 warning", "11:16 warning", "14:12 warning"])
    let step = loaded.plan.contexts["c"]?.extensions.first?.steps[4]
    #expect(step?.place.column == 13 && step?.argumentsPlace.column == 18)
  }

  @Test("A section that comes twice adds to the context; n and same go on only with (+)")
  func twice() {
    let loaded = load(
      """
      [c]
      exten => 100,1,NoOp(1)
      [d]
      exten => 5,1,NoOp(d5)
      [c](+)
      exten => 100,2,NoOp(2)
       same => n,NoOp(3)
      [c]
      exten => 100,n,NoOp(dropped)
      exten => 100,4,NoOp(4)
      """)
    #expect(steps(loaded.plan) == ["100,1,NoOp(1)", "100,2,NoOp(2)", "100,3,NoOp(3)", "100,4,NoOp(4)"])
    #expect(loaded.plan.contextsInOrder == ["c", "d"])
    #expect(places(loaded) == ["9:14 warning"])
  }

  @Test("Equivalent patterns are one extension, and its first lines stay")
  func equivalents() {
    let loaded = load(
      """
      [c]
      exten => _NX,1,NoOp(first)
      exten => _[2-9]x,1,NoOp(second)
      exten => _[2-9]x,2(l),NoOp(third)
      exten => _n0-9,1,NoOp(other)
      exten => 5-5,1,NoOp(dash)
      exten => 55,2,NoOp(no dash)
      exten => 55/7,1,NoOp(caller)
      exten => 55/7,1,NoOp(caller again)
      """)
    #expect(
      steps(loaded.plan) == [
        "55/7,1,NoOp(caller)", "5-5,1,NoOp(dash)", "5-5,2,NoOp(no dash)", "_n0-9,1,NoOp(other)", "_NX,1,NoOp(first)",
        "_NX,2(l),NoOp(third)",
      ])
    #expect(places(loaded).map { $0.split(separator: ":")[0] } == ["9", "3"])
  }

  @Test("Settings, globals and contexts; templates are no contexts")
  func sections() {
    let loaded = load(
      """
      [General]
      static=yes
      autofallthrough = no
      clearglobalvars => TRUE
      autofalthrough = yes
      [GLOBALS]
      A = 1
      B=${A}2;
      [t](!)
      exten => s,1,NoOp()
      [c](t)
       same => n,NoOp(goes on)
      include => d
      include => d,9:00-17:00,mon-fri,*,*
      include => d
      include => e , 9:00-17:00,mon-fri,*,*
      switch => IAX2/x
      [d]
      """)
    #expect(!loaded.plan.fallsThrough && loaded.plan.clearsGlobals)
    #expect(loaded.plan.globals.map { "\($0.name)=\($0.value)" } == ["A=1", "B=${A}2"])
    #expect(loaded.plan.contextsInOrder == ["c", "d"])
    #expect(steps(loaded.plan) == ["s,1,NoOp()", "s,2,NoOp(goes on)"])
    #expect(loaded.plan.contexts["c"]?.includes.map(\.context) == ["d", "d", "e"])
    #expect(
      loaded.plan.contexts["c"]?.includes.map { $0.times?.text } == [nil, "9:00-17:00,mon-fri,*,*", "9:00-17:00,mon-fri,*,*"])
    #expect(places(loaded) == ["5:1 warning", "15:12 warning", "17:1 warning"])
    #expect(loaded.findings.all.first?.advice == "Did you mean autofallthrough?")
  }

  @Test("Globals are put into extensions and includes when the plan is loaded; an unknown one is empty, and said")
  func globals() {
    let loaded = load(
      """
      [globals]
      P = 9
      Q = ${P}${LATER}8
      LATER = x
      F = ${ENV(HOME)}
      N = P
      [c]
      exten => _${P}X.,1,NoOp(${P})
      exten => ${Q}/${P},1,NoOp()
      exten => ${NONE}1,1,NoOp()
      exten => ${F}1,1,NoOp()
      exten => ${${N}}2,1,NoOp()
      exten => ${P,1,NoOp()
      include => in-${LATER}
      """)
    #expect(steps(loaded.plan) == ["1,1,NoOp()", "92,1,NoOp()", "98/9,1,NoOp()", "_9X.,1,NoOp(${P})"])
    #expect(loaded.plan.contexts["c"]?.includes.map(\.context) == ["in-x"])
    #expect(places(loaded) == ["10:10 warning", "11:10 warning", "13:10 warning"])
  }

  @Test("The first comma outside of a set ends an extension; a backslash protects")
  func extens() {
    let loaded = load("[c]\nexten => _[1,2]X,1,NoOp(a)\nexten => 1\\,2,1,NoOp(b)\nexten => 3 , 1 ,NoOp(c)\n")
    #expect(steps(loaded.plan) == ["1,2,1,NoOp(b)", "3,1,NoOp(c)", "_[1,2]X,1,NoOp(a)"])
    #expect(places(loaded) == [])
  }

  @Test("A hint that names nothing makes no extension")
  func emptyHint() {
    let loaded = load("[c]\nexten => 1,hint,\nexten => 2,hint,PJSIP/a\n")
    #expect(loaded.plan.contexts["c"]?.extensions.map(\.pattern.text) == ["2"])
    #expect(places(loaded) == ["2:12 warning"])
  }

  @Test("A choice has the name that ;@label gives it")
  func captions() {
    let loaded = load(
      """
      [c]
      ;@label Sales
      exten => 1,1,NoOp()
       same => n,Hangup()
      exten => 2,1,NoOp()  ;@label Support
       same => n,Hangup() ;@label Another
      exten => 3,1,NoOp()
      ;@lable Typo
      ;@author me
      """)
    #expect(loaded.plan.contexts["c"]?.extensions.map(\.caption) == ["Sales", "Support", nil])
    #expect(places(loaded) == ["6:29 warning", "8:9 warning"])
    #expect(loaded.findings.all.last?.advice == "Did you mean ;@label?")
  }

  @Test("Times of an include that cannot be read are said where they stand")
  func times() {
    let loaded = load("[c]\ninclude => d , 9:00-25:00,mon-fri,*,*\ninclude => e,*,mo,*,*\n")
    #expect(places(loaded).map { $0.split(separator: " ")[0] } == ["2:16", "3:16"])
  }

  @Test("A misspelt keyword is answered with the one that was meant")
  func misspelt() {
    let loaded = load("[c]\nextens => 1,1,NoOp()\ninclud => x\nSet(A=b)\n")
    #expect(
      loaded.findings.all.map(\.advice) == [
        "Did you mean exten?", "Did you mean include?", "A step is written same => n,Set(A=…",
      ])
  }

  @Test("The observed dialplans load without errors", arguments: ObservedPlans.all)
  func observed(_ plan: ObservedPlans.Plan) {
    let loaded = Dialplan.load(from: SourceFiles(plan.texts))
    #expect(loaded.findings.all.filter { $0.severity == .error } == [])
    #expect(!loaded.plan.contexts.isEmpty)
  }
}
