/// Global variables as they are known while a plan is loaded, for the few places that are filled in then: extensions, includes.
struct GlobalText {
  private static var length: Int { 8191 }

  private var values: [String: String] = [:]
  /// Those whose value only a running call could tell.
  private var unknown: Set<String> = []

  /// A line of `[globals]`; earlier ones are put in, later ones are empty still.
  mutating func define(_ name: String, _ value: String) {
    let (text, _) = substitute(value)
    values[name] = text ?? ""
    if text == nil { unknown.insert(name) } else { unknown.remove(name) }
  }

  /// The text with `${NAME}` put in, and what is wrong with it; no text where something else is asked for.
  func substitute(_ value: String, wantsAdvice: Bool = false) -> (text: String?, problems: [String]) {
    guard value.utf8.contains(UInt8(ascii: "$")) else { return (value, []) }
    let template = Template(value)
    let complaints = template.findings(at: SourcePlace("", line: 1)).map(\.what)
    guard complaints.isEmpty, !Self.looksLikeMore(value, "$[") else { return (nil, complaints + ["$[…] has no value here."]) }
    var problems: [String] = []
    for mention in template.mentions {
      guard mention.kind == .variable else { return (nil, ["The function \(mention.name) has no value here."]) }
      guard !unknown.contains(mention.name) else {
        return (nil, ["The value of \(mention.name) is known only when a call runs."])
      }
      if values[mention.name] == nil {
        let meant = wantsAdvice ? Suggestion.sentence(for: mention.name, among: values.keys) : nil
        problems.append(
          "There is no global variable \(mention.name): nothing stands in its place. \(meant ?? "Define it in [globals].")")
      }
    }
    let text = template.expanded(globals: values)
    // What was put in is not looked at again; should it look like a variable, it could not be written anew.
    guard text.utf8.count <= Self.length, !Self.looksLikeMore(text, "${"), !Self.looksLikeMore(text, "$[") else {
      return (nil, problems + ["\(value) does not come to a plain text."])
    }
    return (text, problems)
  }

  private static func looksLikeMore(_ text: String, _ two: StaticString) -> Bool {
    let second = two.utf8Start[1]
    return zip(text.utf8, text.utf8.dropFirst()).contains { $0 == UInt8(ascii: "$") && $1 == second }
  }
}
