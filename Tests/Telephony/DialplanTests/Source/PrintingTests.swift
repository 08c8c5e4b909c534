import Testing
import Wire

@testable import Dialplan

@Suite("A printed plan loads to the same plan")
struct PrintingTests {
  /// Everything of a plan but where it stood.
  static func meaning(_ plan: Dialplan) -> [String] {
    var lines = ["\(plan.fallsThrough) \(plan.clearsGlobals)"]
    lines += plan.globals.map { "\($0.name)=\($0.value)" } + plan.promises.map { ";@test \($0.text)" }
    for name in plan.contextsInOrder {
      guard let context = plan.contexts[name] else { continue }
      lines.append("[\(context.name)] \(context.includes.map { [$0.context, $0.times?.text ?? "-"] }) \(context.ignored)")
      for item in context.extensions {
        lines.append("\(item.pattern.text)|\(item.caller?.text ?? "-")|\(item.hint ?? "-")|\(item.caption ?? "-")|")
        for (priority, step) in item.steps.sorted(by: { $0.key < $1.key }) {
          let labels = item.labels.filter { $0.value == priority }.keys.sorted()
          lines.append("\(priority)\(labels) \(step.application)<\(step.arguments.text)>")
        }
      }
    }
    return lines
  }

  static func load(_ text: String) -> Dialplan.Loaded { Dialplan.load(from: SourceFiles(["extensions.conf": text])) }

  @Test("Random plans, from a printed seed")
  func random() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("random plans from seed \(seed)")
    var random = Randomness.seeded(seed)
    for _ in 0..<150 {
      let plan = RandomPlan.make(using: &random)
      let loaded = Self.load(plan.printed)
      #expect(loaded.findings.all.map(\.description) == [], "seed \(seed)")
      try #require(Self.meaning(loaded.plan) == Self.meaning(plan), "seed \(seed):\n\(plan.printed)")
    }
  }

  @Test("A blank that an extension begins with stays, as a fuzzer found")
  func blankInFront() {
    let plan = Self.load("[c]\nexten => \\ 1/\\ 2,1,NoOp()\n").plan
    #expect(plan.contexts["c"]?.extensions.first?.pattern.text == " 1")
    #expect(Self.meaning(Self.load(plan.printed).plan) == Self.meaning(plan))
  }

  @Test("The observed dialplans", arguments: ObservedPlans.all)
  func observed(_ observed: ObservedPlans.Plan) {
    let plan = Dialplan.load(from: SourceFiles(observed.texts)).plan
    #expect(Self.meaning(Self.load(plan.printed).plan) == Self.meaning(plan))
  }
}

/// Plans that nobody would write, of the letters that mean something.
enum RandomPlan {
  private static let letters = Array("aXN1290*#+-._![]{}()$\\;,'\"@&|: =>/".utf8)

  static func make(using random: inout Randomness) -> Dialplan {
    var plan = Dialplan()
    plan.fallsThrough = Bool.random(using: &random)
    plan.clearsGlobals = Bool.random(using: &random)
    let place = SourcePlace("none", line: 1)
    for index in 0..<Int.random(in: 0...4, using: &random) {
      let name = trimmed(text(6, without: "=", using: &random)) + "g\(index)" + (Bool.random(using: &random) ? "+" : "")
      plan.globals.append(Dialplan.GlobalLine(name: name, value: trimmed(text(12, using: &random)), place: place))
    }
    for index in 0..<Int.random(in: 1...4, using: &random) {
      let name = "c\(index)" + text(4, without: "]", using: &random)
      plan.contexts[name] = context(name, using: &random)
      plan.contextsInOrder.append(name)
    }
    for index in 0..<Int.random(in: 0...2, using: &random) {
      plan.promises.append(
        Promise(text: "\"\(text(10, without: "\"", using: &random))t\" press 1 -> A(\(index))", place: place))
    }
    plan.prepare()
    return plan
  }

  private static func context(_ name: String, using random: inout Randomness) -> Context {
    let place = SourcePlace("none", line: 1)
    var context = Context(name: name, place: place)
    for index in 0..<Int.random(in: 0...2, using: &random) {
      let times = Bool.random(using: &random) ? TimeRule("9:00-17:00,mon-fri,*,*") : nil
      context.includes.append(Include(context: "i\(index)", times: times, place: place))
    }
    if Bool.random(using: &random) { context.ignored = [ExtensionPattern("9")] }
    for _ in 0..<Int.random(in: 0...6, using: &random) {
      let set = Bool.random(using: &random) ? "[1,2-4]" : ""
      let pattern = "e" + text(5, without: "/$[", using: &random) + set + "e"
      let caller = Bool.random(using: &random) ? nil : CallerPattern("7" + text(3, without: "$[", using: &random) + "7")
      var item = Extension(
        pattern: ExtensionPattern((Bool.random(using: &random) ? "_" : "") + pattern), caller: caller, place: place)
      for _ in 0..<Int.random(in: 1...5, using: &random) {
        let priority = Int.random(in: 1...9, using: &random)
        item.steps[priority] = Step(
          application: trimmed(text(6, without: "(", using: &random)), arguments: Template(text(20, using: &random)),
          place: place, argumentsPlace: place)
        if Bool.random(using: &random) {
          item.labels = item.labels.filter { $0.value != priority }
          item.labels["l" + text(3, without: ")[", using: &random) + "l"] = priority
        }
      }
      if Int.random(in: 0...3, using: &random) == 0 { item.hint = "h" + text(5, using: &random) + "h" }
      if Int.random(in: 0...3, using: &random) == 0 { item.caption = "c" + text(5, using: &random) + "c" }
      if !context.extensions.contains(where: { $0.isSame(as: item) }) { context.extensions.append(item) }
    }
    return context
  }

  private static func trimmed(_ text: String) -> String { Array(text.utf8)[...].trimmed.text }

  private static func text(_ most: Int, without: String = "", using random: inout Randomness) -> String {
    var octets: [UInt8] = []
    for _ in 0..<Int.random(in: 0...most, using: &random) {
      guard let letter = letters.randomElement(using: &random), !without.utf8.contains(letter) else { continue }
      octets.append(letter)
    }
    return octets.text
  }
}

extension [UInt8] {
  fileprivate var text: String { String(decoding: self, as: UTF8.self) }
}
