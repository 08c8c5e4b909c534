import Testing
import Wire

@testable import Dialplan

@Suite("What would be tried (dialplan show)")
struct CandidatesTests {
  private static let plan = HandPlan.plan([
    (
      "c",
      [
        "include=day,9:00-16:59,mon-fri,*,*", "include=rest", "include=gone", "_1X,1,NoOp(own 1)",
        "_1X,2(go),Dial(PJSIP/${EXTEN})",
        "17/555,1,NoOp(for one)", "caption=_1X,Colleagues",
      ]
    ), ("day", ["17,1,NoOp(day 1)", "17,3,NoOp(day 3)"]),
    ("rest", ["include=day", "_X.,3,NoOp(rest 3)", "_X.,10,NoOp(rest 10)"]),
  ])

  @Test("An extension: each priority with what serves it, at whatever time")
  func always() throws {
    let listed = try #require(Self.plan.candidates(context: "c", exten: "17"))
    #expect(
      listed.description
        == """
        “17” in [c], in the order in which it is tried:

        17/555  for callers 555  (plan:7)
           1       NoOp(for one)         ; if it is the time, or the caller

        _1X     “Colleagues”  (plan:5)
           1       NoOp(own 1)
           2 (go)  Dial(PJSIP/${EXTEN})

        17      of [day]  at 9:00-16:59,mon-fri,*,*  (plan:2)
           1       NoOp(day 1)           ; never, one above has it
           3       NoOp(day 3)           ; if it is the time, or the caller

        _X.     of [rest]  (plan:3)
           3       NoOp(rest 3)
          10       NoOp(rest 10)

        17      of [day]  (plan:2)
           1       NoOp(day 1)           ; never, one above has it
           3       NoOp(day 3)           ; never, one above has it

        """)
  }

  @Test("At a moment, for a caller, it is what a lookup finds")
  func asked() throws {
    let noon = CivilTime(year: 2026, month: 11, day: 24, hour: 12).epoch
    for (caller, epoch) in [(nil, noon), ("555", noon), ("555", noon + 43_200)] {
      let inquiry = Inquiry(caller: caller, epoch: epoch, zones: OnlyUTC())
      let listed = try #require(Self.plan.candidates(context: "c", exten: "17", inquiry))
      let served = listed.candidates.flatMap(\.steps).filter { $0.use == .always }
      for priority in 1...11 {
        let found = Self.plan.step(at: Position("c", "17", priority), inquiry)
        #expect(served.first { $0.priority == priority }?.arguments == found?.arguments.text, "\(priority)")
      }
    }
  }

  @Test("A context: everything in order, and what it includes")
  func everything() throws {
    let listed = try #require(Self.plan.candidates(context: "c", exten: nil))
    #expect(listed.candidates.map(\.exten) == ["17", "_1X", "17", "_X.", "17"])
    let text = listed.description
    #expect(
      text.contains("include [day]  at 9:00-16:59,mon-fri,*,*\n")
        && text.contains("include [gone]  (there is no such context)\n"))
    #expect(Self.plan.candidates(context: "none", exten: nil) == nil)
    #expect(Self.plan.candidates(context: "day", exten: "9")?.description == "“9” in [day] is no extension.\n")
  }
}
