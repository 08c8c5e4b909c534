/// Reads a plan as menus: what each context lets a caller choose, and where that leads.
struct MenuReader {
  /// Steps that are followed from one choice.
  static var maximumSteps: Int { 500 }
  /// Conditions and jumps within each other.
  static var maximumDepth: Int { 32 }
  /// Above it what is done is written beside a choice, not drawn as a box of its own: a directory.
  private static let manyRows = 12
  private static let noKey = "no key"

  private let plan: Dialplan
  private let index: PlanIndex
  private var boxes: [MenuGraph.Box] = []
  private var menus: [String: Int] = [:]
  private var actions: [Flow: Int] = [:]
  private var entries: [Place: End] = [:]
  private var questions: [Place: Int] = [:]
  /// Of each menu, where a caller comes to who presses nothing.
  private var waits: [Int: MenuGraph.Row] = [:]
  private var underWay: Set<Place> = []
  private var listed = 0
  private var reachedContexts: Set<String> = []

  static func graph(of plan: Dialplan) -> MenuGraph {
    var reader = MenuReader(plan: plan)
    reader.read()
    return MenuGraph(boxes: reader.boxes)
  }

  private init(plan: Dialplan) {
    self.plan = plan
    index = plan.index ?? PlanIndex(plan.contexts)
  }

  /// Where a call is, by what is written there.
  private struct Place: Hashable {
    var context: String
    var exten: String
    var priority: Int
  }

  /// What happens from some step on: things that are done one after the other, and what then.
  private struct Flow: Hashable {
    var done: [String] = []
    var end = End.over
  }

  private enum End: Hashable {
    /// The call, or the subroutine, ends.
    case over
    case box(Int)
    /// One choice of a box.
    case choice(Int, String)
    /// Where it leads has no box: named.
    case named(String)
  }

  // MARK: Contexts

  private mutating func read() {
    let names = plan.contextsInOrder + plan.contexts.keys.filter { !plan.contextsInOrder.contains($0) }.sorted()
    for name in names where boxes.count < MenuGraph.maximumBoxes {
      guard let context = plan.contexts[name], menus[name] == nil, !choices(of: context).isEmpty || listens(context) else {
        continue
      }
      menus[name] = boxes.count
      boxes.append(MenuGraph.Box(kind: .menu, heading: name))
    }
    for name in names {
      guard let context = plan.contexts[name] else { continue }
      if let start = context.extensions.first(where: { $0.pattern.text == "s" }) {
        _ = entry(Place(context: name, exten: "s", priority: start.steps.keys.min() ?? 1))
      }
      if let menu = menus[name] { list(context, in: menu) }
    }
    for name in names { start(name) }
    for (menu, row) in waits {
      let place = boxes[menu].rows.firstIndex { $0.key == "+" } ?? boxes[menu].rows.endIndex
      boxes[menu].rows.insert(row, at: place)
    }
  }

  /// A context whose start is elsewhere, and to which nothing leads: calls come in here.
  private mutating func start(_ name: String) {
    guard !reachedContexts.contains(name), boxes.count < MenuGraph.maximumBoxes else { return }
    let first = plan.contexts[name]?.extensions.first { $0.pattern.text == "s" }
    guard let priority = first?.steps.keys.min(),
      case .box(let box) = entries[Place(context: name, exten: "s", priority: priority)],
      box != menus[name], boxes[box].belonging != name
    else { return }
    boxes.append(MenuGraph.Box(kind: .menu, heading: name, rows: [MenuGraph.Row(key: "start", target: box)]))
  }

  /// What a caller chooses: neither the start nor what runs when the call is over.
  private func choices(of context: Context) -> [Extension] {
    let special = ["i", "t", "T", "e", "o", "a"]
    let all = context.extensions.filter { !["s", "h"].contains($0.pattern.text) && !$0.steps.isEmpty }
      .sorted { $0.isTried(before: $1) }
    return all.filter { !special.contains($0.pattern.text) } + all.filter { special.contains($0.pattern.text) }
  }

  private func listens(_ context: Context) -> Bool {
    context.extensions.contains { known in
      known.pattern.text == "s"
        && known.steps.values.contains { ["background", "waitexten"].contains($0.application.lowercased()) }
    }
  }

