import Testing
import Wire

@testable import Dialplan

@Suite("Looking up extensions")
struct LookupTests {
  private static func inquiry(_ caller: String? = nil, at epoch: Int64 = 0) -> Inquiry {
    Inquiry(caller: caller, epoch: epoch, zones: OnlyUTC())
  }

  private static func arguments(
    _ plan: Dialplan, _ exten: String, _ context: String = "c", caller: String? = nil, priorities: ClosedRange<Int> = 1...6
  ) -> [String?] {
    priorities.map { plan.step(at: Position(context, exten, $0), inquiry(caller))?.arguments.text }
  }

  @Test("Each priority comes from the first that fits and has it")
  func acrossPatterns() {
    let plan = HandPlan.plan([
      (
        "c",
        [
          "101,1,NoOp(101 p1)", "_10X,2,NoOp(10X p2)", "_1XX,1,NoOp(1XX p1)", "_1XX,2,NoOp(1XX p2)", "_1XX,3,NoOp(1XX p3)",
          "_X.,4,NoOp(X. p4)", "_X.,6,NoOp(X. p6)",
        ]
      )
    ])
    #expect(Self.arguments(plan, "101") == ["101 p1", "10X p2", "1XX p3", "X. p4", nil, "X. p6"])
  }

  @Test("What the own context lacks is taken from includes, depth first")
  func includes() {
    let plan = HandPlan.plan([
      ("c", ["include=b", "include=d", "17,1,NoOp(c p1)", "17,4,NoOp(c p4)", "_1X,5,NoOp(c _1X p5)"]),
      ("b", ["include=deep", "17,1,NoOp(b p1)", "17,2,NoOp(b p2)", "_1X,5,NoOp(b _1X p5)"]),
      ("d", ["_1X,2,NoOp(d p2)", "_1X,3,NoOp(d p3)", "17,6,NoOp(d p6)", "h,1,NoOp(h)"]),
      ("deep", ["_1X,3,NoOp(deep p3)", "include=c", "include=missing"]),
    ])
    #expect(Self.arguments(plan, "17") == ["c p1", "b p2", "deep p3", "c p4", "c _1X p5", "d p6"])
    #expect(plan.has("h", in: "c", Self.inquiry()) && !plan.has("i", in: "c", Self.inquiry()))
    #expect(Self.arguments(plan, "18", priorities: 1...1) == [nil])
  }

