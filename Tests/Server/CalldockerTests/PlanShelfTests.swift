import Calls
import Dialplan
import Storage
import Testing
import Wire

@testable import Calldocker

/// What `PlanShelf` decides, told without a disk and in imagined time.
@Suite("Which dialplan is in force")
struct PlanShelfTests {
  private var shelf = PlanShelf()
  private static let business = tenant(1)
  private let own = PlanOwner.tenant(business)

  private static func tenant(_ number: UInt64) -> TenantID {
    var random = Randomness.seeded(number)
    return TenantID(using: &random)
  }

  private func time(_ seconds: Int64) -> WallTime { WallTime(milliseconds: seconds * 1000) }

  /// A reading of a file that plays one sound; a sound called `broken` is an error.
  private func reading(_ sound: String) -> PlanReading {
    let text = sound == "broken" ? "[widget\n" : "[widget]\nexten => s,1,Playback(\(sound))\n"
    return PlanReading(
      reading: SourceFiles(["extensions.conf": text]), has: { $0 == "extensions.conf" }, zones: ZoneFiles(byName: [:]))
  }

  /// Who heard of which version, of these outputs.
  private func heard(_ outputs: [PlanShelf.Output]) -> [TenantID: Int] {
    var heard: [TenantID: Int] = [:]
    for case .inForce(let tenants, _, _, let version) in outputs { for tenant in tenants { heard[tenant] = version } }
    return heard
  }

  private func fetched(_ outputs: [PlanShelf.Output]) -> [Int] {
    outputs.compactMap { if case .fetch(_, let version) = $0 { version } else { nil } }
  }

  private func dropped(_ outputs: [PlanShelf.Output]) -> [Int] {
    outputs.compactMap { if case .drop(_, let version) = $0 { version } else { nil } }
  }

  private func sound(_ owner: PlanOwner, _ shelf: PlanShelf) -> String? {
    shelf.standing(owner).plan?.contexts["widget"]?.extensions.first?.steps[1]?.arguments.text
  }

  @Test("Who has no plan of its own has the default's, and its own once there is one; when that goes, the default's again")
  mutating func sources() {
    #expect(heard(shelf.added(Self.business)).isEmpty)
    #expect(heard(shelf.receive(reading("a"), of: .standard, at: time(1))) == [Self.business: 1])
    let other = Self.tenant(2)
    #expect(heard(shelf.added(other)) == [other: 1])
    #expect(heard(shelf.receive(reading("b"), of: own, at: time(2))) == [Self.business: 1])
    #expect(shelf.source(of: Self.business) == own)
    // The default's next version is for those who run it.
    #expect(heard(shelf.receive(reading("c"), of: .standard, at: time(3))) == [other: 2])
    #expect(heard(shelf.receive(nil, of: own, at: time(4))) == [Self.business: 2])
    #expect(shelf.source(of: Self.business) == .standard)
    // Numbers are not used twice.
    #expect(heard(shelf.receive(reading("d"), of: own, at: time(5))) == [Self.business: 2])
  }

  @Test("With errors the last good version stays in force; the same files are no new version")
  mutating func refused() {
    _ = shelf.added(Self.business)
    _ = shelf.receive(reading("a"), of: .standard, at: time(1))
    let outputs = shelf.receive(reading("broken"), of: .standard, at: time(2))
    #expect(heard(outputs).isEmpty)
    #expect(shelf.standing(.standard).last?.result == .refused)
    #expect(shelf.standing(.standard).record.inForce == 1 && sound(.standard, shelf) == "a")
    #expect(heard(shelf.receive(reading("a"), of: .standard, at: time(3))).isEmpty)
    #expect(shelf.standing(.standard).record.versions.map(\.number) == [1])
    #expect(shelf.standing(.standard).record.since == time(1))
    #expect(shelf.counts == [.taken: 1, .refused: 1, .unchanged: 1])
    // A default that vanishes stays in force.
    #expect(heard(shelf.receive(nil, of: .standard, at: time(4))).isEmpty)
    #expect(sound(.standard, shelf) == "a")
  }

