/// What a plan promises of itself, run at each load: a comment line
/// `;@test "Sunday is closed" at 2026-11-22T03:00 press 1 -> Playback(closed) -> VoiceMail(sales) never Dial`.
///
/// The title stands first, in quotes; then, in any order:
/// - `to EXTEN[@CONTEXT]` where the call begins, by default where calls of the business begin;
/// - `at YYYY-MM-DDTHH:MM[:SS]` when, `in Europe/Berlin` by whose clocks;
/// - `from 5551234` or `from "Ada" <5551234>` who calls;
/// - `press 1` what is typed at each step that listens, one after the other, `press nothing` for one that is let pass;
/// - `Dial=BUSY` how the next `Dial`, `Queue`, `VoiceMail` or `Record` ends, the last of them for all that follow;
/// - `hangup Wait` the caller hangs up in the first step of this application;
/// - `-> App` or `-> App(arguments)` what must be executed, in this order; others may come between, and arguments that are not named
///   may follow, `*` at the end standing for anything;
/// - `never App` what must not be executed.
package struct Promise: Hashable, Sendable {
  /// Of one plan.
  package static var maximumInPlan: Int { 500 }

  /// An application with its first arguments, or with any.
  package struct Mark: Hashable, Sendable, CustomStringConvertible {
    package var application: String
    package var arguments: String?

    package var description: String { arguments.map { "\(application)(\($0))" } ?? application }

    func matches(_ step: Walked.Step) -> Bool {
      guard step.application.lowercased() == application.lowercased() else { return false }
      guard let arguments else { return true }
      if arguments.utf8.last == UInt8(ascii: "*") { return step.arguments.utf8.starts(with: arguments.utf8.dropLast()) }
      return step.arguments == arguments || step.arguments.utf8.starts(with: "\(arguments),".utf8)
    }
  }

  /// As written behind `;@test`.
  package let text: String
  /// Where the text begins.
  package let place: SourcePlace
  package internal(set) var title = ""
  package internal(set) var context: String?
  package internal(set) var exten: String?
  package internal(set) var caller = Channel.Party()
  /// What the clocks of the zone show when the call begins.
  package internal(set) var moment: CivilTime?
  /// Empty for the business's own.
  package internal(set) var zone = ""
  package internal(set) var inputs: [String] = []
  /// By lower-case application, in order.
  package internal(set) var results: [String: [String]] = [:]
  package internal(set) var hangsUpOn: String?
  package internal(set) var reached: [Mark] = []
  package internal(set) var never: [Mark] = []
  /// What is wrong with the line; with an error it promises nothing that could be kept.
  package internal(set) var findings: [Finding] = []

  package init(text: String, place: SourcePlace) {
    self.text = text
    self.place = place
    var reader = PromiseReader(text, place)
    reader.read(into: &self)
  }

  // MARK: Keeping it

  /// The call that it speaks of; what it does not say is as in `base`.
  package func scenario(basedOn base: Scenario) -> Scenario {
    var scenario = base
    if let context { scenario.context = context }
    if let exten { scenario.exten = exten }
    if caller.number != nil || caller.name != nil { scenario.caller = caller }
    if let moment { scenario.epoch = Self.epoch(moment, zone, base.zones) ?? base.epoch }
    scenario.inputs = inputs
    scenario.results = results
    scenario.hangsUpOn = hangsUpOn
    return scenario
  }

  /// `nil` for a zone that is not known. Clocks that are put back show some hours twice: the later one is meant.
  private static func epoch(_ moment: CivilTime, _ zone: String, _ zones: any TimeZones) -> Int64? {
    guard let near = zones.offset(ofZone: zone, at: moment.epoch) else { return nil }
    return zones.offset(ofZone: zone, at: moment.epoch - near).map { moment.epoch - $0 }
  }

  /// What a walk of its scenario broke; `nil` where the promise was kept.
  package func breach(in walked: Walked) -> Finding? {
    let steps = walked.steps
    if let mark = never.first(where: { mark in steps.contains(where: mark.matches) }) {
      return broken("\(mark) was executed, which must never be", steps)
    }
    var rest = steps[...]
    for mark in reached {
      guard let index = rest.firstIndex(where: mark.matches) else {
        let isEarlier = steps.contains(where: mark.matches)
        return broken(isEarlier ? "\(mark) was not executed behind the one before" : "\(mark) was not reached", steps)
      }
      rest = rest[(index + 1)...]
    }
    return nil
  }

  private func broken(_ what: String, _ steps: [Walked.Step]) -> Finding {
    let last = steps.suffix(6).map { "\($0.application)(\($0.arguments))" }.joined(separator: " → ")
    let way = steps.isEmpty ? "nothing was executed" : "the call went \(steps.count > 6 ? "… → " : "")\(last)"
    return .error(place, "The promise “\(title)” is broken: \(what); \(way).")
  }
}

extension Dialplan {
  /// The promises that the plan does not keep, and those of zones that are not known; `base` is what a promise does not say.
  package func brokenPromises(_ base: Scenario) -> [Finding] {
    promises.compactMap { promise in
      guard !promise.findings.contains(where: { $0.severity == .error }) else { return nil }
      guard base.zones.offset(ofZone: promise.zone, at: base.epoch) != nil else {
        return .error(promise.place, "The promise “\(promise.title)” names the zone \(promise.zone), which is not known.")
      }
      return promise.breach(in: Walk.walk(self, promise.scenario(basedOn: base)))
    }
  }
}
