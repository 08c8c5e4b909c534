extension Functions {
  /// Lists in texts, and lists in variables.
  static let lists: [DialplanFunction] = [
    DialplanFunction("CUT", read: cut), DialplanFunction("FIELDQTY", read: fieldCount),
    DialplanFunction("FIELDNUM", read: fieldNumber), DialplanFunction("LISTFILTER", read: without),
    DialplanFunction("SORT", read: sort), DialplanFunction("PUSH", write: push), DialplanFunction("UNSHIFT", write: unshift),
    DialplanFunction("POP", read: pop), DialplanFunction("SHIFT", read: shift),
  ]

  private static func fields(_ octets: [UInt8], _ separator: [UInt8]) -> [[UInt8]] {
    guard !separator.isEmpty, !octets.isEmpty else { return octets.isEmpty ? [] : [octets] }
    var (fields, field, position) = ([[UInt8]](), [UInt8](), 0)
    while position < octets.count {
      if octets[position] == separator[0], octets[position...].starts(with: separator) {
        fields.append(field)
        field.removeAll()
        position += separator.count
      } else {
        field.append(octets[position])
        position += 1
      }
    }
    return fields + [field]
  }

  /// `CUT(variable,separator,fields)`: fields `2`, `2-`, `-2`, `2-3`, joined with `&`; the first is 1.
  private static func cut(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments, limit: 3)
    guard list.count == 3 else { throw .needs("CUT(variable,separator,fields)") }
    let separator = list[1].isEmpty ? [UInt8(ascii: "-")] : Array(list[1].unescaped.prefix(1))
    let all = fields(Array(try run.value(named: list[0]).utf8), separator)
    var chosen: [[UInt8]] = []
    for written in list[2].split(separator: "&") {
      guard let range = range(written, count: all.count) else {
        throw .complaint("“\(list[2])” are no fields; write 2, 2-, -2, 2-3 or 1&3.")
      }
      if chosen.count > all.count * 4 { break }
      chosen += all[range]
    }
    return String(octets: Array(chosen.joined(separator: separator)))
  }

  private static func range(_ written: Substring, count: Int) -> Range<Int>? {
    let ends = written.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { Run.trimmed($0) }
    guard let first = ends.first.map({ $0.isEmpty ? 1 : Int($0) }) ?? nil else { return nil }
    let lastWritten = ends.count > 1 ? ends[1] : ends[0]
    guard let last = lastWritten.isEmpty ? .max : Int(lastWritten), first > 0 else { return nil }
    let lower = min(first - 1, count)
    return lower..<max(lower, min(last, count))
  }

  /// `FIELDQTY(variable,separator)`.
  private static func fieldCount(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments, limit: 2)
    let separator = list[1].unescaped
    guard !separator.isEmpty else { throw .needs("FIELDQTY(variable,separator)") }
    return String(fields(Array(try run.value(named: list[0]).utf8), Array(separator.prefix(1))).count)
  }

  /// `FIELDNUM(variable,separator,value)`: 1 for the first, 0 where there is none.
  private static func fieldNumber(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments, limit: 3)
    let separator = list[1].unescaped
    guard !separator.isEmpty, list.count == 3 else { throw .needs("FIELDNUM(variable,separator,value)") }
    let all = fields(Array(try run.value(named: list[0]).utf8), Array(separator.prefix(1)))
    return String((all.firstIndex { $0.elementsEqual(list[2].utf8) } ?? -1) + 1)
  }

  /// `LISTFILTER(variable,separator,value)`: the list without that value.
  private static func without(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments, limit: 3)
    let separator = list[1].isEmpty ? [UInt8(ascii: ",")] : Array(list[1].unescaped.prefix(1))
    guard list.count == 3 else { throw .needs("LISTFILTER(variable,separator,value)") }
    let all = fields(Array(try run.value(named: list[0]).utf8), separator)
    return String(octets: Array(all.filter { !$0.elementsEqual(list[2].utf8) }.joined(separator: separator)))
  }

  /// `SORT(key:value,…)`: the keys, by their values.
  private static func sort(_ arguments: String, _ run: inout Run) -> String {
    let pairs = ArgumentList(arguments).arguments.map { pair in
      let parts = pair.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      return (key: String(parts[0]), value: parts.count > 1 ? Double(Run.trimmed(parts[1])) ?? 0 : 0)
    }
    return pairs.enumerated().sorted { ($0.element.value, $0.offset) < ($1.element.value, $1.offset) }
      .map(\.element.key).joined(separator: ",")
  }

  // MARK: Lists in variables

  private static func variable(_ arguments: String) throws(DialplanFunction.Trouble) -> (name: String, separator: [UInt8]) {
    let list = ArgumentList(arguments, limit: 2)
    guard let name = list.given(0) else { throw .needs("the name of a variable") }
    return (name, list[1].isEmpty ? [UInt8(ascii: ",")] : Array(list[1].unescaped.prefix(1)))
  }

  private static func push(_ arguments: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    let (name, separator) = try variable(arguments)
    let list = run.value(ofVariable: name) ?? ""
    run.set(name, list.isEmpty ? value : list + String(octets: separator) + value)
  }

  private static func unshift(_ arguments: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    let (name, separator) = try variable(arguments)
    let list = run.value(ofVariable: name) ?? ""
    run.set(name, list.isEmpty ? value : value + String(octets: separator) + list)
  }

  private static func pop(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let (name, separator) = try variable(arguments)
    let list = run.value(ofVariable: name) ?? ""
    guard let cut = list.utf8.lastIndex(of: separator[0]) else {
      if !list.isEmpty { run.set(name, "") }
      return list
    }
    run.set(name, String(octets: list.utf8[..<cut]))
    return String(octets: list.utf8[list.utf8.index(after: cut)...])
  }

  private static func shift(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let (name, separator) = try variable(arguments)
    let list = run.value(ofVariable: name) ?? ""
    guard let cut = list.utf8.firstIndex(of: separator[0]) else {
      if !list.isEmpty { run.set(name, "") }
      return list
    }
    run.set(name, String(octets: list.utf8[list.utf8.index(after: cut)...]))
    return String(octets: list.utf8[..<cut])
  }
}
