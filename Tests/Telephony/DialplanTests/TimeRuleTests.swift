import Testing
import Wire

@testable import Dialplan

@Suite("Rules of times (GotoIfTime, include, IFTIME)")
struct TimeRuleTests {
  /// Tuesday, the 24th of November 2026.
  private static func tuesday(_ hour: Int, _ minute: Int, _ second: Int = 0) -> Int64 {
    CivilTime(year: 2026, month: 11, day: 24, hour: hour, minute: minute, second: second).epoch
  }

  @Test(
    "What holds on Tuesday, the 24th of November 2026, at 12:30",
    arguments: [
      ("*,*,*,*", true), ("", true), (",,,", true), ("*", true), ("12:30", true), ("12:31", false), ("9:00-16:59", true),
      ("12:30-12:30", true), ("22:00-06:13", false), ("18:00-13:00", true), ("8:00-9:00&12:00-13:00", true),
      ("*,tue", true), ("*,TUE", true), ("*,mon-fri,*,*", true), ("*,sat-sun", false), ("*,fri-tue", true), ("*,3", true),
      ("*,2", false), ("*,mon&tue", true), ("*,*,24", true), ("*,*,1-23", false), ("*,*,20-5", true), ("*,*,31-1&24", true),
      ("*,*,*,nov", true), ("*,*,*,11", true), ("*,*,*,oct-feb", true), ("*,*,*,jan-oct", false),
      ("9:00-17:00,mon-fri,24,Nov", true),
      ("9:00-17:00|mon-fri|*|*", true), (" 9:00 - 17:00 , mon - fri , * , *", true),
      // What cannot be read is left out; where nothing is left, nothing holds.
      ("*,monday", false), ("*,tue&monday", true), ("24:00", false), ("12:60", false), ("noon", false), ("12", false),
      ("*,*,32", false), ("*,*,0", false), ("*,*,*,13", false), ("*,mon-tue-wed", false), ("0:00-24:00", false),
      ("123:00", false),
      ("*,*,*,*,UTC", true), ("*,*,*,*,No/Where", true), ("12:30,*,*,*,No/Where", true),
    ])
  func holds(rule: String, expected: Bool) {
    #expect(TimeRule(rule).holds(at: Self.tuesday(12, 30), OnlyUTC()) == expected)
    #expect(TimeRule(rule).holds(at: Self.tuesday(12, 30, 59), OnlyUTC()) == expected)
  }

