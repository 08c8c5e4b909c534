import Testing
import Wire

@testable import Dialplan

@Suite("Flow: loops, choices, subroutines")
struct FlowTests {
  @Test("Loops stand inside each other, begin anew from the middle, and are left from the middle")
  func loops() {
    let walked = walk(
      """
      [c]
      exten => s,1,Set(I=0)
       same => n,While($[${I} < 4])
       same => n,Set(I=$[${I} + 1])
       same => n,ExecIf($[${I} = 2]?ContinueWhile())
       same => n,Set(J=0)
       same => n,While(1)
       same => n,Set(J=$[${J} + 1])
       same => n,ExecIf($[${J} = 2]?ExitWhile())
       same => n,EndWhile()
       same => n,NoOp(${I}.${J})
       same => n,EndWhile()
       same => n,NoOp(after ${I})
      """)
    #expect(walked.said == ["1.2", "3.2", "4.2", "after 4"])
  }

  @Test("The first branch that holds is taken, and only that")
  func choices() {
    func said(_ value: String) -> [String] {
      walk(
        """
        [c]
        exten => s,1,If($[${EXTEN:0:1} = s])
         same => n,If($["\(value)" = "a"])
         same => n,NoOp(a)
         same => n,ElseIf($["\(value)" = "b"])
         same => n,NoOp(b)
         same => n,ExitIf()
         same => n,NoOp(not reached)
         same => n,ElseIf($["\(value)" = "b"])
         same => n,NoOp(not reached)
         same => n,Else()
         same => n,NoOp(else)
         same => n,EndIf()
         same => n,Else()
         same => n,NoOp(not reached)
         same => n,EndIf()
         same => n,NoOp(after)
        """
      ).said
    }
    #expect(said("a") == ["a", "after"])
    #expect(said("b") == ["b", "after"])
    #expect(said("z") == ["else", "after"])
  }

  @Test("A step that waits for a page is taken once, whatever its functions do before the page is there")
  func waitsForPage() {
    let plan = Dialplan.load(
      from: SourceFiles([
        "extensions.conf": """
        [c]
        exten => s,1,Set(n=0)
         same => n,Set(page=${nothing(1)}${INC(n)} ${CURL(http://a.example/)} ${INC(n)})
         same => n,NoOp(${page} ${n})
        """
      ])
    ).plan
    var run = Run(plan: plan, channel: Channel(name: "WebRTC/1", uniqueID: "1.1", position: Position("c", "s", 1)))
    var office = Office(facts: Caller.Facts())
    let asked = run.start(in: &office, at: Instant())
    let fetch = Fetch(url: "http://a.example/", body: nil)
    #expect(asked.last == .fetch(fetch))
    #expect(asked.contains { if case .log = $0 { true } else { false } } == false)
    // Another page is not the one.
    #expect(run.receive(.fetched(Fetch(url: "http://b.example/", body: nil), "b"), in: &office, at: Instant()).isEmpty)
    let done = run.receive(.fetched(fetch, "hello"), in: &office, at: Instant())
    #expect(done.count { if case .log = $0 { true } else { false } } == 1)
    let said = done.compactMap { if case .step(_, "NoOp", let words) = $0 { words } else { nil } }
    #expect(said == ["1 hello 2 2"])
  }

  @Test("A loop or a choice without its end ends the call, and says where")
  func unclosed() {
    for opening in ["While(0)", "If(0)"] {
      let walked = walk("[c]\nexten => s,1,\(opening)\n same => n,NoOp(in)\nexten => h,1,NoOp(h)\n")
      #expect(walked.said == ["h"])
      #expect(walked.sentences.contains { $0.contains("c,s,1") })
    }
  }

  @Test("A plan that loops is stopped, with a sentence")
  func endless() {
    let walked = walk("[c]\nexten => s,1,NoOp(a)\n same => n,Goto(s,1)\nexten => h,1,NoOp(h)\n")
    #expect(walked.steps.count == Run.maximumStepsAtOnce)
    #expect(walked.sentences.contains { $0.contains("loops at extensions.conf:") })
    #expect(!walked.said.contains("h"))
  }

  @Test("A plan that waits a little in its loop is stopped in the end too")
  func patientLoop() {
    let conf = "[c]\nexten => s,1,Wait(0.001)\n same => n,Goto(s,1)\n"
    let plan = Dialplan.load(from: SourceFiles(["extensions.conf": conf])).plan
    var run = Run(plan: plan, channel: Channel(name: "a", uniqueID: "1", position: Position("c", "s", 1)))
    run.stepsLeft = 100
    var office = Office.nowhere
    var now = run.now
    var outputs = run.start(in: &office, at: now)
    while let deadline = run.deadline {
      now = deadline
      outputs += run.wake(in: &office, at: now)
    }
    #expect(outputs.count { if case .step = $0 { true } else { false } } == 100)
    #expect(run.isOver)
  }

  @Test("Subroutines that never return are stopped at their depth")
  func recursion() {
    let walked = walk("[c]\nexten => s,1,Gosub(s,1(${ARGC}))\n")
    #expect(walked.steps.count == Run.maximumDepth + 1)
    #expect(walked.sentences.contains { $0.contains("\(Run.maximumDepth) deep") })
  }

  @Test("What ExecIf executes waits, and may be the end")
  func execIf() {
    let walked = walk(
      """
      [c]
      exten => s,1,ExecIf(1?Wait(2):Wait(3))
       same => n,NoOp(${EPOCH})
       same => n,ExecIf(0?NoSuch(x))
       same => n,ExecIf(1?NoSuch(x))
       same => n,NoOp(not reached)
      """)
    #expect(walked.said == ["2"])
    #expect(walked.steps.map(\.at) == [.zero, .seconds(2), .seconds(2), .seconds(2)])
  }

  @Test("What runs a program of this machine is refused with a sentence")
  func programs() {
    for application in ["System(id)", "TrySystem(id)", "AGI(x.sh)"] {
      let walked = walk("[c]\nexten => s,1,\(application)\n same => n,NoOp(not reached)\n")
      #expect(walked.said.isEmpty)
      #expect(walked.sentences.contains { $0.contains("program of this machine") })
    }
  }
}