  private mutating func list(_ context: Context, in menu: Int) {
    let all = choices(of: context)
    let room = min(MenuGraph.maximumRows, max(MenuGraph.maximumChoices - listed, 0))
    listed += min(all.count, room)
    for choice in all.prefix(room) {
      let flow = follow(context, choice, from: choice.steps.keys.min() ?? 1, depth: 0)
      var row = MenuGraph.Row(key: Self.key(of: choice), text: choice.caption ?? "")
      lead(&row, to: flow, from: menu, isInline: all.count > Self.manyRows)
      boxes[menu].rows.append(row)
    }
    if all.count > room { boxes[menu].rows.append(MenuGraph.Row(key: "…", text: "and \(all.count - room) more")) }
    for include in context.includes.prefix(room) {
      let times = include.times.map { ", \($0.words)" } ?? ""
      var row = MenuGraph.Row(key: "+", text: "all of \(include.context)\(times)")
      row.target = menus[include.context].flatMap { $0 == menu ? nil : $0 }
      boxes[menu].rows.append(row)
    }
  }

  private static func key(of choice: Extension) -> String {
    let names = ["i": "other key", "t": noKey, "T": "too long", "e": "trouble", "o": "operator", "a": "star"]
    let text = choice.pattern.text
    let key = names[text] ?? (choice.pattern.isPattern ? String(text.dropFirst()) : text)
    return choice.caller.map { "\(key) from \($0.text.isEmpty ? "nobody" : $0.text)" } ?? key
  }

  /// Lets a row lead to what happens.
  private mutating func lead(_ row: inout MenuGraph.Row, to flow: Flow, from menu: Int, isInline: Bool) {
    func add(_ text: String) { row.detail += row.detail.isEmpty ? text : ", \(text)" }
    if !flow.done.isEmpty, isInline || boxes.count >= MenuGraph.maximumBoxes {
      add(flow.done.joined(separator: ", then "))
      lead(&row, to: Flow(end: flow.end), from: menu, isInline: isInline)
      return
    }
    guard flow.done.isEmpty else {
      row.target = action(flow)
      return
    }
    switch flow.end {
    case .over: if row.text.isEmpty, row.detail.isEmpty { row.detail = "the call ends" }
    case .box(menu): add("back to this menu")
    case .box(let target): row.target = target
    case .choice(menu, let key): add("like \(key)")
    case .choice(let target, let key):
      row.target = target
      add("\(key) of \(boxes[target].heading)")
    case .named(let name): add(name)
    }
  }

  /// The box of things that are done; the same things have one box.
  private mutating func action(_ flow: Flow, belonging: String = "") -> Int {
    if let known = actions[flow], belonging.isEmpty { return known }
    let id = boxes.count
    boxes.append(
      MenuGraph.Box(
        kind: .action, belonging: belonging, heading: flow.done.first ?? "", lines: flow.done.dropFirst().map { "then \($0)" }))
    actions[flow] = id
    if flow.end != .over {
      var row = MenuGraph.Row(key: "then")
      lead(&row, to: Flow(end: flow.end), from: id, isInline: false)
      boxes[id].rows = [row]
    }
    return id
  }

  // MARK: Steps

  /// Where a call comes to that goes to a place.
  private mutating func entry(_ place: Place, depth: Int = 0) -> End {
    if let known = entries[place] { return known }
    guard depth < Self.maximumDepth, boxes.count < MenuGraph.maximumBoxes, underWay.insert(place).inserted else {
      return menus[place.context].map { .box($0) } ?? .named("on to \(place.context)")
    }
    defer { underWay.remove(place) }
    guard let context = plan.contexts[place.context],
      let known = context.extensions.first(where: { $0.pattern.text == place.exten })
    else { return .named("nowhere: there is no \(place.context),\(place.exten)") }
    let flow = follow(context, known, from: place.priority, depth: depth)
    let end: End
    if flow.done.isEmpty {
      end = flow.end == .over ? .named("the call ends") : flow.end
      if case .box(let box) = flow.end, boxes[box].kind == .question, boxes[box].belonging.isEmpty {
        boxes[box].belonging = place.context
      }
    } else if flow.end == menus[place.context].map({ .box($0) }), flow.done.allSatisfy({ $0.hasPrefix("plays ") }) {
      // What is played before a menu is part of it.
      if case .box(let menu) = flow.end, boxes[menu].lines.count < 6 {
        boxes[menu].lines.insert(contentsOf: flow.done.filter { !boxes[menu].lines.contains($0) }, at: 0)
      }
      end = flow.end
    } else {
      end =
        boxes.count < MenuGraph.maximumBoxes ? .box(action(flow, belonging: place.context)) : .named("on to \(place.context)")
    }
    entries[place] = end
    return end
  }

