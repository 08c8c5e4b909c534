import Foundation
import FuzzBodies
import Testing

/// Every input that was ever worth keeping, through the same bodies that libFuzzer calls; and a little noise around each.
@Suite("What fuzzers found, and what they begin with")
struct ReplayTests {
  private static let fuzz = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fuzz")

  private static func inputs(_ target: FuzzTarget, _ folder: String) throws -> [(name: String, octets: [UInt8])] {
    let path = fuzz.appendingPathComponent("\(target.name)/\(folder)")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path.path)) ?? []
    return try names.sorted().map { ("\(folder)/\($0)", Array(try Data(contentsOf: path.appendingPathComponent($0)))) }
  }

  @Test("Every folder of seeds has its target, every target its seeds")
  func folders() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.fuzz.path)
      .filter { FileManager.default.fileExists(atPath: Self.fuzz.appendingPathComponent("\($0)/seeds").path) }
    #expect(Set(folders) == Set(FuzzTarget.all.map(\.name)))
    for target in FuzzTarget.all { #expect(try !Self.inputs(target, "seeds").isEmpty, "\(target) has no seeds") }
  }

  @Test("Seeds and regressions keep their promises", arguments: FuzzTarget.all)
  func replay(target: FuzzTarget) throws {
    for (name, octets) in try Self.inputs(target, "seeds") + Self.inputs(target, "regressions") {
      #expect(throws: Never.self, "Fuzz/\(target)/\(name)") { try target.run(octets) }
    }
  }

  @Test("Bent seeds do, too", arguments: FuzzTarget.all)
  func mutations(target: FuzzTarget) throws {
    let corpus = try (Self.inputs(target, "seeds") + Self.inputs(target, "regressions")).map(\.octets)
    let seed: UInt64 = 4475
    // Printed before, as a trap would leave no other trace.
    print("\(target): \(target.mutations) inputs bent from seed \(seed)")
    var mutation = Mutation(seed: seed)
    for number in 0..<target.mutations {
      let octets = mutation.next(of: corpus)
      do throws(BrokenPromise) {
        try target.run(octets)
      } catch {
        let text = Data(octets).base64EncodedString()
        Issue.record("\(error)\ninput \(number) of seed \(seed), for Fuzz/\(target)/regressions by base64 -d: \(text)")
        return
      }
    }
  }
}
