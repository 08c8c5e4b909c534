import Foundation
import Testing

@testable import Dialplan

/// What a real Asterisk 22.10.1 executed for a plan and a call: an engine that means what it means executes the same steps.
@Suite("Runs observed on Asterisk")
struct ObservedRunsTests {
  struct Observed: Decodable, CustomTestStringConvertible, Sendable {
    struct Start: Decodable { var context: String, exten: String }
    var name: String
    var topic: String
    var conf: String
    var files: [String: String]?
    var start: Start
    var callerid: String?
    var dtmf: [String]
    var hangUpOn: String?
    var expect: [String]
    var `where`: [String]

    enum CodingKeys: String, CodingKey {
      case name, topic, conf, files, start, callerid, dtmf, expect, `where`
      case hangUpOn = "hangup_on"
    }

    var testDescription: String { "\(name): \(topic)" }
  }

  static let all: [Observed] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Observed")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
    return names.sorted().compactMap { name in
      guard let octets = FileManager.default.contents(atPath: folder.appending(path: name).path()) else { return nil }
      return try? JSONDecoder().decode(Observed.self, from: octets)
    }
  }()

  @Test("All are there")
  func complete() { #expect(Self.all.count == 40) }

  @Test("The same steps at the same places", arguments: all)
  func run(_ observed: Observed) throws {
    var texts = observed.files ?? [:]
    texts["extensions.conf"] = observed.conf
    let plan = Dialplan.load(from: SourceFiles(texts)).plan
    var scenario = Scenario(context: observed.start.context, exten: observed.start.exten)
    scenario.inputs = observed.dtmf
    scenario.hangsUpOn = observed.hangUpOn
    scenario.sounds = [
      "short": .milliseconds(300), "menu": .seconds(2), "long": .seconds(8), "digits": .seconds(1),
    ]
    if let caller = observed.callerid { scenario.caller = Channel.Party(written: caller) }
    let walked = Walk.walk(plan, scenario)
    let steps = walked.steps.map { "\($0.application.lowercased())(\($0.arguments))" }
    #expect(steps == observed.expect.map(Self.withoutCase))
    #expect(walked.steps.map(\.position.description) == observed.where)
    #expect(walked.stopped == nil)
  }

  /// Applications are compared without case, arguments with it.
  static func withoutCase(_ step: String) -> String {
    let open = step.firstIndex(of: "(") ?? step.endIndex
    return step[..<open].lowercased() + step[open...]
  }
}