  /// Follows the steps of an extension until the call is somewhere else, or listens.
  private mutating func follow(_ context: Context, _ known: Extension, from start: Int, depth: Int) -> Flow {
    var flow = Flow()
    var priority = start
    var prompts: [String]?
    for _ in 0..<Self.maximumSteps {
      guard let step = known.steps[priority] else { break }
      let name = step.application.lowercased()
      let arguments = step.arguments.text
      if let heard = prompts, !["background", "waitexten", "set", "noop", "wait", "answer"].contains(name) {
        return listening(flow, heard, context, known, after: priority, depth)
      }
      switch name {
      case "background": prompts = (prompts ?? []) + Words.sounds(arguments).map { "plays \($0)" }
      case "waitexten": return listening(flow, prompts ?? [], context, known, after: priority + 1, depth)
      case "hangup", "return", "busy", "congestion": return flow
      case "goto":
        switch jump(arguments, context, known, at: priority, depth) {
        case .step(let next):
          priority = next
          continue
        case .end(let end):
          flow.end = end
          return flow
        }
      case "gotoif", "gotoiftime":
        flow.end = question(step, context, known, at: priority, depth)
        return flow
      case "if", "while":
        flow.end = question(step, context, known, at: priority, depth)
        return flow
      case "endwhile", "continuewhile":
        guard let opening = known.opening(of: .loop, before: priority), let loop = known.steps[opening] else { return flow }
        flow.end = question(loop, context, known, at: opening, depth)
        return flow
      case "exitwhile", "exitif", "elseif", "else":
        // Another branch begins where the one that was taken ends.
        guard let closing = known.closing(of: name == "exitwhile" ? .loop : .choice, behind: priority) else { return flow }
        priority = closing
      case "gosub":
        let called = call(arguments, context, known, at: priority, depth)
        let rest = depth < Self.maximumDepth ? follow(context, known, from: priority + 1, depth: depth + 1) : Flow()
        switch called {
        case .box where rest == Flow(), .choice where rest == Flow(): flow.end = called
        default:
          flow.done += [Words.call(arguments)] + rest.done
          flow.end = rest.end
        }
        return flow
      default: if let words = Words.done(name, arguments) { flow.done.append(words) }
      }
      priority += 1
    }
    if let prompts { return listening(flow, prompts, context, known, after: priority, depth) }
    return flow
  }

  /// The caller may choose now: the call is in its context's menu.
  private mutating func listening(
    _ flow: Flow, _ prompts: [String], _ context: Context, _ known: Extension, after priority: Int, _ depth: Int
  ) -> Flow {
    var flow = flow
    guard let menu = menus[context.name] else { return flow }
    flow.end = .box(menu)
    for prompt in prompts where !boxes[menu].lines.contains(prompt) && boxes[menu].lines.count < 6 {
      boxes[menu].lines.append(prompt)
    }
    let hasTimeout = context.extensions.contains { $0.pattern.text == "t" }
    guard !hasTimeout, waits[menu] == nil, depth < Self.maximumDepth else { return flow }
    // Who presses nothing comes to the next step.
    let rest = follow(context, known, from: priority, depth: depth + 1)
    guard rest != Flow(), rest.end != .box(menu) || !rest.done.isEmpty else { return flow }
    var row = MenuGraph.Row(key: Self.noKey)
    lead(&row, to: rest, from: menu, isInline: false)
    if waits[menu] == nil { waits[menu] = row }
    return flow
  }

  private mutating func question(_ step: Step, _ context: Context, _ known: Extension, at priority: Int, _ depth: Int) -> End {
    let place = Place(context: context.name, exten: known.pattern.text, priority: priority)
    if let known = questions[place] { return .box(known) }
    guard depth < Self.maximumDepth, boxes.count < MenuGraph.maximumBoxes else { return .named("and so on") }
    let name = step.application.lowercased()
    let isJump = name.hasPrefix("goto")
    let choice = Choice(step.arguments.text)
    let isTime = name == "gotoiftime"
    let id = boxes.count
    questions[place] = id
    let rule = TimeRule(choice.condition)
    let condition = isTime ? rule.words : Words.condition(isJump ? choice.condition : step.arguments.text)
    var lines = isTime && !rule.zone.isEmpty ? ["by the clock of \(rule.zone)"] : []
    if name == "while" { lines = ["asked again and again"] }
    boxes.append(MenuGraph.Box(kind: .question, heading: "\(condition)?", lines: lines))
    for isYes in [true, false] {
      let flow =
        isJump
        ? branch(choice.taken(isYes), context, known, at: priority, depth)
        : isYes
          ? follow(context, known, from: priority + 1, depth: depth + 1)
          : otherwise(name == "while" ? .loop : .choice, context, known, at: priority, depth)
      var row = MenuGraph.Row(key: isYes ? "yes" : "no")
      lead(&row, to: flow, from: id, isInline: false)
      boxes[id].rows.append(row)
    }
    return .box(id)
  }