  @Test("Both ends of a range are in it, to the last second, also over midnight")
  func ends() {
    let night = TimeRule("22:00-06:13,*,*,*")
    let moments = [(21, 59, 59), (22, 0, 0), (23, 59, 59), (0, 0, 0), (6, 13, 59), (6, 14, 0)]
    #expect(
      moments.map { night.holds(at: Self.tuesday($0, $1, $2), OnlyUTC()) } == [false, true, true, true, true, false])
  }

  @Test("The clock is the zone's, in winter and in summer")
  func zones() {
    struct Berlin: TimeZones {
      func offset(ofZone name: String, at epoch: Int64) -> Int64? {
        guard name == "Europe/Berlin" else { return name.isEmpty ? 0 : nil }
        return (4...9).contains(CivilTime(epoch: epoch).month) ? 7200 : 3600
      }
    }
    let rule = TimeRule("9:00-16:59,mon-fri,*,*,Europe/Berlin")
    let winter = [(7, 59), (8, 0), (15, 59), (16, 0)].map { rule.holds(at: Self.tuesday($0, $1), Berlin()) }
    #expect(winter == [false, true, true, false])
    let july = CivilTime(year: 2026, month: 7, day: 1, hour: 7).epoch
    #expect(rule.holds(at: july, Berlin()) && !rule.holds(at: july - 1, Berlin()))
    #expect(rule.zone == "Europe/Berlin" && TimeRule("*").zone.isEmpty)
    // The day is the zone's, too.
    let midnight = TimeRule("*,wed,25,*,Europe/Berlin")
    #expect(midnight.holds(at: Self.tuesday(23, 0), Berlin()) && !midnight.holds(at: Self.tuesday(22, 59), Berlin()))
  }

  @Test("What cannot be read is told, where it stands")
  func findings() {
    let place = SourcePlace("extensions.conf", line: 7, column: 20)
    func told(_ text: String) -> [String] { TimeRule(text).findings(at: place).map(\.description) }
    #expect(told("9:00-16:59,mon-fri,1-31,jan&feb,Europe/Berlin").isEmpty)
    #expect(
      told("9:00-24:00,mon&fry,*,*") == [
        "extensions.conf:7:20: warning: “9:00-24:00” is no time of day. A day's last minute is 23:59.",
        "extensions.conf:7:35: warning: “fry” is not a day of the week. Write sun, mon, tue, wed, thu, fri or sat, or a range like mon-fri.",
      ])
    #expect(told("*,*,*,*,UTC,more").count == 1)
    #expect(TimeRule("*,fry").isNever && !TimeRule("*,fri").isNever && TimeRule("*,*").isAlways)
  }

  @Test("The same context may be included at several times: closed for lunch")
  func lunch() {
    let loaded = Dialplan.load(
      from: SourceFiles([
        "extensions.conf": """
        [c]
        include => open,9:00-11:59,mon-fri,*,*
        include => open,13:00-16:59,mon-fri,*,*
        include => open,13:00-16:59,mon-fri,*,*
        [open]
        exten => 1,1,NoOp()
        """
      ]))
    #expect(loaded.findings.all.map(\.place.line) == [4])
    let open = [(8, 59), (9, 0), (12, 30), (13, 0), (17, 0)].map {
      loaded.plan.has("1", in: "c", Inquiry(caller: nil, epoch: Self.tuesday($0, $1), zones: OnlyUTC()))
    }
    #expect(open == [false, true, false, true, false])
  }

  @Test("A plan is told of times that cannot be read, where they stand")
  func checked() {
    let loaded = Dialplan.load(
      from: SourceFiles([
        "extensions.conf": """
        [c]
        include => d,9:00-24:00,*,*,*
        exten => 1,1,GotoIfTime(9:00-16:59,monday,*,*?1,3)
         same => 2,GotoIfTime(${HOURS}?1,3)
         same => 3,ExecIfTime(*,fri,*,xyz?Hangup())
        [d]
        exten => 2,1,Hangup()
        """
      ]))
    let told = (loaded.findings.all + Checker.check(loaded.plan)).filter { $0.what.hasPrefix("“") }
    #expect(told.map(\.place.description) == ["extensions.conf:2:14", "extensions.conf:3:36", "extensions.conf:5:31"])
  }

  @Test("A rule of any length is a value; a too long one holds never and says so")
  func limit() {
    let longest = "12:30" + String(repeating: "&12:30", count: (TimeRule.maximumLength - 5) / 6)
    #expect(TimeRule(longest).holds(at: Self.tuesday(12, 30), OnlyUTC()))
    let tooLong = TimeRule("*,*,*,*" + String(repeating: " ", count: TimeRule.maximumLength - 6))
    #expect(tooLong.isNever && tooLong.findings(at: SourcePlace("f", line: 1)).count == 1)
    #expect(!tooLong.holds(at: Self.tuesday(12, 30), OnlyUTC()))
  }

  @Test("Agrees with a rule counted out by hand over random rules and moments", arguments: 0..<30 as Range<UInt64>)
  func naively(seed: UInt64) {
    var random = Randomness.seeded(seed)
    let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    func around(_ first: Int, _ last: Int, _ count: Int) -> Set<Int> {
      Set((0..<count).map { (first + $0) % count }.prefix((last - first + count) % count + 1))
    }
    for _ in 0..<50 {
      func pair(_ count: Int) -> (Int, Int) {
        (Int.random(in: 0..<count, using: &random), Int.random(in: 0..<count, using: &random))
      }
      let (minutes, weekdays, monthDays, months) = (pair(1440), pair(7), pair(31), pair(12))
      func clock(_ minute: Int) -> String { "\(minute / 60):\(minute % 60 < 10 ? "0" : "")\(minute % 60)" }
      let rule = TimeRule(
        "\(clock(minutes.0))-\(clock(minutes.1)),\(days[weekdays.0])-\(days[weekdays.1]),\(monthDays.0 + 1)-\(monthDays.1 + 1),"
          + "\(months.0 + 1)-\(months.1 + 1)")
      let epoch = Int64.random(in: 0...4_000_000_000, using: &random)
      let civil = CivilTime(epoch: epoch)
      let expected =
        around(minutes.0, minutes.1, 1440).contains(civil.hour * 60 + civil.minute)
        && around(weekdays.0, weekdays.1, 7).contains(civil.weekday)
        && around(monthDays.0, monthDays.1, 31).contains(civil.day - 1)
        && around(months.0, months.1, 12).contains(civil.month - 1)
      #expect(rule.holds(at: epoch, OnlyUTC()) == expected, "seed \(seed): \(rule) at \(civil)")
    }
  }
}
