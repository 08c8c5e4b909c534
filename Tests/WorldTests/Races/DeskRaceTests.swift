import Calls
import SIPSyntax
import Testing
import Wire

/// Agents whose phones and desks ring together, under everything that can cross: for every seed one of them has the call, the others are
/// told, and nothing is left behind.
@Suite("Races of phones and desks")
struct DeskRaceTests {
  static let seeds: UInt64 = 2000
  private static let block: UInt64 = 100

  /// Draws a world from its seed and lets it live until everything in it has ended.
  private static func live(seed: UInt64) throws -> RaceWorld {
    let world = try RaceWorld(seed: seed &+ 1_000_000, agents: ["alice", "bob"])
    for _ in 0..<Int.random(in: 0...2, using: &world.random) {
      world.addPhone("alice", overTCP: world.chance(0.3)) { [unowned world] _ in phonePlan(world) }
    }
    if world.chance(0.5) { world.addPhone("bob", overTCP: false) { [unowned world] _ in phonePlan(world) } }
    for index in 0..<Int.random(in: 1...3, using: &world.random) {
      world.addDesk(index < 2 ? "alice" : "bob") { [unowned world] _ in deskPlan(world) }
    }
    world.run(for: .seconds(1))
    world.loss = [0, 0, 0.05, 0.2].randomElement(using: &world.random) ?? 0
    world.longestDelay = [.milliseconds(2), .milliseconds(40), .milliseconds(500)].randomElement(using: &world.random) ?? .zero
    guard let call = world.call() else { return world }
    let patience = world.chance(0.5) ? world.milliseconds(0...4000) : world.milliseconds(4000...150_000)
    world.after(patience) { world.hangUp(call) }
    world.run(for: .seconds(400))
    for desk in world.desks { desk.leave(isDeliberate: true) }
    world.run(for: .seconds(4600))
    return world
  }

  private static func moment(_ world: RaceWorld) -> Duration {
    // Answers meet: most come within the same moments.
    world.chance(0.7) ? world.milliseconds(998...1003) : world.milliseconds(0...4000)
  }

  private static func phonePlan(_ world: RaceWorld) -> RacePhone.Plan {
    var plan = RacePhone.Plan()
    if world.chance(0.8) { plan.provisionals = [(.ringing, after: world.milliseconds(0...100))] }
    switch Int.random(in: 0..<6, using: &world.random) {
    case 0...2: plan.final = .answer(after: moment(world))
    case 3: plan.final = .refuse(world.chance(0.5) ? .busyHere : .decline, after: moment(world))
    default: plan.final = .never
    }
    if world.chance(0.3) { plan.leaving = .patient(after: world.milliseconds(0...50_000)) }
    return plan
  }

  private static func deskPlan(_ world: RaceWorld) -> RaceDesk.Plan {
    var plan = RaceDesk.Plan()
    switch Int.random(in: 0..<6, using: &world.random) {
    case 0...3: plan.reaction = .accept(after: moment(world))
    case 4: plan.reaction = .reject(after: moment(world))
    default: break
    }
    if world.chance(0.3) { plan.hangsUp = world.milliseconds(0...80_000) }
    if world.chance(0.3) {
      let after = world.chance(0.5) ? moment(world) : world.milliseconds(1000...30_000)
      plan.leaves = (after, isDeliberate: world.chance(0.2))
      if world.chance(0.8) { plan.returns = world.milliseconds(0...70_000) }
      plan.offersWhenBack = world.chance(0.5)
    }
    return plan
  }

  @Test("In the end nobody rings, nobody is in a call alone, and nothing is left", arguments: 0..<(seeds / block))
  func everybodyIsFree(block: UInt64) throws {
    for seed in (block * Self.block)..<((block + 1) * Self.block) {
      let world = try Self.live(seed: seed)
      let agents = world.exchange.tenant(world.tenant)?.agents.values
      let isRight =
        world.faults.isEmpty && world.phones.allSatisfy { !$0.isRinging && !$0.isTalking }
        && world.desks.allSatisfy { !$0.isRinging && !$0.isTalking } && world.legs.isEmpty
        && world.exchange.census == Exchange.Census() && world.exchange.deadline == nil
        && agents?.allSatisfy { $0.call == nil } == true && world.endings.values.allSatisfy { $0.count == 1 }
      guard isRight else {
        Issue.record(
          "seed \(seed): \(world.faults) \(world.legs) \(world.exchange.census)\n\(world.ladder.joined(separator: "\n"))")
        return
      }
    }
  }

  @Test("Every race that this is about does take place")
  func coverage() throws {
    var tally: [String: Int] = [:]
    for seed in 0..<UInt64(400) { tally.merge(try Self.live(seed: seed).tally, uniquingKeysWith: +) }
    for event in [
      "a desk answered", "a desk was too late", "a desk and a phone answered", "answered elsewhere",
      "rejected while a phone rang", "a desk hung up", "a desk left its call", "a desk left while it rang", "a desk came back",
      "a desk came back too late",
      "CANCEL while ringing", "CANCEL crossed an answer", "BYE to the phone", "a long talk",
    ] { #expect(tally[event, default: 0] > 0, "\(event): \(tally)") }
  }
}
