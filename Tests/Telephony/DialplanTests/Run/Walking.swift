@testable import Dialplan

/// Walks a plan that a test writes down, from extension `s` of context `c`.
func walk(_ conf: String, exten: String = "s", _ arrange: (inout Scenario) -> Void = { _ in }) -> Walked {
  var scenario = Scenario(context: "c", exten: exten)
  arrange(&scenario)
  return Walk.walk(Dialplan.load(from: SourceFiles(["extensions.conf": conf])).plan, scenario)
}

extension Walked {
  /// The steps of applications that only say something, as they said it.
  var said: [String] { steps.filter { $0.application.lowercased() == "noop" }.map(\.arguments) }
  var sentences: [String] { lines.compactMap { if case .log(_, let sentence) = $0 { sentence } else { nil } } }
}
