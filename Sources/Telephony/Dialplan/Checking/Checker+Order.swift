/// Steps that belong together, and steps that nothing leads to.
extension Checker {
  /// What opens a block, what ends it, and what may stand only inside.
  private static let blocks: [(opens: String, ends: String, inside: Set<String>)] = [
    ("While", "EndWhile", ["continuewhile", "exitwhile"]), ("If", "EndIf", ["elseif", "else", "exitif"]),
  ]

  /// `While` … `EndWhile` and `If` … `EndIf` of one extension.
  mutating func checkBlocks(_ item: Extension) {
    let steps = item.steps.sorted { $0.key < $1.key }.map(\.value)
    for block in Self.blocks {
      var open: [Step] = []
      for step in steps {
        switch step.application.lowercased() {
        case block.opens.lowercased(): open.append(step)
        case block.ends.lowercased():
          if open.popLast() == nil { outside(step, block.opens) }
        case let name where block.inside.contains(name):
          if open.isEmpty { outside(step, block.opens) }
        default: break
        }
      }
      for step in open {
        findings.warn(
          step.place, "This \(block.opens) has no \(block.ends) in \(item.pattern).",
          advice: "Write same => n,\(block.ends)() where it ends.")
      }
    }
  }

  private mutating func outside(_ step: Step, _ opener: String) {
    findings.warn(step.place, "This \(step.application) has no \(opener) above it in its extension: the call ends here.")
  }

  // MARK: Gaps

  /// Priorities behind a gap, which no step before them and no target leads to.
  mutating func checkGaps() {
    guard !leadsAnywhere else { return }
    let included = Set(plan.contexts.values.flatMap { $0.includes.map(\.context) })
    for name in plan.contextsInOrder where !included.contains(name) && !findings.isFull {
      guard let context = plan.contexts[name] else { continue }
      let isAlone = context.includes.isEmpty && context.extensions.count { $0.pattern.isPattern } == 1
      for item in context.extensions {
        for (priority, step) in item.steps where priority > 1 && item.steps[priority - 1] == nil {
          guard !item.labels.values.contains(priority), !targetPriorities.contains(priority) else { continue }
          // Another extension that matches the same may have the step before.
          if item.pattern.isPattern {
            guard isAlone else { continue }
          } else if self.open.step(at: Position(name, item.pattern.text, priority - 1), anybody) != nil {
            continue
          }
          findings.warn(
            step.place, "Nothing leads here: \(item.pattern) has a priority \(priority) and no \(priority - 1).",
            advice: "A call ends at a gap. Number lines by n, or go here by a label.")
        }
      }
    }
  }
}
