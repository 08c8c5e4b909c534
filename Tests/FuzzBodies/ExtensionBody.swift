import Dialplan
import Wire

extension FuzzTarget {
  /// Extensions: lines are patterns, the last is what is dialled. One order, and what a plan finds is the first that matches in it.
  static let `extension`: Body = { octets throws(BrokenPromise) in
    var lines = octets.prefix(1024).split(separator: 0x0A, maxSplits: 12, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard let dialled = lines.popLast() else { return }
    let patterns = lines.map { ExtensionPattern($0) }
    for (one, other) in zip(patterns, patterns.dropFirst()) {
      let ways = [one < other, other < one, one == other].count { $0 }
      try promise(ways == 1, "an order has one way: \(one) \(other)")
      if one == other {
        try promise(one.matches(dialled) == other.matches(dialled), "the same matches the same: \(one) \(other)")
      }
    }
    var context = Context(name: "c", place: SourcePlace("c", line: 1))
    for (number, pattern) in patterns.enumerated() {
      let place = SourcePlace("c", line: number + 2)
      var known = Extension(pattern: pattern, caller: nil, place: place)
      known.steps[1] = Step(application: pattern.text, arguments: Template(""), place: place, argumentsPlace: place)
      if !context.extensions.contains(where: { $0.isSame(as: known) }) { context.extensions.append(known) }
    }
    var plan = Dialplan()
    plan.contexts["c"] = context
    plan.prepare()
    let inquiry = Inquiry(caller: dialled, epoch: 0, zones: OnlyUTC())
    let found = plan.step(at: Position("c", dialled, 1), inquiry).map { ExtensionPattern($0.application) }
    try promise(found == patterns.sorted().first { $0.matches(dialled) }, "the first that matches: \(dialled)")
    try promise(plan.match(dialled, in: "c", inquiry).exists == (found != nil), "digits that exist exist: \(dialled)")
    for pattern in patterns { _ = CallerPattern(pattern.text).matches(dialled) }
  }

  /// Rules of times: always and never are what they say, at any moment, and findings stand within the text.
  static let times: Body = { octets throws(BrokenPromise) in
    let text = String(decoding: octets, as: UTF8.self)
    let rule = TimeRule(text)
    for epoch in [Int64.min, 0, 1_700_000_000, 1_711_846_800, .max] {
      let holds = rule.holds(at: epoch, OnlyUTC())
      try promise(!(rule.isAlways && !holds) && !(rule.isNever && holds), "always and never: \(text)")
    }
    for finding in rule.findings(at: SourcePlace("f", line: 1)) {
      try promise((1...text.utf8.count + 1).contains(finding.place.column), "a finding stands in its text: \(text)")
    }
  }
}