  @Test("Going back holds until the folder reads otherwise")
  mutating func goingBack() throws {
    _ = shelf.added(Self.business)
    for (second, sound) in ["a", "b", "c"].enumerated() {
      _ = shelf.receive(reading(sound), of: own, at: time(Int64(second)))
    }
    #expect(try shelf.earlier(nil, of: own) == 2)
    #expect(throws: PlanShelf.Fault.already(version: 3)) { try shelf.earlier(3, of: own) }
    #expect(throws: PlanShelf.Fault.unknown(version: 9, kept: [1, 2, 3])) { try shelf.earlier(9, of: own) }
    #expect(throws: PlanShelf.Fault.noEarlier) { try shelf.earlier(nil, of: .standard) }
    #expect(heard(shelf.goBack(own, to: 1, reading("a").plan, at: time(10))) == [Self.business: 1])
    #expect(shelf.standing(own).record.wentBack?.from == 3)
    // Read again with nothing changed: it stays back, and through a restart too.
    #expect(heard(shelf.receive(reading("c"), of: own, at: time(11))).isEmpty)
    var restarted = PlanShelf([own: shelf.standing(own).record])
    _ = restarted.added(Self.business)
    #expect(fetched(restarted.receive(reading("c"), of: own, at: time(12))) == [1])
    #expect(heard(restarted.kept(reading("a").plan, 1, of: own, at: time(12))) == [Self.business: 1])
    // Broken files change nothing; good ones are taken.
    #expect(heard(shelf.receive(reading("broken"), of: own, at: time(13))).isEmpty)
    #expect(heard(shelf.receive(reading("d"), of: own, at: time(14))) == [Self.business: 4])
    #expect(shelf.standing(own).record.wentBack == nil)
  }

  @Test("At a start with wrong files the newest kept version is taken that can be read, else the default's plan")
  mutating func startsFromWhatIsKept() {
    for (second, sound) in ["a", "b"].enumerated() {
      _ = shelf.added(Self.business)
      _ = shelf.receive(reading(sound), of: own, at: time(Int64(second)))
    }
    var restarted = PlanShelf([own: shelf.standing(own).record])
    _ = restarted.added(Self.business)
    #expect(fetched(restarted.receive(reading("broken"), of: own, at: time(9))) == [2])
    #expect(fetched(restarted.kept(nil, 2, of: own, at: time(9))) == [1])
    _ = restarted.receive(reading("z"), of: .standard, at: time(9))
    var other = restarted
    #expect(heard(restarted.kept(reading("a").plan, 1, of: own, at: time(9))) == [Self.business: 1])
    #expect(restarted.source(of: Self.business) == own)
    #expect(heard(other.kept(nil, 1, of: own, at: time(9))) == [Self.business: 1])
    #expect(other.source(of: Self.business) == .standard)
  }

  @Test("One version past the most that are kept the oldest goes, never the one in force")
  mutating func limit() {
    _ = shelf.added(Self.business)
    for number in 1...PlanShelf.maximumVersions {
      #expect(dropped(shelf.receive(reading("s\(number)"), of: own, at: time(0))).isEmpty)
    }
    #expect(dropped(shelf.receive(reading("more"), of: own, at: time(0))) == [1])
    #expect(shelf.standing(own).record.versions.count == PlanShelf.maximumVersions)
  }

  @Test("A business that is removed takes its versions along, and what is read of it later is nobody's")
  mutating func removal() {
    _ = shelf.added(Self.business)
    _ = shelf.receive(reading("a"), of: own, at: time(0))
    guard case .forget(own)? = shelf.removed(Self.business).first else { return #expect(Bool(false), "nothing is forgotten") }
    #expect(shelf.receive(reading("b"), of: own, at: time(1)).isEmpty)
    #expect(shelf.standings[own] == nil)
  }

  @Test("A broken promise refuses a plan, with its place")
  func promises() {
    let text = "[widget]\n;@test \"hears a\" to s -> Playback(a)\nexten => s,1,Playback(b)\n"
    let reading = PlanReading(
      reading: SourceFiles(["extensions.conf": text]), has: { $0 == "extensions.conf" }, zones: ZoneFiles(byName: [:]))
    #expect(reading.isRefused)
    #expect(reading.findings.first { $0.severity == .error }?.place.line == 2)
  }
}
