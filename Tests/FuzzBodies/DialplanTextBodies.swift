import Dialplan
import Wire

extension FuzzTarget {
  /// The lines of an input: the first is what is read, the others stand in variables or are matched.
  private static func lines(_ octets: [UInt8]) -> [String] {
    octets.split(separator: 0x0A, maxSplits: 3, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func run(_ lines: [String]) -> Run {
    var variables = Variables()
    for (name, value) in zip(["A", "B", "C"], lines.dropFirst()) { _ = variables.set(name, value) }
    let channel = Channel(
      name: "WebRTC/1", uniqueID: "1.1", caller: Channel.Party(name: "Ada", number: "5551234"),
      position: Position("c", "100", 1),
      variables: variables)
    return Run(plan: Dialplan(), channel: channel)
  }

  private static func expand(_ template: Template, _ run: inout Run) -> String {
    do throws(Pending) { return try template.expanded(in: &run) } catch { return error.fetch.url }
  }

  /// A dialplan's text: whatever it is, it comes to the same each time, no longer than allowed, and complaints stand inside it.
  static let dialplanText: Body = { octets throws(BrokenPromise) in
    let lines = lines(octets)
    let template = Template(lines[0])
    var (first, second) = (run(lines), run(lines))
    let text = expand(template, &first)
    try promise(text == expand(template, &second), "a text comes to the same twice: \(lines[0])")
    // What a function gives alone is held to a variable's length, and is cut where it stands beside something.
    try promise(text.utf8.count <= max(Template.maximumLength, lines[0].utf8.count), "a text grows to \(text.utf8.count)")
    if !lines[0].utf8.contains(0x24) { try promise(text == lines[0], "nothing is put into \(lines[0])") }
    let place = SourcePlace("extensions.conf", line: 1)
    for finding in template.findings(at: place) {
      try promise((1...max(1, lines[0].utf8.count)).contains(finding.place.column), "a finding is in the text: \(finding)")
    }
    for mention in template.mentions { try promise(mention.offset <= lines[0].utf8.count, "a name is in the text: \(mention)") }
    Functions.assign(lines[0], lines.count > 1 ? lines[1] : text, in: &first)
    _ = template.expanded(globals: ["A": lines.last ?? ""])
    _ = (Truth.holds(text), ArgumentList(text), ArgumentList.raw(text))
  }

  /// An expression: parentheses around it change nothing, and reckoned at once or later it is the same.
  static let dialplanExpression: Body = { octets throws(BrokenPromise) in
    let lines = lines(octets)
    let written = String(decoding: lines[0].utf8.filter { !"$[]".utf8.contains($0) }, as: UTF8.self)
    let template = Template("$[\(written)]")
    var own = run(lines + ["", "", ""].prefix(max(0, 4 - lines.count)))
    let value = expand(template, &own)
    var other = run(["", written])
    try promise(expand(Template("$[${A}]"), &other) == value, "an expression is the same, put in or written: \(written)")
    // Functions are called by the call alone: what is wrong with them no finding says.
    let calls = zip(written.utf8, written.utf8.dropFirst()).contains {
      $1 == 0x28 && $0 != 0x28 && !"+-*/%&|<>=!?:".utf8.contains($0)
    }
    if !calls, template.findings(at: SourcePlace("f", line: 1)).isEmpty, !value.isEmpty {
      let inside = Template("$[(\(written))]")
      if inside.findings(at: SourcePlace("f", line: 1)).isEmpty {
        try promise(expand(inside, &other) == value, "parentheses change nothing: \(written)")
      }
    }
    _ = expand(Template("$[${A} + ${B} * -${C} ? ${A} :: ${B}]"), &own)
  }

  /// A regular expression: what matches lies in the text, and parentheses around all of it are what matched.
  static let regularExpression: Body = { octets throws(BrokenPromise) in
    let lines = lines(octets)
    let text = String((lines.count > 1 ? lines[1] : "").prefix(256))
    guard let expression = try? RegularExpression(lines[0]) else { return }
    let match = expression.match(text)
    if let match {
      try promise(match.range.upperBound <= text.utf8.count, "a match lies in the text: \(lines)")
      if let group = match.group {
        try promise(
          group.lowerBound >= match.range.lowerBound && group.upperBound <= match.range.upperBound,
          "so does its group: \(lines)")
      }
    }
    guard let whole = try? RegularExpression("(\(lines[0]))") else { return }
    // A parenthesis that stands alone closes the new ones.
    guard !lines[0].utf8.contains(0x29) else { return }
    let same = whole.match(text)
    try promise(same?.range == match?.range, "parentheses change nothing: \(lines)")
    try promise(same?.group == same?.range, "parentheses take what is in them: \(lines)")
  }
}
