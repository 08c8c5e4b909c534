import Dialplan
import Wire

/// What a dialplan costs: until it is loaded and checked, for each step of a call, and for each number that is looked up.
enum DialplanPart {
  static let part = Part(
    name: "dialplan", about: "Dialplans: loaded and checked, executed, looked up in, each beside the least that could do"
  ) {
    try loading() + steps() + lookups()
  }

  // MARK: Loading

  /// Milliseconds of processor for reading and checking 10,000 lines.
  private static let loadingAim = 150.0

  private static func loading() throws -> [Aim] {
    let text = Array(DialplanExamples.office.utf8)
    let lines = text.count { $0 == UInt8(ascii: "\n") }
    let files = SourceFiles([SourceFiles.File("extensions.conf", text)])
    let loaded = Dialplan.load(from: files)
    let findings = loaded.findings.all + Checker.check(loaded.plan)
    if let finding = findings.first { throw Broken("the plan is not as it should be: \(finding)") }
    guard loaded.plan.contexts.count > 100 else { throw Broken("the plan was not read") }
    var sum = 0
    let splitting = { milliseconds { for line in text.split(separator: UInt8(ascii: "\n")) { sum &+= line.count } } }
    let comparison = Comparison(
      rounds: 20, ours: { milliseconds { sum &+= Dialplan.load(from: files).plan.contexts.count } }, floor: splitting)
    let check = Comparison(
      rounds: 20, ours: { milliseconds { sum &+= Checker.check(loaded.plan).count } }, floor: splitting)
    guard sum > 0 else { throw Broken("nothing was read") }
    var table = Table("\(lines) lines, \(text.count / 1000) KB", "ms", "split into lines", "ratio")
    table.add("loaded", comparison.ours.text(1), comparison.floor.text(2), comparison.ratio.text(0))
    table.add("checked", check.ours.text(1), check.floor.text(2), check.ratio.text(0))
    print(table.text)
    let whole = comparison.ours + check.ours
    return [
      Aim(
        sentence: "\(lines) lines are loaded and checked in \(loadingAim.text(0)) ms (\(whole.text(1)))",
        isMet: whole <= loadingAim * Double(lines) / 10_000)
    ]
  }

  private static func milliseconds(_ work: () -> Void) -> Double { Double(Processor.cost(work).nanoseconds) / 1_000_000 }

  // MARK: Steps

  private static let stepsAim = 1_000_000.0

  private static func steps() throws -> [Aim] {
    var table = Table("", "steps a second", "µs a step", "by hand", "ratio", "blocks a step")
    var aims: [Aim] = []
    for example in DialplanExamples.loops {
      let loaded = Dialplan.load(from: SourceFiles(["extensions.conf": example.text]))
      if let finding = (loaded.findings.all + Checker.check(loaded.plan)).first { throw Broken("a plan is wrong: \(finding)") }
      var caller = Caller(loaded.plan)
      var byHand = 0
      var blocks: [Double] = []
      let comparison = try Comparison(
        rounds: 100,
        ours: {
          let (cost, steps) = try caller.round()
          blocks.append(Double(cost.allocations) / Double(steps))
          return Double(cost.nanoseconds) / Double(steps) / 1000
        },
        floor: {
          let before = byHand
          let cost = Processor.cost { byHand += example.byHand() }
          return Double(cost.nanoseconds) / Double(byHand - before) / 1000
        })
      let rate = 1_000_000 / comparison.ours
      table.add(
        example.name, rate.perSecond, comparison.ours.text(3), comparison.floor.text(3), comparison.ratio.text(1),
        median(blocks).text(1))
      guard example.isAimed else { continue }
      aims.append(
        Aim(
          sentence: "\(stepsAim.perSecond) steps a second of \(example.name) (\(rate.perSecond))", isMet: rate >= stepsAim))
    }
    print(table.text)
    return aims
  }

  /// One call after the other through a plan that waits now and then.
  private struct Caller {
    private let plan: Dialplan
    private var run: Run
    private var office = Office(facts: Facts())
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var steps = 0

    private struct Facts: OfficeFacts {
      func epoch(at now: Instant) -> Int64 { 1_795_000_000 }
      func state(ofDevice device: String) -> DeviceState { .unknown }
      func queue(_ name: String) -> QueueFacts? { nil }
      func hasMailbox(_ box: String) -> Bool { false }
      func offset(ofZone name: String, at epoch: Int64) -> Int64? { 0 }
    }

    init(_ plan: Dialplan) {
      self.plan = plan
      run = Self.begun(plan)
    }

    private static func begun(_ plan: Dialplan) -> Run {
      Run(plan: plan, channel: Channel(name: "WebRTC/1", uniqueID: "1.1", position: Position("bench", "s", 1)))
    }

    /// Up to where the plan waits next.
    mutating func round() throws -> (cost: Cost, steps: Int) {
      if steps > Run.maximumSteps / 2 { (run, steps) = (Self.begun(plan), 0) }
      var outputs: [Run.Output] = []
      let isFresh = steps == 0
      let cost = Processor.cost {
        outputs = isFresh ? run.start(in: &office, at: now) : run.wake(in: &office, at: now)
      }
      var taken = 0
      for case .step in outputs { taken += 1 }
      guard taken > 100, !run.isOver, let deadline = run.deadline else { throw Broken("a plan ended: \(outputs.suffix(3))") }
      now = deadline
      steps += taken
      return (cost, taken)
    }
  }

  // MARK: Lookups

  private static func lookups() throws -> [Aim] {
    var table = Table("", "a second", "µs", "a dictionary's", "ratio", "blocks")
    for example in try DialplanExamples.directories() {
      let plan = example.plan
      let inquiry = Inquiry(caller: nil, epoch: 1_795_000_000, zones: OnlyUTC())
      let known = Dictionary(uniqueKeysWithValues: example.dialled.enumerated().map { ($1, $0) })
      var found = 0
      var blocks: [Double] = []
      let comparison = Comparison(
        rounds: 100,
        ours: {
          let cost = Processor.cost {
            for number in example.dialled where plan.step(at: Position("bench", number, 1), inquiry) != nil { found += 1 }
          }
          blocks.append(Double(cost.allocations) / Double(example.dialled.count))
          return Double(cost.nanoseconds) / Double(example.dialled.count) / 1000
        },
        floor: {
          let cost = Processor.cost { for number in example.dialled where known[number] != nil { found += 1 } }
          return Double(cost.nanoseconds) / Double(example.dialled.count) / 1000
        })
      guard found == 200 * example.dialled.count else { throw Broken("\(example.name): not every number was found") }
      table.add(
        example.name, (1_000_000 / comparison.ours).perSecond, comparison.ours.text(3), comparison.floor.text(3),
        comparison.ratio.text(1), median(blocks).text(1))
    }
    print(table.text)
    return []
  }
}
