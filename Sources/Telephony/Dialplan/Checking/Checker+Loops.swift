/// Steps that follow each other without end, and without anything that takes time or could end it.
extension Checker {
  private struct Node: Hashable {
    var context: String
    var exten: String
    var priority: Int
  }

  mutating func checkLoops() {
    var next: [Node: Node] = [:]
    var places: [Node: SourcePlace] = [:]
    for name in plan.contextsInOrder {
      guard let context = plan.contexts[name] else { continue }
      for item in context.extensions {
        for (priority, step) in item.steps {
          let spot = Spot(context: context, extension: item, priority: priority, step: step)
          let node = Node(context: name, exten: item.pattern.text, priority: priority)
          // The first of the same name is meant; others are for certain callers only.
          guard places[node] == nil else { continue }
          places[node] = step.place
          next[node] = follower(of: spot)
        }
      }
    }
    var done: Set<Node> = []
    for start in places.keys.sorted(by: { (places[$0] ?? .none) < (places[$1] ?? .none) }) where !done.contains(start) {
      var (path, node): (Set<Node>, Node?) = ([], start)
      while let current = node, !done.contains(current), path.insert(current).inserted { node = next[current] }
      if let current = node, path.contains(current) { tell(current, next, places) }
      done.formUnion(path)
    }
  }

  /// The only step that can follow; `nil` if there are others, or something happens in between.
  private func follower(of spot: Spot) -> Node? {
    guard let form = known.applications[spot.step.application.lowercased()]?.form else { return nil }
    switch (form.course, form.jump) {
    case (.passes, _):
      return spot.extension.steps[spot.priority + 1].map { _ in
        Node(context: spot.context.name, exten: spot.exten, priority: spot.priority + 1)
      }
    case (.ends, .target):
      return target(WrittenArguments.Part(text: spot.step.arguments.text, offset: 0), spot).flatMap { node(of: $0, spot) }
    default: return nil
    }
  }

  private func node(of target: Target, _ spot: Spot) -> Node? {
    guard let context = target.context, let exten = target.exten, let priority = target.priority else { return nil }
    if context == spot.context.name, exten == spot.exten {
      let isRelative = priority.utf8.first == UInt8(ascii: "+") || priority.utf8.first == UInt8(ascii: "-")
      let number = Int(priority).map { isRelative ? spot.priority &+ $0 : $0 } ?? spot.extension.labels[priority]
      return number.map { Node(context: context, exten: exten, priority: $0) }
    }
    if exten.utf8.first == UInt8(ascii: "_") { return nil }
    let number = Int(priority) ?? open.priority(of: priority, context: context, exten: exten, anybody)
    return number.map { Node(context: context, exten: exten, priority: $0) }
  }

  private mutating func tell(_ start: Node, _ next: [Node: Node], _ places: [Node: SourcePlace]) {
    var (members, node): ([Node], Node?) = ([], start)
    repeat {
      if let current = node {
        members.append(current)
        node = next[current]
      }
    } while node != nil && node != start && members.count <= next.count
    guard let last = members.max(by: { (places[$0] ?? .none) < (places[$1] ?? .none) }), let place = places[last] else {
      return
    }
    let way = members.prefix(4).map { "\($0.context),\($0.exten),\($0.priority)" }.joined(separator: " → ")
    findings.warn(
      place,
      "A call that comes here goes round without end, \(way)\(members.count > 4 ? " → …" : ""), and is stopped after "
        + "\(Run.maximumStepsAtOnce) steps.",
      advice: "Let something in it wait or decide, such as WaitExten or GotoIf.")
  }
}

extension SourcePlace {
  fileprivate static var none: SourcePlace { SourcePlace("", line: 0) }
}
