/// Global variables as they are known while a plan is loaded, for the few places that are filled in then: extensions, includes.
struct GlobalText {
  private static var depth: Int { 8 }
  private static var length: Int { 8191 }

  /// `nil` for a value that only a running plan could tell.
  private var values: [String: String?] = [:]

  /// A line of `[globals]`; earlier ones are put in.
  mutating func define(_ name: String, _ value: String) {
    values.updateValue(value.utf8.contains(UInt8(ascii: "$")) ? substitute(value).text : value, forKey: name)
  }

  /// The text with `${NAME}` put in, and what is wrong with it; no text where something else is asked for.
  func substitute(_ value: String) -> (text: String?, problems: [String]) {
    var problems: [String] = []
    guard let octets = expand(Array(value.utf8)[...], Self.depth, &problems) else { return (nil, problems) }
    // What is put in is not looked at again; should it look like a variable, it cannot be written anew.
    let isPlain = !zip(octets, octets.dropFirst()).contains { $0 == UInt8(ascii: "$") && "{[".utf8.contains($1) }
    guard octets.count <= Self.length, isPlain else {
      return (nil, problems + ["\(value) does not come to a plain text."])
    }
    return (String(decoding: octets, as: UTF8.self), problems)
  }

  private func expand(_ octets: ArraySlice<UInt8>, _ depth: Int, _ problems: inout [String]) -> [UInt8]? {
    var (result, position) = ([UInt8](), octets.startIndex)
    while position < octets.endIndex {
      let rest = octets[position...]
      if rest.starts(with: "$[".utf8) {
        problems.append("$[…] has no value here.")
        return nil
      }
      guard rest.starts(with: "${".utf8) else {
        result.append(octets[position])
        position += 1
        continue
      }
      guard depth > 0, let end = Self.end(of: rest), let name = expand(octets[(position + 2)..<end], depth - 1, &problems)
      else {
        if problems.isEmpty { problems.append("A ${ here has no }.") }
        return nil
      }
      guard let value = value(of: String(decoding: name, as: UTF8.self), &problems) else { return nil }
      result += Array(value.utf8)
      guard result.count <= Self.length else {
        problems.append("This becomes too long.")
        return nil
      }
      position = end + 1
    }
    return result
  }

  /// Where the `}` is that belongs to the `${` in front.
  private static func end(of octets: ArraySlice<UInt8>) -> Int? {
    var depth = 0
    for index in octets.indices {
      if octets[index] == UInt8(ascii: "{") { depth += 1 }
      guard octets[index] == UInt8(ascii: "}") else { continue }
      depth -= 1
      if depth == 0 { return index }
    }
    return nil
  }

  private func value(of name: String, _ problems: inout [String]) -> String? {
    guard !name.contains("("), !name.contains(":") else {
      problems.append("${\(name)} has no value here.")
      return nil
    }
    switch values[name] {
    case .some(.some(let value)): return value
    case .some(.none):
      problems.append("The value of \(name) is known only when a call runs.")
      return nil
    case .none:
      let meant = Suggestion.sentence(for: name, among: values.keys) ?? "Define it in [globals]."
      problems.append("There is no global variable \(name): nothing stands in its place. \(meant)")
      return ""
    }
  }
}
