import Calls
import SIPSyntax
import Testing
import Wire

/// Parallel ringing under everything that can cross: for every seed nobody is left ringing, nobody is left in a call alone, and nothing is
/// left behind.
@Suite("Races of parallel ringing (RFC 3261 §9, §13, §15; RFC 6026)")
struct RaceTests {
  static let seeds: UInt64 = 3000
  private static let block: UInt64 = 100

  /// Draws a world from its seed and lets it live until everything in it has ended.
  static func live(seed: UInt64) throws -> RaceWorld {
    let world = try RaceWorld(seed: seed, agents: ["alice", "bob"])
    for index in 0..<Int.random(in: 1...4, using: &world.random) {
      world.addPhone(index < 3 ? "alice" : "bob", overTCP: world.chance(0.3)) { [unowned world] _ in plan(world) }
    }
    world.run(for: .seconds(1))
    #expect(world.phones.allSatisfy { $0.isRegistered }, "seed \(seed)\n\(world.ladder.joined(separator: "\n"))")
    world.loss = [0, 0.05, 0.2, 0.35].randomElement(using: &world.random) ?? 0
    world.longestDelay = [.milliseconds(5), .milliseconds(60), .milliseconds(700)].randomElement(using: &world.random) ?? .zero
    guard let call = world.call() else { return world }
    let patience = world.chance(0.5) ? world.milliseconds(0...4000) : world.milliseconds(4000...70_000)
    world.after(patience) { world.hangUp(call) }
    world.run(for: .seconds(5000))
    return world
  }

  private static func plan(_ world: RaceWorld) -> RacePhone.Plan {
    var plan = RacePhone.Plan()
    if !world.chance(0.2) {
      let possible: [[StatusCode]] = [
        [.trying], [.ringing], [.trying, .ringing], [.sessionProgress, .ringing], [.ringing, .ringing],
      ]
      let chosen = possible.randomElement(using: &world.random) ?? []
      var after = Duration.zero
      for status in chosen {
        after += world.milliseconds(0...300)
        plan.provisionals.append((status, after))
      }
    }
    // Answers meet: most come within the same moments.
    let moment = world.chance(0.5) ? world.milliseconds(995...1005) : world.milliseconds(0...4000)
    switch Int.random(in: 0..<12, using: &world.random) {
    case 0...5: plan.final = .answer(after: moment)
    case 6: plan.final = .refuse(.busyHere, after: moment)
    case 7: plan.final = .refuse([.decline, .busyEverywhere].randomElement(using: &world.random) ?? .decline, after: moment)
    case 8: plan.final = .refuse(.temporarilyUnavailable, after: moment)
    case 9:
      // Long after timer B nobody expects it any more.
      plan.final = .answer(after: world.milliseconds(25_000...60_000))
      plan.honoursExpires = false
      if world.chance(0.7) { plan.provisionals = [] }
    case 10 where world.loss < 0.1:
      // A phone that was out of reach says only now that it rings.
      let wakes = world.milliseconds(33_000...45_000)
      plan.provisionals = (0..<3).map { (.ringing, after: wakes + .seconds(20) * $0) }
      plan.honoursExpires = false
    default: plan.final = .never
    }
    plan.isForked = world.chance(0.15)
    switch Int.random(in: 0..<6, using: &world.random) {
    case 0: plan.leaving = .impatient(after: world.milliseconds(0...200))
    case 1: plan.leaving = .patient(after: world.milliseconds(0...3000))
    default: break
    }
    if world.chance(0.2) { plan.reinvite = world.milliseconds(0...3000) }
    if world.chance(0.1) { plan.diesAfter = world.milliseconds(0...5000) }
    return plan
  }

  @Test("In the end nobody rings, nobody is in a call alone, and nothing is left", arguments: 0..<(seeds / block))
  func everybodyIsFree(block: UInt64) throws {
    for seed in (block * Self.block)..<((block + 1) * Self.block) {
      let world = try Self.live(seed: seed)
      let history = Comment(rawValue: "seed \(seed)\n\(world.ladder.joined(separator: "\n"))")
      let isRight =
        world.faults.isEmpty && world.phones.allSatisfy { !$0.isRinging && !$0.isTalking } && world.legs.isEmpty
        && world.exchange.census == Exchange.Census() && world.exchange.deadline == nil
      let isPrompt = world.loss > 0 || world.tally["gave up waiting for the ACK"] == nil
      #expect(isPrompt, history)
      let endings = world.endings.values.map(\.count)
      #expect(isRight && endings.allSatisfy { $0 == 1 }, history)
      guard isRight else {
        let phones = world.phones.map { ($0.name, $0.isRinging, $0.isTalking) }
        Issue.record("seed \(seed): \(world.faults) \(phones) \(world.legs) \(world.exchange.census)")
        return
      }
    }
  }

  @Test("Every race that this is about does take place")
  func coverage() throws {
    var tally: [String: Int] = [:]
    for seed in 0..<UInt64(300) { tally.merge(try Self.live(seed: seed).tally, uniquingKeysWith: +) }
    for event in [
      "lost", "answered", "forked", "BYE to a forked answer", "BYE to the phone", "BYE outside a dialog",
      "CANCEL while ringing",
      "ACK again", "the phone hung up", "the phone hung up before our ACK", "re-INVITE answered 200", "re-INVITE answered 481",
      "died while ringing", "died while talking", "a long talk", "two answers", "CANCEL crossed an answer", "BYE crossed BYE",
      "6xx while others rang", "180 after 183",
    ] { #expect(tally[event, default: 0] > 0, "\(event): \(tally)") }
  }
}