  /// Where a branch of `GotoIf` leads.
  private mutating func branch(
    _ target: String, _ context: Context, _ known: Extension, at priority: Int, _ depth: Int
  ) -> Flow {
    var next = priority + 1
    if !target.isEmpty {
      switch jump(target, context, known, at: priority, depth + 1) {
      case .step(let step): next = step
      case .end(let end): return Flow(end: end)
      }
    }
    return follow(context, known, from: next, depth: depth + 1)
  }

  /// Where `While` and `If` lead when they do not hold: behind their ends, or to the next branch.
  private mutating func otherwise(
    _ bracket: Bracket, _ context: Context, _ known: Extension, at priority: Int, _ depth: Int
  ) -> Flow {
    let isBranch: (String) -> Bool = { bracket == .choice && ["elseif", "else"].contains($0) }
    guard let next = known.closing(of: bracket, behind: priority, or: isBranch), let step = known.steps[next] else {
      return Flow(end: .named("nowhere: it has no end"))
    }
    guard step.application.lowercased() == "elseif" else { return follow(context, known, from: next + 1, depth: depth + 1) }
    return Flow(end: question(step, context, known, at: next, depth + 1))
  }

  // MARK: Jumps

  private enum Jump {
    /// Further on in the same extension.
    case step(Int)
    case end(End)
  }

  private mutating func jump(_ text: String, _ context: Context, _ known: Extension, at priority: Int, _ depth: Int) -> Jump {
    let parts = ArgumentList.raw(text).map { Run.trimmed($0[...]) }
    let (there, exten, step) =
      switch parts.count {
      case 1: (context.name, known.pattern.text, parts[0])
      case 2: (context.name, parts[0], parts[1])
      default: (parts.first ?? "", parts.count > 1 ? parts[1] : "", parts.count > 2 ? parts[2] : "")
      }
    if there == context.name, exten == known.pattern.text {
      guard let next = Int(step) ?? known.labels[step] else { return .end(.named("nowhere: there is no \(step)")) }
      if next > priority { return .step(next) }
      return .end(menus[there].map { .box($0) } ?? .named("and again"))
    }
    return .end(reached(there, exten, step, depth))
  }

  /// Where `context,exten,step` is, seen from outside.
  private mutating func reached(_ there: String, _ exten: String, _ step: String, _ depth: Int) -> End {
    guard !there.contains("${") else { return .named("on to \(Words.plain(there))") }
    if exten.contains("${") { return menus[there].map { .box($0) } ?? .named("on to \(there)") }
    reachedContexts.insert(there)
    guard let found = contextOf(there, exten, step) else { return .named("nowhere: there is no \(there),\(exten)") }
    // The start of a context has a box of its own, or is its menu; a choice of a menu is shown there.
    guard found.known.pattern.text == "s" || menus[found.context] == nil else {
      return menus[found.context].map { .choice($0, Self.key(of: found.known)) } ?? .named(there)
    }
    let priority = Int(step) ?? found.known.labels[step] ?? 1
    return entry(Place(context: found.context, exten: found.known.pattern.text, priority: priority), depth: depth + 1)
  }

  private func contextOf(_ context: String, _ exten: String, _ step: String) -> (context: String, known: Extension)? {
    for stop in index.stops(from: context, nil) {
      let found = stop.place.extensions.firstMatch(exten) { place -> Extension? in
        let known = stop.place.extensions.extensions[place]
        return known.labels[step] != nil || Int(step).map { known.steps[$0] != nil } ?? false ? known : nil
      }
      if let found { return (stop.place.name, found) }
    }
    return nil
  }

  private mutating func call(_ text: String, _ context: Context, _ known: Extension, at priority: Int, _ depth: Int) -> End {
    let target = text.split(separator: "(", maxSplits: 1).first.map(String.init) ?? ""
    switch jump(target, context, known, at: priority, depth) {
    case .step, .end(.over): return .over
    case .end(let end): return end
    }
  }
}