  @Test("Callers decide, and those for whom an extension is not go on to the next")
  func callers() {
    let plan = HandPlan.plan([
      (
        "c",
        [
          "100/5551234,1,NoOp(exact caller)", "100/_777X.,1,NoOp(caller pattern)", "_1XX,1,NoOp(fallback)",
          "100/5559999,2,NoOp(second priority by caller)",
        ]
      )
    ])
    #expect(
      Self.arguments(plan, "100", caller: "5559999", priorities: 1...2) == ["fallback", "second priority by caller"])
    #expect(Self.arguments(plan, "100", caller: "555-1234", priorities: 1...1) == ["exact caller"])
    #expect(Self.arguments(plan, "100", caller: "77755", priorities: 1...1) == ["caller pattern"])
    #expect(Self.arguments(plan, "100", caller: nil, priorities: 1...2) == ["fallback", nil])
  }

  @Test("Labels are searched like priorities")
  func labels() {
    let plan = HandPlan.plan([
      ("c", ["include=b", "10,1,NoOp()", "_1X,3(menu),NoOp()", "20,1(own),NoOp()"]), ("b", ["10,7(far),NoOp()"]),
    ])
    let found = ["menu", "far", "own", "none"].map { plan.priority(of: $0, context: "c", exten: "10", Self.inquiry()) }
    #expect(found == [3, 7, nil, nil])
  }

  @Test(
    "Digits: what exists, and whether more may follow",
    arguments: [
      ("1", true, true), ("10", true, false), ("12", false, false), ("3", false, true), ("31", false, true),
      ("312", true, false),
      ("4", false, true), ("41", true, true), ("41234", true, true), ("5", true, false), ("51", true, false), ("6", true, true),
      ("61", true, true), ("612", true, false), ("7", false, false), ("*", false, true), ("*9", true, false),
      ("8", false, false),
      ("9", false, false), ("", false, true),
    ])
  func digits(typed: String, exists: Bool, grows: Bool) {
    let plan = HandPlan.plan([
      (
        "ivr",
        [
          "include=more", "1,1,NoOp()", "10,1,NoOp()", "_3XX,1,NoOp()", "_4.,1,NoOp()", "_5!,1,NoOp()", "*9,1,NoOp()",
          // A longer pattern comes before `!`, so it is waited for.
          "_6XX,1,NoOp()", "_6!,1,NoOp()",
          // Without a priority 1 it is not an extension that one can dial.
          "89,2,NoOp()", "99/123,1,NoOp()",
        ]
      ),
      ("more", ["_5XX,1,NoOp()"]),
    ])
    #expect(plan.match(typed, in: "ivr", Self.inquiry()) == DigitMatch(exists: exists, mayGrow: grows))
  }

  @Test("Includes of certain times are asked at those times")
  func timed() {
    let plan = HandPlan.plan([
      ("c", ["include=day,9:00-16:59,mon-fri,*,*", "include=night"]), ("day", ["1,1,NoOp(day)"]),
      ("night", ["1,1,NoOp(night)"]),
    ])
    let noon = CivilTime(year: 2026, month: 11, day: 24, hour: 12).epoch
    let asked = [noon, noon + 12 * 3600, noon + 4 * 86_400].map {
      plan.step(at: Position("c", "1", 1), Self.inquiry(at: $0))?.arguments.text
    }
    #expect(asked == ["day", "night", "night"])
  }

  @Test("Includes in circles and too deep ones end; names that differ by case alone are asked once")
  func circles() {
    let depth = Dialplan.maximumIncludeDepth
    let chain = (0...depth + 1).map { ("c\($0)", ["include=c\($0 + 1)", "\($0),1,NoOp()", "include=c0"]) }
    let plan = HandPlan.plan(chain + [("A", ["include=a"]), ("a", ["1,1,NoOp()"])])
    #expect(plan.has("\(depth)", in: "c0", Self.inquiry()) && !plan.has("\(depth + 1)", in: "c0", Self.inquiry()))
    #expect(!plan.has("nothing", in: "c0", Self.inquiry()) && !plan.has("1", in: "A", Self.inquiry()))
    #expect(plan.match("99", in: "missing", Self.inquiry()) == DigitMatch())
  }

  @Test("Many includes of the same are asked once each")
  func diamonds() {
    // Two ways at each of forty levels: asked along each way it would take a billion years.
    let levels = (0..<40).flatMap { level in
      [
        ("a\(level)", ["include=a\(level + 1)", "include=b\(level + 1)"]),
        ("b\(level)", ["include=a\(level + 1)", "include=b\(level + 1)"]),
      ]
    }
    let plan = HandPlan.plan(levels)
    #expect(!plan.has("1", in: "a0", Self.inquiry()))
    #expect(plan.match("1", in: "a0", Self.inquiry()) == DigitMatch())
  }

  // MARK: Against a slow one

  private struct Slow {
    let plan: Dialplan
    let caller: String?

    func all(_ context: String, _ asked: inout Set<String>) -> [[Extension]] {
      guard let own = plan.contexts[context], asked.insert(context).inserted else { return [] }
      var sorted: [Extension] = []
      for one in own.extensions { sorted.insert(one, at: sorted.firstIndex { one.isTried(before: $0) } ?? sorted.endIndex) }
      return [sorted] + own.includes.flatMap { all($0.context, &asked) }
    }

    func step(_ position: Position) -> String? {
      var asked: Set<String> = []
      return all(position.context, &asked).joined().first {
        $0.pattern.matches(position.exten) && ($0.caller?.matches(caller) ?? true) && $0.steps[position.priority] != nil
      }?.steps[position.priority]?.arguments.text
    }

    func grows(_ digits: String, _ context: String, _ asked: inout Set<String>) -> Bool {
      guard let own = plan.contexts[context], asked.insert(context).inserted else { return false }
      for known in own.extensions.sorted(by: { $0.isTried(before: $1) }) where known.caller?.matches(caller) ?? true {
        switch known.pattern.fit(digits) {
        case .none, .whole: continue
        case .final: return false
        case .begun, .open: if known.steps[1] != nil { return true }
        }
      }
      return own.includes.contains { grows(digits, $0.context, &asked) }
    }
  }

  private static func randomPlan(using random: inout Randomness) -> Dialplan {
    let names = ["c", "d", "e", "f"]
    let pieces = ["1", "2", "X", "N", "Z", "[12]", "[13]", "-", ".", "!", "*"]
    return HandPlan.plan(
      names.map { name in
        let lines = (0..<Int.random(in: 0...12, using: &random)).map { line in
          let text = (0..<Int.random(in: 0...3, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
            .joined()
          let caller =
            Int.random(in: 0..<5, using: &random) == 0 ? ["/5", "/_5X", "/"].randomElement(using: &random) ?? "" : ""
          let mark = Bool.random(using: &random) ? "_" : ""
          return "\(mark)\(text)\(caller),\(Int.random(in: 1...3, using: &random)),NoOp(\(name) \(line))"
        }
        let includes = (0..<Int.random(in: 0...2, using: &random)).map { _ in
          "include=\(names.randomElement(using: &random) ?? "c")"
        }
        return (name, lines + includes)
      }, prepared: Bool.random(using: &random))
  }

  @Test("Agrees with a slow search over random plans", arguments: 0..<30 as Range<UInt64>)
  func slowly(seed: UInt64) {
    var random = Randomness.seeded(seed)
    let keys = ["1", "2", "3", "*", "-", "_", "X"]
    for _ in 0..<10 {
      let plan = Self.randomPlan(using: &random)
      for _ in 0..<40 {
        let caller = [nil, "5", "52", "6"].randomElement(using: &random) ?? nil
        let exten = (0..<Int.random(in: 0...3, using: &random)).map { _ in keys.randomElement(using: &random) ?? "" }.joined()
        let context = ["c", "d", "e", "f"].randomElement(using: &random) ?? "c"
        let position = Position(context, exten, Int.random(in: 1...3, using: &random))
        let slow = Slow(plan: plan, caller: caller)
        let note = "seed \(seed): \(position) from \(caller ?? "nobody")"
        #expect(plan.step(at: position, Self.inquiry(caller))?.arguments.text == slow.step(position), "\(note)")
        let match = plan.match(exten, in: context, Self.inquiry(caller))
        var asked: Set<String> = []
        #expect(match.exists == (slow.step(Position(context, exten, 1)) != nil), "\(note)")
        #expect(match.mayGrow == slow.grows(exten, context, &asked), "\(note)")
      }
    }
  }
}
