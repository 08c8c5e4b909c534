@testable import Dialplan

/// Plans built by hand, without the reader: a context's lines are `EXT[/CALLER],PRIO[(label)],App(arguments)`, `include=CONTEXT` or
/// `caption=EXT,text`.
enum HandPlan {
  static func plan(_ contexts: [(name: String, lines: [String])], prepared: Bool = true) -> Dialplan {
    var plan = Dialplan()
    for (name, lines) in contexts {
      plan.contexts[name] = context(name, lines)
      plan.contextsInOrder.append(name)
    }
    if prepared { plan.prepare() }
    return plan
  }

  private static func context(_ name: String, _ lines: [String]) -> Context {
    var context = Context(name: name, place: SourcePlace("plan", line: 1))
    for (number, line) in lines.enumerated() {
      let place = SourcePlace("plan", line: number + 2)
      if line.hasPrefix("include=") {
        let parts = line.dropFirst(8).split(separator: ",", maxSplits: 1).map(String.init)
        let times = parts.count > 1 ? TimeRule(parts[1]) : nil
        context.includes.append(Include(context: parts[0], times: times, place: place))
      } else if line.hasPrefix("caption=") {
        let parts = line.dropFirst(8).split(separator: ",", maxSplits: 1).map(String.init)
        let pattern = ExtensionPattern(parts[0])
        if let index = context.extensions.firstIndex(where: { $0.pattern == pattern }) {
          context.extensions[index].caption = parts[1]
        }
      } else {
        add(line, at: place, to: &context)
      }
    }
    return context
  }

  private static func add(_ line: String, at place: SourcePlace, to context: inout Context) {
    var parts = line.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    let named = parts[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let caller = named.count > 1 ? CallerPattern(named[1]) : nil
    let fresh = Extension(pattern: ExtensionPattern(named[0]), caller: caller, place: place)
    if !context.extensions.contains(where: { $0.isSame(as: fresh) }) { context.extensions.append(fresh) }
    guard let index = context.extensions.firstIndex(where: { $0.isSame(as: fresh) }) else { return }
    let priorities = parts[1].split(separator: "(").map(String.init)
    let priority = Int(priorities[0]) ?? (context.extensions[index].steps.keys.max() ?? 0) + 1
    if priorities.count > 1 { context.extensions[index].labels[String(priorities[1].dropLast())] = priority }
    if parts.count < 3 { parts.append("NoOp()") }
    let open = parts[2].firstIndex(of: "(") ?? parts[2].endIndex
    let arguments = String(parts[2][open...].dropFirst().dropLast())
    context.extensions[index].steps[priority] = Step(
      application: String(parts[2][..<open]), arguments: Template(arguments), place: place, argumentsPlace: place)
  }
}
