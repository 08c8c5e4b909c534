import Testing

@testable import Dialplan

@Suite("What a plan promises of itself")
struct PromiseTests {
  private func promise(_ text: String) -> Promise { Promise(text: text, place: SourcePlace("p", line: 1, column: 8)) }

  @Test("Everything that one can say")
  func whole() {
    let promise = promise(
      """
      "Sunday is closed" at 2026-11-22T03:00 in Europe/Berlin from "Ada L" <5551234> to s@main press 1 press nothing press 2# \
      Dial=BUSY dial=answer Queue=TIMEOUT hangup Wait -> Playback(closed) -> VoiceMail(sales, u) never Dial never Set(A=*)
      """)
    #expect(promise.findings == [])
    #expect(promise.title == "Sunday is closed")
    #expect(promise.moment == CivilTime(year: 2026, month: 11, day: 22, hour: 3, minute: 0, second: 0))
    #expect(promise.zone == "Europe/Berlin" && promise.exten == "s" && promise.context == "main")
    #expect(promise.caller == Channel.Party(name: "Ada L", number: "5551234"))
    #expect(promise.inputs == ["1", "", "2#"])
    #expect(promise.results == ["dial": ["BUSY", "ANSWER"], "queue": ["TIMEOUT"]])
    #expect(promise.hangsUpOn == "Wait")
    #expect(promise.reached.map(\.description) == ["Playback(closed)", "VoiceMail(sales, u)"])
    #expect(promise.never.map(\.description) == ["Dial", "Set(A=*)"])
  }

  @Test(
    "What cannot be read is an error where it stands",
    arguments: [
      ("", 8, "A promise begins with its title in quotes."), ("x -> A", 8, "A promise begins with its title in quotes."),
      ("\"x", 8, "A quote or a parenthesis that begins here has no end."), ("\"x\"", 8, "This promises nothing."),
      ("\"x\" -> A(b", 15, "A quote or a parenthesis that begins here has no end."),
      ("\"x\" at noon -> A", 15, "“noon” is no moment."),
      ("\"x\" at 2026-02-29T10:00 -> A", 15, "“2026-02-29T10:00” is no moment."),
      ("\"x\" at 2026-02-28T24:00 -> A", 15, "“2026-02-28T24:00” is no moment."),
      ("\"x\" press -> A", 12, "Behind press is missing a key, or nothing."),
      ("\"x\" press 1x -> A", 18, "“1x” cannot be pressed."), ("\"x\" pres 1 -> A", 12, "“pres” is no part of a promise."),
      ("\"x\" Dial=BUSI -> A", 17, "Dial does not end with BUSI."), ("\"x\" Wait=1 -> A", 12, "How Wait ends cannot be said."),
      ("\"x\" ->", 12, "Behind -> is missing an application, such as VoiceMail(sales)."),
      ("\"x\" ${= -> A", 12, "“${=” is no part of a promise."), ("\"x\" -> (a)", 15, "“(a)” is no application."),
    ])
  func unreadable(text: String, column: Int, what: String) {
    let findings = promise(text).findings
    #expect(findings.first?.severity == .error)
    #expect(findings.contains { $0.place.column == column && $0.what == what }, "\(findings)")
  }

  @Test("Typing errors are answered with what was meant")
  func advice() {
    #expect(promise("\"x\" pres 1 -> A").findings.first?.advice == "Did you mean press?")
    #expect(promise("\"x\" Dial=BUSI -> A").findings.first?.advice == "Did you mean BUSY?")
  }

  private static let plan = """
    [main]
    exten => s,1,Answer()
     same => n,Background(menu)
     same => n,WaitExten(1)
    exten => 1,1,Dial(PJSIP/ada,20,g)
     same => n,VoiceMail(sales,u)
    exten => t,1,Playback(bye)
    exten => i,1,Playback(wrong)
    """

  private func broken(_ promises: String) -> [String] {
    let loaded = Dialplan.load(from: SourceFiles(["extensions.conf": Self.plan + "\n" + promises]))
    #expect(loaded.findings.all == [])
    return loaded.plan.brokenPromises(Scenario(context: "main", exten: "s")).map(\.description)
  }

  @Test("Promises that are kept, and what is said of those that are not")
  func kept() {
    let broken = broken(
      """
      ;@test "One rings Ada" press 1 Dial=ANSWER -> Dial(PJSIP/ada) -> VoiceMail(sales) never Playback
      ;@test "Nobody stays silent" -> Playback(bye)
      ;@test "Nine is wrong" press 9 -> Playback(wr*) never Dial
      ;@test "Straight to one" to 1@main -> Dial
      ;@test "Never rings" press 1 never Dial -> VoiceMail
      ;@test "Two" press 9 -> Playback(bye)
      ;@test "Order" press 1 -> VoiceMail -> Dial
      """)
    #expect(broken.count == 3)
    #expect(
      broken.first?.hasPrefix("extensions.conf:13:8: error: The promise “Never rings” is broken: Dial was executed") == true)
    #expect(
      broken.dropFirst().first?.contains("Playback(bye) was not reached; the call went Answer() → Background(menu)") == true)
    #expect(broken.last?.contains("Dial was not executed behind the one before") == true)
  }

  @Test("A moment is what the clocks of the zone show")
  func moments() {
    struct East: TimeZones {
      func offset(ofZone name: String, at epoch: Int64) -> Int64? { name == "East" ? 3600 : name.isEmpty ? 0 : nil }
    }
    var base = Scenario(context: "c", exten: "s")
    base.zones = East()
    #expect(promise("\"x\" at 1970-01-02T00:00 -> A").scenario(basedOn: base).epoch == 86_400)
    #expect(promise("\"x\" at 1970-01-02T00:00 in East -> A").scenario(basedOn: base).epoch == 82_800)
    let loaded = Dialplan.load(from: SourceFiles(["extensions.conf": ";@test \"x\" at 1970-01-02T00:00 in West -> A\n"]))
    #expect(loaded.plan.brokenPromises(base).map(\.what) == ["The promise “x” names the zone West, which is not known."])
  }

  @Test("A plan has so many promises and no more")
  func limit() {
    let line = ";@test \"x\" -> A\n"
    let most = String(repeating: line, count: Promise.maximumInPlan)
    let fits = Dialplan.load(from: SourceFiles(["extensions.conf": most]))
    let over = Dialplan.load(from: SourceFiles(["extensions.conf": most + line]))
    #expect(!fits.findings.hasErrors && over.findings.hasErrors)
    #expect(over.plan.promises.count == Promise.maximumInPlan)
  }
}
